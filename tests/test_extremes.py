"""Kinks, limits and the ends of the number line. Warnings are errors here as everywhere."""

from math import log

import numpy as np
import pytest
from examples import CASES, FROM_LOGITS, KINKS, LIMITS, SUBNORMAL, Point, as_tuple, restricted

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
)
from lossbook.accuracy import variables

FLOAT32 = [
    Point(MSE(), (0.0, 1e18), 1e36, 2e18),
    Point(MSE(), (0.0, 1e25), np.inf, 2e25),
    Point(MAE(), (0.0, 1e-45), 1e-45, 1),
    Point(Huber(), (0.0, 1e38), 1e38, 1),
    Point(Hinge(), (1.0, -1e38), 1e38, -1),
    Point(BinaryCrossEntropy(), (1.0, 1e-45), 149 * log(2), -np.inf),
    Point(BinaryCrossEntropy(), (0.0, 1e-45), 1e-45, 1),
    Point(BinaryCrossEntropy(), (0.0, 1e-12), 1e-12, 1),
    Point(BinaryCrossEntropy(**FROM_LOGITS), (1.0, -1e4), 1e4, -1),
    Point(BinaryCrossEntropy(**FROM_LOGITS), (1.0, 1e38), 0, 0),
    Point(CategoricalCrossEntropy(), ([1.0, 0.0], [1e-45, 1.0]), 149 * log(2), [-np.inf, 0]),
    Point(CategoricalCrossEntropy(**FROM_LOGITS), ([1.0, 0.0], [-1e4, 1e4]), 2e4, [-1, 1]),
    Point(SparseCategoricalCrossEntropy(), (0, [1e-45, 1.0]), 149 * log(2), [-np.inf, 0]),
    Point(SparseCategoricalCrossEntropy(**FROM_LOGITS), (0, [-1e38, 1e38]), 2e38, [-1, 1]),
    Point(KLDivergence(), ([1.0, 0.0], [1e-45, 1.0]), 149 * log(2), [-np.inf, 0]),
    Point(KLDivergence(), ([1e-45, 1.0], [1e-45, 1.0]), 0, [-1, -1]),
    Point(Contrastive(), (0.0, [1e18], [0.0]), 5e35, ([1e18], [-1e18])),
    Point(Triplet(), ([0.0], [1e18], [0.0]), 1e18, ([-1], [1], [0])),
    Point(Triplet(squared=True), ([0.0], [1e18], [0.0]), 1e36, ([-2e18], [2e18], [0])),
]


def check(point, dtype):
    """Compare with what is known of a point. Infinities, zeros and signs must be exactly right."""
    inputs = [x if isinstance(x, int) else np.asarray(x, dtype) for x in point.inputs]
    value, gradient = point.loss.value_and_gradient(*inputs)
    ulps = {"rtol": 4 * np.finfo(dtype).eps, "atol": 0, "strict": True}
    for found in (value, point.loss(*inputs), point.loss.pointwise(*inputs)):
        np.testing.assert_allclose(found, dtype(point.value), **ulps)
    for part, expected in zip(as_tuple(gradient), as_tuple(point.gradient), strict=True):
        np.testing.assert_allclose(part, np.asarray(expected, dtype), **ulps)


@pytest.mark.parametrize("point", KINKS + LIMITS + SUBNORMAL, ids=str)
def test_kinks_and_limits(point):
    check(point, np.float64)


@pytest.mark.parametrize("point", KINKS + FLOAT32, ids=str)
def test_kinks_and_limits_in_float32(point):
    check(point, np.float32)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_nan_stays_where_it_is_or_is_refused(case):
    """NaN is an error where only some numbers are allowed. Elsewhere it spoils its own point, and the mean."""
    for position, name in enumerate(case.loss.inputs):
        inputs = case.inputs(4)
        if inputs[position].dtype.kind == "i":  # class numbers cannot be NaN
            continue
        inputs[position][(1, *[0] * (inputs[position].ndim - 1))] = np.nan
        if name in restricted(case.loss):
            with pytest.raises(ValueError, match=rf"\b{name}\b.*nan"):
                case.loss.value_and_gradient(*inputs)
            continue
        spoilt = [False, True, False, False]
        assert np.isnan(case.loss.pointwise(*inputs)).tolist() == spoilt
        value, gradient = case.loss.value_and_gradient(*inputs)
        assert np.isnan(value)
        assert np.isnan(case.loss(*inputs))
        touched = [np.isnan(part).reshape(4, -1).any(axis=1).tolist() for part in as_tuple(gradient)]
        assert touched == [spoilt] * len(variables(case.loss))


def test_large_numbers_of_both_signs_cancel():
    """Residuals are taken before anything is squared, distances before anything is compared."""
    assert MSE()([1e150], [1e150]) == 0
    assert Triplet()([1e150], [1e150], [1e150]) == 1
    assert Contrastive()([1], [[1e150]], [[1e150]]) == 0.5


@pytest.mark.parametrize("from_logits", [True, False])
def test_a_class_without_weight_costs_nothing(from_logits):
    """Padding with impossible classes changes neither the value nor the gradient of the others."""
    loss = CategoricalCrossEntropy(from_logits=from_logits)
    least = -1e4 if from_logits else 0.0
    value, gradient = loss.value_and_gradient([0.25, 0.75], [0.5, 0.5])
    padded = loss.value_and_gradient([0.25, 0.75, 0.0], [0.5, 0.5, least])
    assert padded[0] == value
    assert padded[1].tolist() == [*gradient, 0]
