"""What the book says about the frameworks is what they do: complete on record, and the same in a new run."""

import copy
import re
import subprocess
import sys
from pathlib import Path

import frameworks
import numpy as np
import pytest
from bs4 import BeautifulSoup

from lossbook.frameworks import record, table

RECORD = record()
ANSWERS = [
    pytest.param(name, answer, id=f"{chapter}-{question}-{name}")
    for chapter, questions in RECORD["losses"].items()
    for question, answers in questions.items()
    for name, answer in answers.items()
]
LONGEST_LINE = 54  # more does not fit in the column
PLACES = re.compile(r"(?<![\w.])/(?:home|root|tmp|usr|opt|work|Users)\b|[A-Z]:\\|site-packages|0x[0-9a-f]{6,}")


@pytest.mark.parametrize("framework", frameworks.FRAMEWORKS)
def test_a_new_run_gives_the_same_answers(need, framework):
    if not frameworks.installed(framework):
        packages, _ = frameworks.FRAMEWORKS[framework]
        for package in packages:
            need(frameworks.MODULES.get(package, package))
    command = [sys.executable, frameworks.__file__, "--check", "--framework", framework]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_question_is_on_record_and_nothing_else():
    recorded = {
        chapter: {
            question: {name: answer["code"] for name, answer in answers.items()}
            for question, answers in questions.items()
        }
        for chapter, questions in RECORD["losses"].items()
    }
    assert recorded == frameworks.questions()
    assert frameworks.RECORD.read_text(encoding="utf-8") == frameworks.text(RECORD)


def test_questions_belong_to_a_page():
    pages = Path(frameworks.QUESTIONS).parent
    assert not [chapter for chapter in RECORD["losses"] if not (pages / f"{chapter}.ipynb").is_file()]


@pytest.mark.parametrize("name", frameworks.FRAMEWORKS)
def test_imports_and_versions(name):
    packages, imports = frameworks.FRAMEWORKS[name]
    assert RECORD["frameworks"][name]["code"] == imports
    versions = ", ".join(rf"{re.escape(package)} \d+(\.\d+)+" for package in packages)
    assert re.fullmatch(versions, RECORD["frameworks"][name]["result"])


@pytest.mark.parametrize(("name", "answer"), ANSWERS)
def test_an_answer_is_fit_to_be_shown(name, answer):
    assert name in frameworks.FRAMEWORKS
    assert ("result" in answer) != ("error" in answer)
    assert set(answer) <= {"code", "result", "error", "warnings"}
    assert max(map(len, answer["code"].splitlines())) <= LONGEST_LINE
    for text in (answer.get("result", ""), answer.get("error", ""), *answer.get("warnings", [])):
        assert not PLACES.search(text)


def test_a_difference_is_seen():
    other = copy.deepcopy(RECORD)
    other["frameworks"]["NumPy"]["result"] = "numpy 0.0"
    assert not frameworks.differences(RECORD, other)
    other["losses"]["mse"]["Residuals of 1 and 3"]["NumPy"]["result"] = "6.0"
    found = frameworks.differences(RECORD, other)
    assert any(re.fullmatch(r'- +"result": "5.0"', line) for line in found)
    assert any(re.fullmatch(r'\+ +"result": "6.0"', line) for line in found)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5"),
        (5.0, "5.0"),
        (-0.0, "0.0"),
        (4 / 3, "1.3333"),
        (1e20, "1e+20"),
        (float("nan"), "nan"),
        (np.float32(0.1), "0.1"),
        (np.ones((1, 2)), "[[1.0, 1.0]]"),
        ((3, 1), "(3, 1)"),
        ((4,), "(4,)"),
        (["input"], "['input']"),
        ({"relu": 0.0, "clamp": -1.0}, "relu: 0.0\nclamp: -1.0"),
    ],
)
def test_numbers_are_shown_short(value, text):
    assert frameworks.shown(value) == text


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("x = 1\nx + 1", {"result": "2"}),
        ("1 / 0", {"error": "ZeroDivisionError: division by zero"}),
        ("np.log(0.0)", {"result": "-inf", "warnings": ["RuntimeWarning: divide by zero encountered in log"]}),
    ],
)
def test_what_an_answer_holds(code, answer):
    assert frameworks.answer(code, "import numpy as np") == {"code": code, **answer}


def test_what_has_not_been_run_is_not_recorded():
    with pytest.raises(SystemExit, match="has to run here"):
        frameworks.record({"mse": {"New": {"NumPy": "1"}}}, [], RECORD)


@pytest.mark.parametrize("chapter", RECORD["losses"])
def test_the_table_shows_every_answer(chapter):
    """In HTML and in plain text, each code with its result, under headers that name it."""
    shown = table(chapter)
    html = BeautifulSoup(shown._repr_html_(), "html.parser")
    rows = [row for row in html.select("tbody tr") if row.td]
    answers = [answer for answers in shown.answers.values() for answer in answers.values()]
    answers += shown.setup.values()
    assert [row.code.string for row in rows] == [answer["code"] for answer in answers]
    for row, answer in zip(rows, answers, strict=True):
        assert answer.get("result", answer.get("error")) in row.select_one(".result").get_text()
        assert row.th["scope"] == "row"
        assert all(warning in row.get_text() for warning in answer.get("warnings", []))
    assert [head.string for head in html.select("tbody th[scope=rowgroup]")][:-1] == list(shown.answers)
    plain = repr(shown)
    assert all(answer.get("result", answer.get("error")).splitlines()[0] in plain for answer in answers)


def test_a_table_of_some_questions():
    one = table("mse", "Order of the arguments")
    assert list(one.answers) == ["Order of the arguments"]
    assert "NumPy" not in one.setup
    with pytest.raises(KeyError, match="nothing on record about 'it' for cosine"):
        table("cosine")


def test_to_show_the_record_needs_no_framework():
    code = "import sys, lossbook.frameworks as f; f.table('mse')._repr_html_(); print(*{!r} & set(sys.modules))"
    heavy = {"torch", "jax", "optax", "keras", "sklearn", "sympy", "matplotlib"}
    done = subprocess.run([sys.executable, "-c", code.format(heavy)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
