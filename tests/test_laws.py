"""Laws that all losses obey, at points that Hypothesis looks for: bounds, convexity, symmetries, rounding, descent.

A law is tried for every case of examples.py. Where it does not hold for all of them, the line above it says why. All
else follows from CASES, so that a new loss meets every law at once.

Numbers are multiples of 2⁻²⁸ up to a million, chances multiples of 2⁻⁴⁰. Sums, differences and eighths of them have
at most 53 binary digits: shifts, reflections and chords are exact, and what is left is the rounding of the loss. It
is counted in units of the last place of the largest term of a point, or of 1, as in test_formula.py.
"""

from dataclasses import replace
from functools import cache
from math import prod
from types import SimpleNamespace

import examples
import numpy as np
import pytest
from examples import CASES, as_tuple
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lossbook import (
    MAE,
    MSE,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Contrastive,
    Hinge,
    Huber,
    KLDivergence,
    SparseCategoricalCrossEntropy,
    Triplet,
    _loss,
)
from lossbook.accuracy import variables

CALM = settings(max_examples=12, derandomize=True, database=None, deadline=None, print_blob=True)
ULPS = 16  # sums of six squares or sixteen points, each rounded by half an ulp, of functions right to one or two
EPS = np.finfo(float).eps


def cases(*losses, **options):
    """Return the cases of some losses, with these options if there are any."""
    return [c for c in CASES if isinstance(c.loss, losses) and options.items() <= vars(c.loss).items()]


RESIDUALS = cases(MSE, MAE, Huber)
LOGITS = cases(CategoricalCrossEntropy, SparseCategoricalCrossEntropy, from_logits=True)
EMBEDDINGS = cases(Contrastive, Triplet)
CONVEX = [c for c in CASES if c not in EMBEDDINGS]  # minus a distance, of those that should be apart, is not convex


def law(chosen):
    """Return a decorator of tests that take a case, and data to draw its inputs from."""
    return lambda test: pytest.mark.parametrize("case", chosen, ids=str)(CALM(given(data=st.data())(test)))


# What points are made of -----------------------------------------------------------------------------------------


def arrays(elements, *shape, dtype=float):
    return hnp.arrays(dtype, shape, elements=elements, fill=st.nothing())


def numbers(*shape):
    return arrays(st.integers(-(2**30), 2**30), *shape, dtype=int).map(lambda k: k / 2**10)


def chances(*shape):
    return arrays(st.sampled_from([0.0, 2**-40, 1 - 2**-40, 1.0]) | st.floats(0, 1), *shape).map(
        lambda x: np.round(x * 2**40) / 2**40
    )


def class_numbers(shape, size):
    return arrays(st.integers(0, size - 1), *shape, dtype=int)


def sum_to_one(weights):
    weights = weights + (weights.sum(axis=-1, keepdims=True) == 0)
    return weights / weights.sum(axis=-1, keepdims=True)


SIGNS = st.sampled_from([-1.0, 1.0])
SHAPES = st.sampled_from([(), (1,), (3,), (2, 2)])
SIZES = st.integers(1, 6)
DRAWN = {
    examples.normal: lambda shape, size: numbers(*shape),
    examples.embedding: lambda shape, size: numbers(*shape, size),
    examples.logits: lambda shape, size: numbers(*shape, size),
    examples.zero_or_one: lambda shape, size: arrays(st.sampled_from([0.0, 1.0]), *shape),
    examples.minus_or_plus_one: lambda shape, size: arrays(SIGNS, *shape),
    examples.probability: lambda shape, size: chances(*shape),
    examples.class_number: class_numbers,
    examples.one_hot: lambda shape, size: class_numbers(shape, size).map(lambda k: np.eye(size)[k]),
    examples.distribution: lambda shape, size: chances(*shape, size).map(sum_to_one),
}


@cache
def inputs_of_shape(makers, shape, size):
    return st.tuples(*(DRAWN[maker](shape, size) for maker in makers))


@st.composite
def inputs_of(draw, case, shapes=SHAPES):
    """Draw inputs: some points, of one to six classes or coordinates."""
    return draw(inputs_of_shape(case.makers, draw(shapes), draw(SIZES)))


def two_predictions(case):
    """Draw targets, and two predictions for them."""
    return inputs_of(case, SHAPES.map(lambda s: (2, *s))).map(lambda drawn: (drawn[0][0], *drawn[1]))


