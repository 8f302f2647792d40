"""Mistakes are refused with a message that helps; what is no mistake is not refused."""

from decimal import Decimal
from fractions import Fraction
from math import inf, log, nan

import numpy as np
import pytest
from examples import CALLS, CASES, FROM_LOGITS

from lossbook import (
    LOSSES,
    MAE,
    MSE,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Contrastive,
    Hinge,
    Huber,
    KLDivergence,
    Loss,
    SparseCategoricalCrossEntropy,
    Triplet,
)


def assert_refused(loss, inputs, error, words):
    """All four calls raise this error. The message names the loss and has these words."""
    for call in CALLS:
        with pytest.raises(error, match=words) as refusal:
            getattr(loss, call)(*inputs)
        assert repr(loss) in str(refusal.value)


def last(change):
    """Return the mistake of changing the last input."""
    return lambda *inputs: (*inputs[:-1], change(inputs[-1]))


def first(change):
    """Return the mistake of changing the first input."""
    return lambda *inputs: (change(inputs[0]), *inputs[1:])


# Mistakes that every loss must refuse, made from good inputs of five points.
MISTAKES = {
    "no inputs": (lambda *inputs: (), TypeError, "takes .*found 0 inputs"),
    "one too few": (lambda *inputs: inputs[:-1], TypeError, "takes .*found . input"),
    "one too many": (lambda *inputs: (*inputs, inputs[-1]), TypeError, "takes .*found . inputs"),
    "None": (last(lambda x: None), TypeError, "dtype of .*object"),
    "None for labels": (first(lambda x: None), TypeError, "dtype of .*object"),
    "strings": (last(lambda x: x.astype(str)), TypeError, "dtype of .*<U"),
    "a string": (first(lambda x: "0.5"), TypeError, "dtype of .*<U"),
    "bytes": (last(lambda x: b"0.5"), TypeError, "dtype of .*S3"),
    "complex": (last(lambda x: x + 0j), TypeError, "dtype of .*complex128"),
    "complex labels": (first(lambda x: x + 0j), TypeError, "dtype of .*complex128"),
    "float16": (last(lambda x: x.astype(np.float16)), TypeError, "dtype of .*float16"),
    "float16 labels": (first(lambda x: x.astype(np.float16)), TypeError, "dtype of .*float16"),
    "objects": (last(lambda x: x.astype(object)), TypeError, "dtype of .*object"),
    "large integers": (last(lambda x: [2**70] * 5), TypeError, "dtype of .*object"),
    "fractions": (last(lambda x: [Fraction(1, 2)] * 5), TypeError, "dtype of .*object"),
    "a dictionary": (last(lambda x: {"y_hat": 1.0}), TypeError, "dtype of .*object"),
    "a generator": (last(lambda x: (number for number in x)), TypeError, "dtype of .*object"),
    "dates": (last(lambda x: np.zeros(x.shape, "datetime64[s]")), TypeError, "dtype of .*datetime64"),
    "a record": (last(lambda x: np.zeros(x.shape, "f8,f8")), TypeError, "dtype of "),
    "a mask": (last(lambda x: np.ma.array(x, mask=False)), TypeError, "masked array"),
    "a mask on labels": (first(lambda x: np.ma.array(x, mask=False)), TypeError, "masked array"),
    "ragged lists": (last(lambda x: [[0.5], [0.5, 0.5]]), ValueError, "regular shape"),
    "nothing": (lambda *inputs: [x[:0] for x in inputs], ValueError, r"empty.*\(0,"),
    "an empty list": (last(lambda x: []), ValueError, r"empty.*\(0,"),
    "empty labels": (first(lambda x: x[:0]), ValueError, r"empty.*\(0,"),
    "rows of nothing": (last(lambda x: np.ones((5, 0))), ValueError, r"empty.*\(5, 0\)"),
    "a point too few": (last(lambda x: x[1:]), ValueError, r"shape.*\(4,"),
    "a label too few": (first(lambda x: x[1:]), ValueError, r"shape.*\(4,"),
    "one point for all": (last(lambda x: x[:1]), ValueError, r"shape.*\(1,"),
    "one label for all": (first(lambda x: x[:1]), ValueError, r"shape.*\(1,"),
    "a column": (last(lambda x: x[:, None]), ValueError, r"shape.*\(5, 1"),
    "a column of labels": (first(lambda x: x[:, None]), ValueError, r"shape.*\(5, 1"),
    "a number": (last(lambda x: 0.5), ValueError, r"shape.*\(\)"),
    "a number for labels": (first(lambda x: 1), ValueError, r"shape.*\(\)"),
    "another number of points": (last(lambda x: x[[0, 1, 2, 3, 4, 0]]), ValueError, r"shape.*\(6,"),
}
if np.dtype(np.longdouble).itemsize > 8:  # on some machines it is float64
    MISTAKES["long double"] = (last(lambda x: x.astype(np.longdouble)), TypeError, "dtype of .*longdouble|float")


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_loss_takes(case, mistake):
    change, error, words = MISTAKES[mistake]
    assert_refused(case.loss, change(*case.inputs(5)), error, words)


