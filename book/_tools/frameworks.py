"""Ask the frameworks what they compute, and keep their answers on record for the chapters to show.

    python book/_tools/frameworks.py                    run what is installed, write lossbook/frameworks.json
    python book/_tools/frameworks.py --check            write nothing, fail if an answer differs from the record
    python book/_tools/frameworks.py --framework Keras  run only this one; can be given several times

The questions are in book/frameworks/, one file a chapter: for each framework the code that a reader would type.

    ["Shapes (3,) and (3, 1)"]
    PyTorch = 'F.mse_loss(torch.ones(3), torch.ones(3, 1))'

The answer is the value of the last line, or the error, and the warnings. Each piece of code starts from its
framework's imports, below, and from nothing else.
"""

import argparse
import ast
import difflib
import importlib.util
import json
import os
import re
import sys
import textwrap
import tomllib
import warnings
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
QUESTIONS = ROOT / "book" / "frameworks"
RECORD = ROOT / "lossbook" / "frameworks.json"
DIGITS = 5  # of a number
MESSAGE = 120  # characters of an error or a warning

# The packages of each, and the imports.
FRAMEWORKS = {
    "lossbook": (["lossbook"], "import numpy as np\nimport lossbook"),
    "NumPy": (["numpy"], "import numpy as np"),
    "PyTorch": (["torch"], "import torch\nimport torch.nn.functional as F"),
    "JAX": (["jax", "optax"], "import jax\nimport jax.numpy as jnp\nimport optax"),
    "Keras": (
        ["keras", "jax"],
        'import os\nos.environ["KERAS_BACKEND"] = "jax"\nimport jax\nimport jax.numpy as jnp\nimport keras',
    ),
    "scikit-learn": (["scikit-learn"], "import numpy as np\nfrom sklearn import metrics"),
}
MODULES = {"scikit-learn": "sklearn"}  # where a package is imported by another name


def questions():
    """Return what is asked, as {chapter: {question: {framework: code}}}."""
    asked = {}
    for path in sorted(QUESTIONS.glob("*.toml")):
        chapter = tomllib.loads(path.read_text(encoding="utf-8"))
        unknown = {name for codes in chapter.values() for name in codes} - set(FRAMEWORKS)
        if unknown:
            raise ValueError(f"{path.name}: {', '.join(sorted(unknown))} is none of {', '.join(FRAMEWORKS)}")
        asked[path.stem] = {
            question: {name: codes[name].strip("\n") for name in FRAMEWORKS if name in codes}
            for question, codes in chapter.items()
        }
    return asked


def installed(framework):
    """Tell whether all packages of a framework are there."""
    packages, _ = FRAMEWORKS[framework]
    return all(importlib.util.find_spec(MODULES.get(package, package)) for package in packages)


def versions(framework):
    """Return the versions of a framework's packages, without a build's own suffix such as +cpu."""
    packages, _ = FRAMEWORKS[framework]
    return ", ".join(f"{package} {version(package).partition('+')[0]}" for package in packages)


def shown(value):
    """Return a result as the page shows it: as Python would, with numbers rounded."""
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, float):
        text = f"{value + 0.0:.{DIGITS}g}"  # + 0.0 makes −0 a plain 0
        return text if re.search("[.en]", text) else f"{text}.0"
    if isinstance(value, list):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(shown, value))}{',' * (len(value) == 1)})"
    if isinstance(value, dict):
        return "\n".join(f"{key}: {shown(one)}" for key, one in value.items())
    return repr(value)


def message(raised):
    """Return the kind of an error or a warning and the beginning of what it says."""
    first = next(iter(str(raised).strip().splitlines()), "")
    return textwrap.shorten(f"{type(raised).__name__}: {first}", MESSAGE, placeholder=" …")


def answer(code, imports):
    """Run code from its imports alone; return it with the result or the error, and the warnings."""
    *statements, last = ast.parse(code).body
    names, found = {}, {"code": code}
    exec(imports, names)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            exec(compile(ast.Module(statements, []), "snippet", "exec"), names)
            found["result"] = shown(eval(compile(ast.Expression(last.value), "snippet", "eval"), names))
        except Exception as error:
            found["error"] = message(error)
    if caught:
        found["warnings"] = list(dict.fromkeys(message(warning.message) for warning in caught))
    return found


def record(asked, run, old):
    """Return the record: new answers of the frameworks to run, the old ones of the others."""
    frameworks, losses = {}, {}
    for name, (_, imports) in FRAMEWORKS.items():
        kept = old["frameworks"].get(name)
        frameworks[name] = {"code": imports, "result": versions(name)} if name in run else kept
    for chapter, chapter_asked in asked.items():
        losses[chapter] = {}
        for question, codes in chapter_asked.items():
            answers = losses[chapter][question] = {}
            for name, code in codes.items():
                kept = old["losses"].get(chapter, {}).get(question, {}).get(name, {})
                if name not in run and kept.get("code") != code:
                    raise SystemExit(f"{name} has not been asked yet: {chapter}, {question!r}. It has to run here.")
                answers[name] = answer(code, FRAMEWORKS[name][1]) if name in run else kept
    return {"frameworks": frameworks, "losses": losses}


def text(a_record):
    """Return a record as the text of its file."""
    return json.dumps(a_record, indent=1, ensure_ascii=False) + "\n"


def differences(old, new):
    """Return how the answers differ, as the lines of a diff; versions alone may differ."""
    losses = [text(a_record["losses"]).splitlines() for a_record in (old, new)]
    found = list(difflib.unified_diff(*losses, "the record", "a new run", n=6, lineterm=""))
    return [*(f"{name}: {new['frameworks'][name]}" for name in FRAMEWORKS), *found] if found else []


def main():
    """Run the command described above."""
    parser = argparse.ArgumentParser(description="Record what the frameworks compute.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail if an answer differs")
    parser.add_argument("--framework", action="append", choices=FRAMEWORKS, help="run only this one")
    options = parser.parse_args()
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    run = options.framework or [name for name in FRAMEWORKS if installed(name)]
    old = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {"frameworks": {}, "losses": {}}
    new = record(questions(), run, old)
    if options.check:
        print(*(f"{name}: {new['frameworks'][name]['result']}" for name in run), sep="\n")
        sys.exit("\n".join(differences(old, new)) or None)
    RECORD.write_text(text(new), encoding="utf-8")
    print(f"{RECORD.name}: {', '.join(run)} run")


if __name__ == "__main__":
    main()