# What is compared, and how closely -------------------------------------------------------------------------------


def rows(loss, parts):
    """Return all numbers of a point in one row: those of its prediction, or of its gradient."""
    return np.concatenate([x if loss.point_ndim else x[..., None] for x in as_tuple(parts)], axis=-1)


def gradient_rows(loss, *inputs):
    """Return the gradient of each point's own loss."""
    return rows(loss, loss.gradient(*inputs)) * loss.pointwise(*inputs).size


def predictions(loss, inputs):
    return rows(loss, inputs[-len(variables(loss)) :])


def predicting(loss, inputs, u):
    """Return the inputs with other predictions, in rows."""
    count = len(variables(loss))
    return [*inputs[:-count], *(np.split(u, count, axis=-1) if loss.point_ndim else [u[..., 0]])]


def degree(loss):
    """Return the power of the unit of length that a loss of lengths is measured in."""
    return 1 if loss in (MAE(), Triplet(getattr(loss, "margin", 1))) else 2


def largest(loss, *inputs):
    """Return the largest term that the loss of each point adds up."""
    terms = loss.pointwise(*inputs)
    if loss == BinaryCrossEntropy(from_logits=True):
        terms = np.abs(inputs[1])  # max(0, z) − yz
    if isinstance(loss, Contrastive):
        terms = np.maximum(terms, loss.margin**2)
    if isinstance(loss, Triplet):
        anchor, *others = inputs
        terms = np.maximum(*(loss.pointwise(anchor, other, anchor) for other in others))
    return np.maximum(terms, 1)


def steepest(loss, *inputs):
    """Return the same for rows of the gradient: a distance where the loss is the square of one, else 1."""
    terms = largest(loss, *inputs)[..., None]
    return np.sqrt(terms) if isinstance(loss, (Contrastive, Triplet)) and degree(loss) == 2 else terms**0


def assert_close(found, expected, terms, ulps=ULPS, eps=EPS):
    """Compare within some ulps of the number or of the terms that it is the sum of. Infinities are equal or not."""
    assert np.shape(found) == np.shape(expected)
    with np.errstate(invalid="ignore"):
        allowed = ulps * eps * np.maximum(np.abs(expected), terms)
        close = np.isfinite(expected) & (np.abs(np.subtract(found, expected)) <= allowed)
    assert ((found == expected) | close).all(), f"{found} is not {expected}"


# The least value -------------------------------------------------------------------------------------------------


def entropy(y):
    return -(y * np.log(y + (y == 0))).sum(axis=-1)


def least(loss, y, *rest):
    """Return the least value that each point can have: 0, or the entropy of the label, which is 0 for hard ones."""
    if isinstance(loss, BinaryCrossEntropy):
        return entropy(np.stack([y, 1 - y], axis=-1))
    return entropy(y) if isinstance(loss, CategoricalCrossEntropy) else np.zeros_like(loss.pointwise(y, *rest))


def perfect(loss, y, *rest):
    """Return inputs with a prediction that costs the least. Logits of ±1000 stand for infinite ones: e⁻¹⁰⁰⁰ is 0."""
    with np.errstate(divide="ignore"):
        match loss:
            case BinaryCrossEntropy(from_logits=True):
                return y, np.clip(np.log(y) - np.log1p(-y), -1000, 1000)
            case CategoricalCrossEntropy(from_logits=True):
                return y, np.maximum(np.log(y), -1000)
            case SparseCategoricalCrossEntropy():
                return y, np.eye(rest[0].shape[-1])[y] * (1000 if loss.from_logits else 1)
            case Contrastive():
                return y, rest[0], rest[0] + 2 * loss.margin * y[..., None]
            case Triplet():
                return y, y, y + 2 * (loss.margin + 1)
    return y, y


# KL adds terms of both signs. Those with a minus are at most the entropy of six classes together, which is below 2.
@law(CASES)
def test_no_value_is_below_the_least(case, data):
    inputs = data.draw(inputs_of(case))
    value = case.loss.pointwise(*inputs)
    assert (value >= least(case.loss, *inputs) - ULPS * EPS * largest(case.loss, *inputs)).all()
    assert isinstance(case.loss, KLDivergence) or (value >= 0).all()