BCE, CCE, SPARSE = BinaryCrossEntropy(), CategoricalCrossEntropy(), SparseCategoricalCrossEntropy()
BCE_LOGITS, CCE_LOGITS = BinaryCrossEntropy(**FROM_LOGITS), CategoricalCrossEntropy(**FROM_LOGITS)
SPARSE_LOGITS = SparseCategoricalCrossEntropy(**FROM_LOGITS)
HALVES, ZEROS = [0.5, 0.5], [0.0, 0.0]

# Mistakes in one loss: inputs, error, words.
WRONG = [
    (MSE(), (np.zeros(5), np.zeros((5, 1))), ValueError, r"shape.*broadcast.*y \(5,\), y_hat \(5, 1\)"),
    (MAE(), (np.zeros((2, 3)), np.zeros((3, 2))), ValueError, r"shape.*y \(2, 3\), y_hat \(3, 2\)"),
    (Huber(), (np.zeros((1, 3)), np.zeros(3)), ValueError, r"shape.*y \(1, 3\), y_hat \(3,\)"),
    (BCE, (1, 2.0), ValueError, r"y_hat.*\[0, 1\].*2\.0.*from_logits=True"),
    (BCE, ([1, 0], [0.5, -3.0]), ValueError, r"y_hat.*\[0, 1\].*-3\.0.*from_logits=True"),
    (BCE, ([1, 0], [0.5, 1 + 1e-15]), ValueError, r"y_hat.*\[0, 1\].*1\.000000000000001"),
    (BCE, ([1, 0], [0.5, -5e-324]), ValueError, r"y_hat.*\[0, 1\].*-5e-324"),
    (BCE, ([1, 0], [0.5, inf]), ValueError, r"y_hat.*\[0, 1\].*inf"),
    (BCE, ([1, 0], [0.5, nan]), ValueError, r"y_hat.*\[0, 1\].*nan"),
    (BCE, ([1, -1], [0.5, 0.5]), ValueError, r"label y .*\[0, 1\].*-1"),
    (BCE, ([1, 2], [0.5, 0.5]), ValueError, r"label y .*\[0, 1\].*2"),
    (BCE, ([1, 255], [0.5, 0.5]), ValueError, r"label y .*\[0, 1\].*255"),
    (BCE, ([nan, 1], [0.5, 0.5]), ValueError, r"label y .*\[0, 1\].*nan"),
    (BCE_LOGITS, ([1, -1], ZEROS), ValueError, r"label y .*\[0, 1\].*-1"),
    (BCE_LOGITS, ([1, 1.5], ZEROS), ValueError, r"label y .*\[0, 1\].*1\.5"),
    (BCE_LOGITS, ([1, nan], ZEROS), ValueError, r"label y .*\[0, 1\].*nan"),
    (CCE, ([0, 1], [-1.0, 2.0]), ValueError, "y_hat.*negative.*-1.0.*from_logits=True"),
    (CCE, ([0, 1], [2.0, 3.0]), ValueError, "y_hat.*sum to one.*5.0.*from_logits=True"),
    (CCE, ([0, 1], [0.5, 0.4]), ValueError, "y_hat.*sum to one.*0.9"),
    (CCE, ([0, 1], [0.5, 0.5 + 2e-8]), ValueError, r"y_hat.*sum to one.*1\.0000000"),
    (CCE, ([0, 1], [0.5 + 2**-26 + 2**-52, 0.5]), ValueError, r"y_hat.*sum to one.*1\.00000001"),
    (CCE, ([0, 1], [0.5 - 2**-26 - 2**-52, 0.5]), ValueError, r"y_hat.*sum to one.*0\.9999999"),
    (CCE, ([0, 1], ZEROS), ValueError, "y_hat.*sum to one.*0.0"),
    (CCE, ([0, 1], [inf, 0]), ValueError, "y_hat.*sum to one.*inf"),
    (CCE, ([0, 1], [nan, 1]), ValueError, "y_hat.*nan"),
    (CCE, ([1, 1], HALVES), ValueError, "labels y .*sum to one.*2.0"),
    (CCE, ([0, 0], HALVES), ValueError, "labels y .*sum to one.*0.0"),
    (CCE, ([2, -1], HALVES), ValueError, "labels y .*negative.*-1.0"),
    (CCE, ([[1, 0], [0, 3]], [HALVES, HALVES]), ValueError, "labels y .*sum to one.*3.0"),
    (CCE, ([0, 1], [HALVES, HALVES]), ValueError, "SparseCategoricalCrossEntropy"),
    (CCE, (1, HALVES), ValueError, "SparseCategoricalCrossEntropy"),
    (CCE, (0.0, 1.0), ValueError, "shape.*rows"),
    (CCE, ([0, 1, 0], HALVES), ValueError, r"shape.*\(3,\).*\(2,\)"),
    (CCE, (np.eye(2, dtype="f4"), np.full((2, 2), 0.5 + 2e-4, "f4")), ValueError, "y_hat.*sum to one.*1.000"),
    (CCE_LOGITS, ([0.5, 0.6], ZEROS), ValueError, "labels y .*sum to one.*1.1"),
    (CCE_LOGITS, ([1.5, -0.5], ZEROS), ValueError, "labels y .*negative.*-0.5"),
    (CCE_LOGITS, ([nan, 1], ZEROS), ValueError, "labels y .*nan"),
    (SPARSE, ([0, 1], np.eye(2)[0]), ValueError, r"shape.*\(\).*\(2,\).*CategoricalCrossEntropy"),
    (SPARSE, (np.eye(2), np.eye(2)), ValueError, "shape.*one-hot rows use CategoricalCrossEntropy"),
    (SPARSE, (np.eye(2, dtype=int), np.eye(2)), ValueError, "shape.*one-hot rows use CategoricalCrossEntropy"),
    (SPARSE, ([0.0, 1.0], np.eye(2)), TypeError, "y must be integer.*float64"),
    (SPARSE, (1.0, HALVES), TypeError, "y must be integer.*float64"),
    (SPARSE, (2, HALVES), ValueError, "label.*0 to 1.*2"),
    (SPARSE, (-1, HALVES), ValueError, "label.*0 to 1.*-1"),
    (SPARSE, ([0, 1, 3], np.full((3, 2), 0.5)), ValueError, "label.*0 to 1.*3"),
    (SPARSE, (np.uint64(2**63), HALVES), ValueError, "label.*0 to 1"),
    (SPARSE, (np.uint8(255), HALVES), ValueError, "label.*0 to 1.*255"),
    (SPARSE, (0, [-1.0, 2.0]), ValueError, "y_hat.*negative.*-1.0.*from_logits=True"),
    (SPARSE, (0, [2.0, 3.0]), ValueError, "y_hat.*sum to one.*5.0.*from_logits=True"),
    (SPARSE, (0, [nan, 1.0]), ValueError, "y_hat.*nan"),
    (SPARSE_LOGITS, (2, ZEROS), ValueError, "label.*0 to 1.*2"),
    (SPARSE_LOGITS, (-1, ZEROS), ValueError, "label.*0 to 1.*-1"),
    (SPARSE_LOGITS, (1.0, ZEROS), TypeError, "y must be integer.*float64"),
    (KLDivergence(), ([0.5, 0.4], HALVES), ValueError, r"\bp must.*sum to one.*0\.9"),
    (KLDivergence(), (HALVES, [0.5, 0.4]), ValueError, r"\bq must.*sum to one.*0\.9"),
    (KLDivergence(), (HALVES, [log(0.5), log(0.5)]), ValueError, r"\bq must.*negative.*-0\.69.*logarithms"),
    (KLDivergence(), ([1.5, -0.5], HALVES), ValueError, r"\bp must.*negative.*-0\.5"),
    (KLDivergence(), (HALVES, [2.0, 3.0]), ValueError, r"\bq must.*sum to one.*5\.0.*logits"),
    (KLDivergence(), ([nan, 1.0], HALVES), ValueError, r"\bp must.*nan"),
    (KLDivergence(), (HALVES, [nan, 1.0]), ValueError, r"\bq must.*nan"),
    (KLDivergence(), (0.5, 0.5), ValueError, "shape.*rows"),
    (KLDivergence(), (HALVES, [HALVES]), ValueError, r"shape.*p \(2,\), q \(1, 2\)"),
    (Hinge(), ([0, 1], ZEROS), ValueError, r"label.*-1 or \+1.*2\.0 \* y - 1.*0"),
    (Hinge(), ([1, 2], ZEROS), ValueError, r"label.*-1 or \+1.*2"),
    (Hinge(), ([1, 0.5], ZEROS), ValueError, r"label.*-1 or \+1.*0\.5"),
    (Hinge(), ([1, nan], ZEROS), ValueError, r"label.*-1 or \+1.*nan"),
    (Hinge(), ([True, False], ZEROS), ValueError, r"label.*-1 or \+1.*0"),
    (Contrastive(), ([-1, 1], np.eye(2), np.eye(2)), ValueError, r"label.*0 \(similar\) or 1.*-1"),
    (Contrastive(), ([2, 1], np.eye(2), np.eye(2)), ValueError, r"label.*0 \(similar\) or 1.*2"),
    (Contrastive(), ([0.5, 1], np.eye(2), np.eye(2)), ValueError, r"label.*0 \(similar\) or 1.*0\.5"),
    (Contrastive(), ([nan, 1], np.eye(2), np.eye(2)), ValueError, r"label.*0 \(similar\) or 1.*nan"),
    (Contrastive(), ([0, 1], np.eye(2), np.eye(3)), ValueError, r"shape.*a \(2, 2\), b \(3, 3\)"),
    (Contrastive(), ([0, 1], np.eye(2)[0], np.eye(2)), ValueError, r"shape.*a \(2,\), b \(2, 2\)"),
    (Contrastive(), ([[0], [1]], np.eye(2), np.eye(2)), ValueError, r"shape.*y \(2, 1\)"),
    (Contrastive(), (np.eye(2), np.eye(2), [0, 1]), ValueError, "shape"),
    (Contrastive(), (1, 0.0, 1.0), ValueError, "shape"),
    (Triplet(), (HALVES, HALVES, [HALVES]), ValueError, r"shape.*anchor \(2,\).*negative \(1, 2\)"),
    (Triplet(), (HALVES, [0.5], HALVES), ValueError, r"shape.*positive \(1,\)"),
    (Triplet(), ([HALVES], HALVES, HALVES), ValueError, r"shape.*anchor \(1, 2\)"),
    (Triplet(), (0.0, 1.0, 2.0), ValueError, "shape"),
]


