"""Every loss computes its own textbook formula, and the derivative that SymPy takes of it.

The formula is evaluated with hundreds of digits at exactly the binary numbers the loss was given, so that the whole
difference is the rounding of the loss, counted in units of the last place of the largest term: lossbook.accuracy.
"""

import numpy as np
import pytest
import sympy
from examples import CASES, as_tuple

from lossbook import (
    LOSSES,
    CategoricalCrossEntropy,
    Contrastive,
    Huber,
    KLDivergence,
    SparseCategoricalCrossEntropy,
    Triplet,
)
from lossbook.accuracy import reference, worst

POINTS = 16  # a power of two: taking the factor 1/n out of the gradient is then exact
ULPS = 4  # twice the worst seen: a sum of three terms, each rounded a few times by half an ulp
BY_ROW = [case for case in CASES if case.loss.point_ndim == 1]
LOSSES_BY_ROW = list(dict.fromkeys(case.loss for case in BY_ROW))
EMBEDDINGS = [loss for loss in LOSSES_BY_ROW if isinstance(loss, (Contrastive, Triplet))]
CLASSES = [loss for loss in LOSSES_BY_ROW if loss not in EMBEDDINGS]


def written_out(loss):
    """Return the symbols of each input, in a list, and the formula of one point with three classes."""
    formula = loss.expression(size=3) if loss.point_ndim else loss.expression()
    return [list(s) if isinstance(s, sympy.Tuple) else [s] for s in formula.signature], formula.expr


def test_no_class_is_forgotten():
    assert {type(case.loss) for case in CASES} == set(LOSSES)


LETTERS = {"y_hat": "yhat", "anchor": "a", "positive": "p", "negative": "n"}


@pytest.mark.parametrize("loss", list(dict.fromkeys(case.loss for case in CASES)), ids=repr)
def test_the_letters_are_those_of_the_inputs_and_stand_for_real_numbers(loss):
    symbols, _ = written_out(loss)
    names = ["z" if name == "y_hat" and getattr(loss, "from_logits", False) else name for name in loss.inputs]
    start = 0 if isinstance(loss, SparseCategoricalCrossEntropy) else 1
    for name, row in zip(names, symbols, strict=True):
        letter, of_row = LETTERS.get(name, name), len(row) > 1
        assert [s.name for s in row] == ([f"{letter}_{start + k}" for k in range(3)] if of_row else [letter])
        assert all(s.is_real for s in row) or isinstance(loss, KLDivergence)
    general = loss.expression().signature
    elements = [s[sympy.Symbol("k", integer=True)] if isinstance(s, sympy.IndexedBase) else s for s in general]
    assert all(s.is_real for s in elements) or isinstance(loss, KLDivergence)
    assert all(s.is_nonnegative for s in elements if s.name[0] in "dD")


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_value_and_gradient_are_those_of_the_formula(case, dtype):
    inputs = case.inputs(POINTS, dtype=dtype)
    gradient = tuple(POINTS * part for part in as_tuple(case.loss.gradient(*inputs)))
    assert max(worst(reference(case.loss, inputs), case.loss.pointwise(*inputs), gradient)) <= ULPS


@pytest.mark.parametrize("loss", CLASSES, ids=repr)
def test_the_sum_over_classes_is_the_formula_written_out(loss):
    symbols, written = written_out(loss)
    general = loss.expression()
    elements = {}
    for base, row in zip(general.signature, symbols, strict=True):
        if isinstance(base, sympy.IndexedBase):
            elements |= {base[int(symbol.name.split("_")[1])]: symbol for symbol in row}
    number = sympy.Symbol("y", integer=True)  # of the right class, if the loss takes labels in that form
    count = sympy.Symbol("C", integer=True, positive=True)
    for label in range(3):
        summed = general.expr.subs(number, label).subs(count, 3).doit().xreplace(elements)
        assert sympy.simplify(summed - written.subs(number, label)) == 0


@pytest.mark.parametrize("loss", EMBEDDINGS, ids=repr)
def test_the_formula_in_distances_is_the_formula_written_out(loss):
    symbols, written = written_out(loss)

    def distance(a, b):
        return sympy.sqrt(sum((s - t) ** 2 for s, t in zip(a, b, strict=True)))

    if isinstance(loss, Contrastive):
        (y,), a, b = symbols
        arguments = y, distance(a, b)
    else:
        anchor, positive, negative = symbols
        arguments = distance(anchor, positive), distance(anchor, negative)
    assert sympy.simplify(loss.expression()(*arguments) - written) == 0


@pytest.mark.parametrize(
    ("make", "name"), [(Huber, "delta"), (Contrastive, "margin"), (Triplet, "margin")], ids=lambda x: str(x)
)
def test_hyperparameters_can_be_symbols_or_exact_numbers(make, name):
    symbol = sympy.Symbol(name, positive=True)
    formula = make(**{name: 2.5}).expression(**{name: symbol})
    assert symbol in formula.expr.free_symbols
    assert formula.subs(symbol, sympy.Rational(1, 10)) == make(**{name: 0.1}).expression()


@pytest.mark.parametrize("loss", LOSSES_BY_ROW, ids=repr)
@pytest.mark.parametrize(
    ("size", "error"),
    [(0, ValueError), (-1, ValueError), (True, TypeError), (2.0, TypeError), ("3", TypeError)],
)
def test_a_size_is_a_number_of_classes(loss, size, error):
    with pytest.raises(error, match="size"):
        loss.expression(size=size)


@pytest.mark.parametrize("loss", LOSSES_BY_ROW, ids=repr)
def test_a_row_may_have_one_entry(loss):
    assert len(loss.expression(size=1).signature[-1]) == 1


GENERAL = {
    KLDivergence(): "Sum(log(p[k]/q[k])*p[k], (k, 1, C))",
    CategoricalCrossEntropy(): "-Sum(log(yhat[k])*y[k], (k, 1, C))",
    CategoricalCrossEntropy(from_logits=True): "-Sum(log(exp(z[k])/Sum(exp(z[j]), (j, 1, C)))*y[k], (k, 1, C))",
    SparseCategoricalCrossEntropy(): "-log(yhat[y])",
    SparseCategoricalCrossEntropy(from_logits=True): "-log(exp(z[y])/Sum(exp(z[j]), (j, 0, C - 1)))",
    Contrastive(): "D**2*(1 - y)/2 + y*Max(0, 1 - D)**2/2",
    Triplet(): "Max(0, -d(a, n) + d(a, p) + 1)",
}


@pytest.mark.parametrize("loss", GENERAL, ids=repr)
def test_the_general_form(loss):
    formula = loss.expression().expr
    assert str(formula) == GENERAL[loss]
    indices = [s for s in formula.atoms(sympy.Symbol) if s.name in ("j", "k", "C")]
    assert all(s.is_integer for s in indices)
    assert all(s.is_positive for s in indices if s.name == "C")