@law(CASES)
def test_a_perfect_prediction_costs_the_least(case, data):
    inputs = perfect(case.loss, *data.draw(inputs_of(case)))
    expected = least(case.loss, *inputs)
    assert_close(case.loss.pointwise(*inputs), expected, largest(case.loss, *inputs) * (expected > 0))


# Convexity -------------------------------------------------------------------------------------------------------


@law(CONVEX)
def test_no_value_is_above_the_chord(case, data):
    y, u, v = data.draw(two_predictions(case))
    t = data.draw(st.integers(1, 7)) / 8
    ends = (1 - t) * case.loss.pointwise(y, u) + t * case.loss.pointwise(y, v)
    terms = np.maximum(largest(case.loss, y, u), largest(case.loss, y, v))
    assert (case.loss.pointwise(y, (1 - t) * u + t * v) <= ends + ULPS * EPS * terms).all()


@law(CONVEX)
def test_no_value_is_below_the_tangent(case, data):
    """Far from a point and near it: this leaves one gradient, or the subgradients at a kink."""
    y, u, v = data.draw(two_predictions(case))
    v = u + data.draw(st.sampled_from([1, 2**-10, 2**-20])) * (v - u)
    value, found = case.loss.pointwise(y, u), case.loss.pointwise(y, v)
    with np.errstate(invalid="ignore"):  # where the value is infinite, which is left out
        rise = gradient_rows(case.loss, y, u) * rows(case.loss, v - u)
        terms = largest(case.loss, y, u) + largest(case.loss, y, v) + np.abs(rise).sum(axis=-1)
        assert ((found >= value + rise.sum(axis=-1) - ULPS * EPS * terms) | np.isinf(value)).all()


# Symmetries ------------------------------------------------------------------------------------------------------

# Each changes inputs, and perhaps the loss. It returns them, the factor of the value, and the change of the gradient.


def with_lengths(loss, inputs, change):
    """Return the inputs with all changed that are lengths, or places: not the labels of pairs."""
    count = isinstance(loss, Contrastive)
    return [*inputs[:count], *map(change, inputs[count:])]


def in_unit(loss, unit):
    """Return the loss for lengths that have been multiplied by a number."""
    powers = {"delta": 1, "margin": degree(loss) if isinstance(loss, Triplet) else 1}
    return replace(loss, **{name: vars(loss)[name] * unit ** powers[name] for name in powers.keys() & vars(loss)})


def swap(draw, loss, *inputs):
    return loss, (*inputs[:-2], inputs[-1], inputs[-2]), 1, np.negative


def shift_and_reflect(draw, loss, *inputs):
    row = inputs[-1].shape[-1:] if loss.point_ndim else ()
    shift, signs = draw(numbers(*row)), draw(arrays(SIGNS, *row))
    return loss, with_lengths(loss, inputs, lambda x: signs * (x + shift)), 1, lambda gradient: signs * gradient


def stretch(draw, loss, *inputs):
    unit, k = 2.0 ** draw(st.integers(-9, 9)), degree(loss)
    changed = with_lengths(loss, inputs, lambda x: unit * x)
    return in_unit(loss, unit), changed, unit**k, lambda gradient: unit ** (k - 1) * gradient


def turn_and_stretch(draw, loss, *inputs):
    """Stretch by 5, and turn two coordinates by an angle of the triangle with sides 3, 4 and 5."""
    turn, k = 5 * np.eye(inputs[-1].shape[-1]), degree(loss)
    if len(turn) > 1:
        turn[:2, :2] = [[3, -4], [4, 3]]
    changed = with_lengths(loss, inputs, lambda x: x @ turn)
    return in_unit(loss, 5), changed, 5**k, lambda gradient: gradient @ turn * 5.0 ** (k - 2)


def shift_logits(draw, loss, y, z):
    return loss, (y, z + draw(numbers(*z.shape[:-1], 1))), 1, np.positive


def exchange_labels(draw, loss, y, y_hat):
    if isinstance(loss, Hinge):
        return loss, (-y, -y_hat), 1, np.negative
    return loss, (1 - y, -y_hat if loss.from_logits else 1 - y_hat), 1, np.negative


def reorder_rows(draw, loss, *inputs):
    order = draw(st.permutations(range(inputs[-1].shape[-1])))
    changed = [x[..., order] if x.ndim == inputs[-1].ndim else x for x in inputs]
    if isinstance(loss, SparseCategoricalCrossEntropy):
        changed[0] = np.argsort(order)[inputs[0]]
    return loss, changed, 1, lambda gradient: gradient[..., order]