def brief(x):
    """Label a test with the loss and the words of the message."""
    return repr(x) if isinstance(x, Loss) else x.replace("\\", "") if isinstance(x, str) else ""


@pytest.mark.parametrize(("loss", "inputs", "error", "words"), WRONG, ids=brief)
def test_a_loss_does_not_take(loss, inputs, error, words):
    assert_refused(loss, inputs, error, words)


# Whole messages: argument, rule, what was found, and the hint.
MESSAGES = [
    (MSE(), ([1.0],), "takes y, y_hat, found 1 inputs"),
    (MSE(), ([], []), "y is empty, its shape is (0,)"),
    (MSE(), ([1], [1, 2]), "y and y_hat must have one shape, nothing is broadcast; found y (1,), y_hat (2,)"),
    (MSE(), ([1], ["a"]), "the dtype of y_hat must be boolean, integer, float32 or float64, found <U1"),
    (MSE(), (np.ma.array([1]), [1]), "y is a masked array, and its mask would be lost; use pointwise on its data"),
    (BCE, ([2], HALVES[:1]), "the label y must lie in [0, 1], found 2.0"),
    (BCE, ([1], [1.5]), "the probability y_hat must lie in [0, 1], found 1.5; for logits use from_logits=True"),
    (CCE, (1, 1), "y_hat must have the shape (..., C) of rows, found ()"),
    (CCE, ([-0.5, 1.5], HALVES), "the labels y must not be negative, found -0.5"),
    (CCE, ([0.25, 0.5], HALVES), "the labels y must hold rows that sum to one, found a sum of 0.75"),
    (
        CCE,
        ([1, 0], [1.5, -0.5]),
        "the probabilities y_hat must not be negative, found -0.5; for logits use from_logits=True",
    ),
    (
        CCE,
        ([1, 0], [0.5, 0.75]),
        "the probabilities y_hat must hold rows that sum to one, found a sum of 1.25; for logits use from_logits=True",
    ),
    (  # the first row is off by just what is allowed
        CCE,
        ([[1, 0], [1, 0]], [[0.5 + 2**-26, 0.5], [0.5, 0.75]]),
        "the probabilities y_hat must hold rows that sum to one, found a sum of 1.25; for logits use from_logits=True",
    ),
    (
        CCE,
        ([1], [HALVES]),
        "y has the shape (1,) of class numbers and y_hat (1, 2); "
        "use SparseCategoricalCrossEntropy, or give y one row a label",
    ),
    (SPARSE, (2, HALVES), "y must be labels from 0 to 1, found 2"),
    (SPARSE, (1.0, HALVES), "y must be integer class labels, found float64"),
    (SPARSE, ([0, 1], [HALVES]), "y must have the shape of y_hat without its last axis, (1,), found (2,)"),
    (
        SPARSE,
        (HALVES, HALVES),
        "y must have the shape of y_hat without its last axis, (), found (2,); "
        "for one-hot rows use CategoricalCrossEntropy",
    ),
    (
        KLDivergence(),
        ([0.5, 0.25], HALVES),
        "p must hold rows that sum to one, found a sum of 0.75; give probabilities, not logits or logarithms",
    ),
    (
        KLDivergence(),
        (HALVES, [0.5, 0.75]),
        "q must hold rows that sum to one, found a sum of 1.25; give probabilities, not logits or logarithms",
    ),
    (Hinge(), (0, 1.0), "y must be labels -1 or +1; from labels 0 and 1 make them with 2.0 * y - 1, found 0.0"),
    (Contrastive(), (0.5, HALVES, HALVES), "y must be labels 0 (similar) or 1 (dissimilar), found 0.5"),
    (
        Contrastive(),
        ([1, 1], HALVES, HALVES),
        "a and b must have one shape (..., D) and y the shape (...), found y (2,), a (2,), b (2,)",
    ),
]


