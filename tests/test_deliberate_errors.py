"""One error of each kind, made on purpose in a copy of the project: a test fails, and says where."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ERRORS = {
    "a formula": (
        "lossbook/huber.py",
        "delta * (size - delta / 2)",
        "delta * (size - delta / 3)",
        ["tests/test_formula.py", "-k", "formula and Huber"],
    ),
    "a gradient": (
        "lossbook/hinge.py",
        "yield 0 - y * short",
        "yield 0 + y * short",
        ["tests/test_formula.py", "-k", "formula and Hinge"],
    ),
    "a displayed equation": (
        "book/mse.ipynb",
        "slope = 2 * (y_hat[k] - y[k]) / n",
        "slope = 3 * (y_hat[k] - y[k]) / n",
        ["tests/test_book_equations.py", "-k", "changed and mse"],
    ),
    "a table about a framework": (
        "lossbook/frameworks.json",
        '"result": "1.3333"',
        '"result": "1.3334"',
        ["tests/test_frameworks.py", "-k", "same_answers and NumPy"],
    ),
    "a printed number": (
        "book/intro.ipynb",
        "c = 4.4271",
        "c = 4.4272",
        ["--nbval", "book/intro.ipynb"],
    ),
}


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_is_noticed(kind, tmp_path):
    name, right, wrong, tests = ERRORS[kind]
    copy = tmp_path / "copy"
    ignored = shutil.ignore_patterns(".*", "_build", "__pycache__", "*.egg-info")
    shutil.copytree(ROOT, copy, ignore=ignored)
    text = (copy / name).read_text(encoding="utf-8")
    assert right in text
    (copy / name).write_text(text.replace(right, wrong), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    environment = os.environ | {"PYTHONPATH": str(copy)}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert " failed" in done.stdout