def reorder_points(draw, loss, *inputs):
    shape = loss.pointwise(*inputs).shape
    order = draw(st.permutations(range(prod(shape))))

    def reorder(x):
        return x.reshape(len(order), *x.shape[len(shape) :])[order]

    return loss, [reorder(x) for x in inputs], 1, reorder


SYMMETRIES = [
    (swap, RESIDUALS + cases(Contrastive), 0),
    (shift_and_reflect, RESIDUALS + EMBEDDINGS, 0),
    (stretch, RESIDUALS + EMBEDDINGS, 0),
    (turn_and_stretch, EMBEDDINGS, ULPS),
    (shift_logits, LOGITS, 0),
    (exchange_labels, cases(Hinge), 0),
    (exchange_labels, cases(BinaryCrossEntropy), ULPS),
    (reorder_rows, [c for c in CASES if c.loss.point_ndim], ULPS),
    (reorder_points, CASES, ULPS),
]


# Rounding decides whether a triplet on the border of loss 0 has a gradient. The other jumps are at exact differences.
def on_the_border(loss, *inputs):
    value = loss.pointwise(*inputs)
    return isinstance(loss, Triplet) and ((value > 0) & (value < ULPS * EPS * largest(loss, *inputs))).any()


@pytest.mark.parametrize(
    ("case", "change", "ulps"),
    [pytest.param(c, change, ulps, id=f"{change.__name__}-{c}") for change, chosen, ulps in SYMMETRIES for c in chosen],
)
@CALM
@given(data=st.data())
def test_symmetry(case, change, ulps, data):
    inputs = data.draw(inputs_of(case))
    loss, changed, factor, turned = change(data.draw, case.loss, *inputs)
    assume(not on_the_border(case.loss, *inputs) and not on_the_border(loss, *changed))
    value, gradient = case.loss.value_and_gradient(*inputs)
    found, slopes = loss.value_and_gradient(*changed)
    assert_close(found, factor * value, largest(loss, *changed).mean(), ulps)
    expected = rows(loss, tuple(turned(part) for part in as_tuple(gradient)))
    assert_close(rows(loss, slopes), expected, steepest(loss, *changed), ulps)


# Means and pieces ------------------------------------------------------------------------------------------------


@law(CASES)
def test_pointwise_averages_to_the_value_which_comes_with_the_gradient(case, data):
    inputs = data.draw(inputs_of(case))
    value, gradient = case.loss.value_and_gradient(*inputs)
    assert_close(value, case.loss.pointwise(*inputs).mean(), largest(case.loss, *inputs).mean())
    assert value == case.loss(*inputs)
    assert (rows(case.loss, gradient) == rows(case.loss, case.loss.gradient(*inputs))).all()


@law(CASES)
def test_the_mean_of_two_parts_is_weighted_by_their_points(case, data):
    inputs = data.draw(inputs_of(case, st.sampled_from([(2,), (3, 2), (5,)])))
    cut, n = data.draw(st.integers(1, len(inputs[0]) - 1)), len(inputs[0])
    value, gradient = case.loss.value_and_gradient(*inputs)
    first, ahead = case.loss.value_and_gradient(*(x[:cut] for x in inputs))
    second, behind = case.loss.value_and_gradient(*(x[cut:] for x in inputs))
    assert_close(value, (cut * first + (n - cut) * second) / n, largest(case.loss, *inputs).mean())
    expected = np.concatenate([cut * rows(case.loss, ahead), (n - cut) * rows(case.loss, behind)]) / n
    assert_close(rows(case.loss, gradient), expected, steepest(case.loss, *inputs))


@law(CASES)
def test_blocks_give_what_one_piece_gives(case, data):
    loss, inputs = case.loss, data.draw(inputs_of(case))
    value, gradient = loss.value_and_gradient(*inputs)
    points, terms = loss.pointwise(*inputs), largest(loss, *inputs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_loss, "BLOCK", data.draw(st.integers(1, 20)))
        assert_close(loss(*inputs), value, terms.mean())
        assert_close(loss.pointwise(*inputs), points, terms)
        in_blocks, gradient_in_blocks = loss.value_and_gradient(*inputs)
    assert_close(in_blocks, value, terms.mean())
    assert_close(rows(loss, gradient_in_blocks), rows(loss, gradient), steepest(loss, *inputs))