@pytest.mark.parametrize(("loss", "inputs", "message"), MESSAGES, ids=brief)
def test_the_whole_message(loss, inputs, message):
    with pytest.raises((TypeError, ValueError)) as refusal:
        loss(*inputs)
    assert str(refusal.value).removeprefix(repr(loss)).lstrip(": ") == message


def test_messages_are_the_same_whatever_the_library():
    xp = pytest.importorskip("array_api_strict")
    with pytest.raises(TypeError, match=r"found y array_api_strict\.Array, y_hat numpy\.ndarray$"):
        MSE()(xp.ones(1), np.ones(1))
    with pytest.raises(ValueError, match=r"found 0\.0$"):
        Hinge()(xp.asarray([1.0, 0.0, 3.0]), xp.ones(3))


def test_lists_beside_arrays_of_another_library(need):
    torch, jax = need("torch"), need("jax")
    tensor, array = torch.ones(2), jax.numpy.ones(2)
    for inputs in [([1, 2], tensor), (np.ones(2), tensor), (tensor, 1.0), (tensor, np.ones(2)), (tensor, array)]:
        assert_refused(MSE(), inputs, TypeError, "one array library.*y .*y_hat .*")


NO_NUMBERS = [True, np.True_, "1", None, 1j, [1.0], np.array(1.0), np.complex128(1), Decimal(1)]
BAD_NUMBERS = [0, 0.0, -0.0, -1, -5e-324, nan, inf, -inf, 10**400, np.float64(nan), np.float32(0), np.int8(-1)]
ARGUMENTS = [(value, TypeError) for value in NO_NUMBERS] + [(value, ValueError) for value in BAD_NUMBERS]


