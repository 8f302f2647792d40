"""The equations of the book: each is the output of its own check, and the check notices when it is changed."""

import re
from pathlib import Path

import matplotlib
import nbformat
import pytest
import sympy as sp
from sympy.core.relational import Relational

from lossbook import equations
from lossbook.equations import ProofError

BOOK = Path(__file__).parents[1] / "book"
NOTEBOOKS = sorted(BOOK.glob("*.ipynb"))
PAGES = [*NOTEBOOKS, *sorted(BOOK.glob("*.md"))]
LABEL = re.compile(r'\b(?:define|prove|state)\(\s*"([^"]+)"')


def code(path):
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]


def labels(path):
    return [label for cell in code(path) for label in LABEL.findall(cell.source)]


def statements(path):
    """Run the cells of a page that hold equations, and return what they asked to be proven.

    They need no other cell but the first, which imports: an equation never depends on an experiment.
    """
    asked = []

    def remember(label, *sides, **options):
        asked.append((label, sides, options))
        return prove(label, *sides, **options)

    prove = equations.prove
    matplotlib.use("agg")
    first, *others = code(path)
    names = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(equations, "prove", remember)
        for cell in [first, *(c for c in others if "equation" in c.metadata.get("tags", []))]:
            exec(compile(cell.source, f"{path.name}:{cell.id}", "exec"), names)
    return asked


def perturbed(sides):
    """Yield the statement with its last side changed, or its inequality turned round."""
    *first, last = map(sp.sympify, sides)
    if not first and isinstance(last, Relational) and not isinstance(last, sp.Eq):
        yield [last.negated]
        return
    if not first:
        first, last = [last.lhs], last.rhs
    one = sp.ones(*last.shape) if isinstance(last, sp.MatrixBase) else 1
    yield [*first, last + one]
    yield [*first, last - one / sp.Integer(1000)]
    if last not in (0, sp.oo):
        yield [*first, 2 * last]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_changed_equation_is_refused(path):
    for label, sides, options in statements(path):
        for changed in perturbed(sides):
            with pytest.raises(ProofError):  # noqa: PT012
                equations.prove(label, *changed, **options)
                pytest.fail(f"{label} passes with {changed[-1]}")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_with_equations_are_tagged(path):
    for cell in code(path):
        makes_one = bool(LABEL.search(cell.source))
        assert makes_one == ("equation" in cell.metadata.get("tags", [])), cell.id


def test_labels_are_unique():
    found = [label for path in NOTEBOOKS for label in labels(path)]
    assert len(found) == len(set(found)), sorted(label for label in found if found.count(label) > 1)


def test_references_to_equations_resolve():
    known = {label for path in NOTEBOOKS for label in labels(path)}
    for path in PAGES:
        cited = set(re.findall(r"\{eq\}`([^`]+)`", path.read_text(encoding="utf-8")))
        assert cited <= known, f"{path.name}: {sorted(cited - known)}"