@law(CASES)
def test_float32_is_float64_with_fewer_digits(case, data):
    inputs = data.draw(inputs_of(case))
    narrow = [x.astype(np.float32) if x.dtype == float else x for x in inputs]
    wide = [x.astype(y.dtype) for x, y in zip(narrow, inputs, strict=True)]
    found = case.loss.pointwise(*narrow)
    assert found.dtype == np.float32
    assert_close(found, case.loss.pointwise(*wide), largest(case.loss, *wide), eps=np.finfo(np.float32).eps)


# Gradients and descent -------------------------------------------------------------------------------------------

# A step along the imaginary axis gives derivatives that nothing is subtracted for, if a sign is that of the real part.
# The square of the step is 0, so that even the kinks are where they were.
STEP = 1e-200
COMPLEX = SimpleNamespace(
    **(vars(np) | {"sign": lambda x: np.sign(np.real(x)), "vecdot": lambda a, b: (a * b).sum(axis=-1)})
)


@law(CASES)
def test_the_gradient_is_the_derivative_by_a_complex_step(case, data):
    loss, inputs = case.loss, data.draw(inputs_of(case, SHAPES.filter(len)))
    u, expected = predictions(loss, inputs), gradient_rows(loss, *inputs)
    with np.errstate(all="ignore"):
        stepped = (predicting(loss, inputs, u + 1j * STEP * axis) for axis in np.eye(u.shape[-1]))
        found = [next(loss._value_then_gradient(COMPLEX, *x)).imag / STEP for x in stepped]
    finite = np.isfinite(loss.pointwise(*inputs))
    assert_close(np.stack(found, axis=-1)[finite], expected[finite], steepest(loss, *inputs)[finite])


# The largest second derivative of a point's loss in any direction. The others have no such bound.
CURVATURES = [
    (cases(MSE), 2),
    (cases(Huber), 1),
    (cases(BinaryCrossEntropy, from_logits=True), 1 / 4),  # of ŷ(1 − ŷ)
    (LOGITS, 1 / 2),  # the variance of a coin with sides ±1/√2
    (cases(Contrastive), 2),  # of D²/2 in a and b together; −mD bends down
    (cases(Triplet, squared=True), 2 * 3**0.5),  # the largest eigenvalue of d(a, p)² − d(a, n)²
]
SMOOTH = {case: curvature for chosen, curvature in CURVATURES for case in chosen}


@law(SMOOTH)
def test_a_step_of_one_over_the_curvature_descends(case, data):
    """By half of what the slope promises, or down to 0. That the new prediction is rounded may cost something."""
    loss, inputs, step = case.loss, data.draw(inputs_of(case)), 1 / SMOOTH[case]
    u, gradient = predictions(loss, inputs), gradient_rows(loss, *inputs)
    promised = np.maximum(0, loss.pointwise(*inputs) - step / 2 * (gradient * gradient).sum(axis=-1))
    terms = largest(loss, *inputs) + np.abs(u * gradient).sum(axis=-1)
    found = loss.pointwise(*predicting(loss, inputs, u - step * gradient))
    assert (found <= promised + ULPS * EPS * terms).all()


def downhill(loss, u, gradient):
    """Return the direction against the gradient; for probabilities, to the one that should have all."""
    if isinstance(loss, (MAE, Hinge, Triplet)):
        return -gradient
    return (np.eye(u.shape[-1])[gradient.argmin(axis=-1)] if loss.point_ndim else gradient < 0) - u


# Without a bound of the curvature some step descends that is small enough. Random points are not on a kink.
@law([c for c in CASES if c not in SMOOTH])
def test_some_step_downhill_descends(case, data):
    loss, shape, size = case.loss, data.draw(SHAPES), data.draw(st.integers(1, 6))
    inputs = case.inputs(*shape, size=size, seed=data.draw(st.integers(0, 2**32)))
    u, gradient = predictions(loss, inputs), gradient_rows(loss, *inputs)
    way = downhill(loss, u, gradient)
    steps = 2.0 ** -np.arange(30)
    found = np.array([loss.pointwise(*predicting(loss, inputs, u + step * way)) for step in steps])
    promised = loss.pointwise(*inputs) + np.multiply.outer(steps, (gradient * way).sum(axis=-1)) / 2
    assert (found <= promised).any(axis=0).all()