@pytest.mark.parametrize(("value", "error"), ARGUMENTS, ids=lambda x: getattr(x, "__name__", repr(x)[:20]))
@pytest.mark.parametrize(("loss", "field"), [(Huber, "delta"), (Contrastive, "margin"), (Triplet, "margin")])
def test_a_hyperparameter_is_finite_and_above_zero(loss, field, value, error):
    with pytest.raises(error, match=f"{loss.__name__}: {field} must be .*found "):
        loss(**{field: value})


@pytest.mark.parametrize("value", [0, 1, "yes", None, 1.0, [True], np.int64(1)], ids=repr)
@pytest.mark.parametrize(
    ("loss", "field"),
    [
        (BinaryCrossEntropy, "from_logits"),
        (CategoricalCrossEntropy, "from_logits"),
        (SparseCategoricalCrossEntropy, "from_logits"),
        (Triplet, "squared"),
    ],
)
def test_a_switch_is_true_or_false(loss, field, value):
    with pytest.raises(TypeError, match=f"{loss.__name__}: {field} must be True or False, found "):
        loss(**{field: value})


@pytest.mark.parametrize("loss", LOSSES)
def test_there_are_no_other_hyperparameters(loss):
    with pytest.raises(TypeError, match="reduction"):
        loss(reduction="sum")


# What looks unusual and is good: inputs and the mean.
MANY = np.full((3, 10_000), 1e-4, np.float32)
GOOD = [
    (MSE(), (1, 3), 4),
    (MSE(), (1.0, np.float32(3)), 4),
    (MSE(), ((1, 2), (3, 2)), 2),
    (MSE(), (range(3), [0, 1, 5]), 3),
    (MSE(), ([True, False], [False, False]), 0.5),
    (MSE(), (np.array([250], np.uint8), np.array([5], np.uint8)), 245**2),
    (MSE(), ([2**60], [0]), 2.0**120),
    (MSE(), (np.uint64(2**63), np.uint64(0)), 2.0**126),
    (MAE(), (np.array([-128], np.int8), np.array([127], np.int8)), 255),
    (MAE(), ([[1], [2]], [[3], [2]]), 1),
    (BCE, (True, 1), 0),
    (BCE, ([True, False], HALVES), log(2)),
    (BCE, (np.array([1, 0], np.int8), HALVES), log(2)),
    (BCE, ([0, 1], [0.0, 1.0]), 0),
    (BCE, ([0.0, 1.0], [False, True]), 0),
    (BCE, (-0.0, 0.5), log(2)),
    (BCE_LOGITS, ([0, 1], [0, 0]), log(2)),
    (CCE, ([False, True], HALVES), log(2)),
    (CCE, ([1], [1]), 0),
    (CCE, (np.eye(10_000)[:3], MANY), 4 * log(10)),
    (CCE, (np.full((1, 3), 1 / 3, np.float32), np.full((1, 3), 1 / 3)), log(3)),
    (CCE, (np.eye(3, dtype="f4")[0], np.full(3, 1 / 3, "f4").tolist()), log(3)),
    (CCE, ([0.0, 1.0], [1 / 2 - 1e-9, 1 / 2]), log(2)),
    (CCE, ([0, 1], [0.5 + 2**-26, 0.5]), log(2)),  # the root of eps, to the last digit
    (CCE, ([0, 1], [0.5 - 2**-26, 0.5]), log(2)),
    (CCE, ([0, 1], np.float32([0.5 + 1e-5, 0.5]).tolist()), log(2)),  # rounded when it was float32
    (SPARSE, (1, HALVES), log(2)),
    (SPARSE, (True, HALVES), log(2)),
    (SPARSE, (np.array([100], np.int8), np.full((1, 300), 1 / 300)), log(300)),
    (SPARSE, (np.uint64(1), HALVES), log(2)),
    (SPARSE, (np.array([1, 0], ">i4"), [HALVES, HALVES]), log(2)),
    (SPARSE, (0, [1]), 0),
    (SPARSE, ([0, 5, 9999], MANY), 4 * log(10)),
    (SPARSE_LOGITS, ([0, 1], [[0, 0], [0, 0]]), log(2)),
    (KLDivergence(), (MANY, MANY), 0),
    (KLDivergence(), ([0, 1], HALVES), log(2)),
    (Hinge(), (1, 3), 0),
    (Hinge(), (np.array([1, -1], np.int8), [0, 0]), 1),
    (Hinge(), (np.uint8(1), 0.25), 0.75),
    (Hinge(), (True, 0.25), 0.75),
    (Contrastive(), ([False, True], np.eye(2), np.eye(2)), 0.25),
    (Contrastive(), (np.uint8(0), [1, 0], [0, 0]), 0.5),
    (Contrastive(), (1, [0.25], [0.0]), 0.28125),
    (Triplet(), ([0, 0], [3, 4], [0, 5]), 1),
    (Triplet(), ([[[0]]], [[[1]]], [[[1]]]), 1),
]


@pytest.mark.parametrize(("loss", "inputs", "mean"), GOOD, ids=brief)
def test_a_loss_takes(loss, inputs, mean):
    single = getattr(inputs[-1], "dtype", None) == np.float32
    assert loss(*inputs) == pytest.approx(mean, rel=1e-5 if single else 1e-7)
    assert np.all(np.isfinite(loss.gradient(*inputs)))


@pytest.mark.parametrize(
    "delta", [1, np.int8(1), np.float32(1), np.float64(1), np.float16(1), Fraction(1)], ids=lambda x: type(x).__name__
)
def test_a_hyperparameter_may_be_any_real_number(delta):
    assert repr(Huber(delta=delta)) == "Huber(delta=1.0)"
    assert Huber(delta) == Huber(delta=1.0)


def test_a_switch_may_be_numpys():
    assert repr(Triplet(squared=np.True_)) == "Triplet(margin=1.0, squared=True)"
