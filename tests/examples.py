"""Every configuration of every loss, with good inputs for it. The one place that knows them."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, log

import numpy as np

from lossbook import (
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

FROM_LOGITS = {"from_logits": True}
CALLS = ("__call__", "pointwise", "gradient", "value_and_gradient")


# What random inputs are made of. `shape` is that of the points, `size` the number of classes or coordinates.


def normal(rng, shape, size):
    return rng.normal(scale=2, size=shape)


def embedding(rng, shape, size):
    return rng.normal(scale=0.6, size=(*shape, size))


def logits(rng, shape, size):
    return rng.normal(scale=3, size=(*shape, size))


def zero_or_one(rng, shape, size):
    return rng.integers(0, 2, size=shape).astype(float)


def minus_or_plus_one(rng, shape, size):
    return 2 * zero_or_one(rng, shape, size) - 1


def probability(rng, shape, size):
    return rng.uniform(0.05, 0.95, size=shape)


def class_number(rng, shape, size):
    return rng.integers(0, size, size=shape)


def one_hot(rng, shape, size):
    return np.eye(size)[class_number(rng, shape, size)]


def distribution(rng, shape, size):
    weights = rng.uniform(0.05, 1, size=(*shape, size))
    return weights / weights.sum(axis=-1, keepdims=True)


@dataclass(frozen=True)
class Case:
    """A loss and what its inputs are made of."""

    loss: Loss
    makers: tuple[Callable, ...]

    def __str__(self):
        hard = {zero_or_one, one_hot} & set(self.makers) and not isinstance(self.loss, Contrastive)
        return f"{self.loss!r}{', hard labels' if hard else ''}"

    def inputs(self, *shape, dtype=np.float64, size=3, seed=0):
        """Return good inputs for points of this shape. Being random, they are not on a kink."""
        rng = np.random.default_rng(seed)
        made = ((maker, np.asarray(maker(rng, shape, size))) for maker in self.makers)
        return tuple(x if maker is class_number else x.astype(dtype) for maker, x in made)


CASES = [
    Case(MSE(), (normal, normal)),
    Case(MAE(), (normal, normal)),
    Case(Huber(), (normal, normal)),
    Case(Huber(delta=0.1), (normal, normal)),
    Case(Huber(delta=2.5), (normal, normal)),
    Case(BinaryCrossEntropy(), (zero_or_one, probability)),
    Case(BinaryCrossEntropy(), (probability, probability)),
    Case(BinaryCrossEntropy(**FROM_LOGITS), (zero_or_one, normal)),
    Case(BinaryCrossEntropy(**FROM_LOGITS), (probability, normal)),
    Case(CategoricalCrossEntropy(), (one_hot, distribution)),
    Case(CategoricalCrossEntropy(), (distribution, distribution)),
    Case(CategoricalCrossEntropy(**FROM_LOGITS), (one_hot, logits)),
    Case(CategoricalCrossEntropy(**FROM_LOGITS), (distribution, logits)),
    Case(SparseCategoricalCrossEntropy(), (class_number, distribution)),
    Case(SparseCategoricalCrossEntropy(**FROM_LOGITS), (class_number, logits)),
    Case(KLDivergence(), (distribution, distribution)),
    Case(Hinge(), (minus_or_plus_one, normal)),
    Case(Contrastive(), (zero_or_one, embedding, embedding)),
    Case(Contrastive(margin=2.5), (zero_or_one, embedding, embedding)),
    Case(Triplet(), (embedding, embedding, embedding)),
    Case(Triplet(margin=0.3), (embedding, embedding, embedding)),
    Case(Triplet(squared=True), (embedding, embedding, embedding)),
]


def restricted(loss):
    """Return the names of the inputs whose values can be wrong. In the others every number is welcome."""
    names = set() if isinstance(loss, (MSE, MAE, Huber)) else {"y", "p", "q"}
    names |= {"y_hat"} if getattr(loss, "from_logits", None) is False else set()
    return [name for name in loss.inputs if name in names]


def as_tuple(gradient):
    """Return the parts of a gradient, one or several."""
    return gradient if isinstance(gradient, tuple) else (gradient,)


@dataclass(frozen=True)
class Point:
    """One point at which value and gradient are known exactly."""

    loss: Loss
    inputs: tuple
    value: float
    gradient: object  # a number, a row, or a tuple of rows

    def __str__(self):
        return f"{self.loss!r} at {', '.join(map(str, self.inputs))}"


# Where the derivative has a jump, or an automatic one easily goes wrong. Everything here is finite.
KINKS = [
    Point(MSE(), (2.0, 2.0), 0, 0),
    Point(MAE(), (2.0, 2.0), 0, 0),
    Point(Huber(), (2.0, 2.0), 0, 0),
    Point(Huber(), (0.0, 1.0), 0.5, 1),
    Point(Huber(), (0.0, -1.0), 0.5, -1),
    Point(Huber(delta=2.5), (1.0, -1.5), 3.125, -2.5),
    Point(Hinge(), (1.0, 1.0), 0, 0),
    Point(Hinge(), (-1.0, -1.0), 0, 0),
    Point(Hinge(), (1.0, 0.0), 1, -1),
    Point(BinaryCrossEntropy(), (0.0, 0.0), 0, 1),
    Point(BinaryCrossEntropy(), (1.0, 1.0), 0, -1),
    Point(BinaryCrossEntropy(), (0.25, 0.25), 0.25 * log(4) + 0.75 * log(4 / 3), 0),
    Point(BinaryCrossEntropy(**FROM_LOGITS), (0.0, 0.0), log(2), 0.5),
    Point(BinaryCrossEntropy(**FROM_LOGITS), (1.0, 0.0), log(2), -0.5),
    Point(BinaryCrossEntropy(**FROM_LOGITS), (1.0, -0.0), log(2), -0.5),
    Point(BinaryCrossEntropy(**FROM_LOGITS), (0.25, 0.0), log(2), 0.25),
    Point(CategoricalCrossEntropy(), ([0.0, 1.0], [0.0, 1.0]), 0, [0, -1]),
    Point(CategoricalCrossEntropy(), ([0.5, 0.5, 0.0], [0.5, 0.5, 0.0]), log(2), [-1, -1, 0]),
    Point(CategoricalCrossEntropy(**FROM_LOGITS), ([0.0, 1.0], [0.0, 0.0]), log(2), [0.5, -0.5]),
    Point(CategoricalCrossEntropy(**FROM_LOGITS), ([0.25, 0.75], [3.0, 3.0]), log(2), [0.25, -0.25]),
    # A row sums to one up to rounding; the gradient is that of the formula for the sum it has.
    Point(
        CategoricalCrossEntropy(**FROM_LOGITS),
        ([0.25, 0.75 + 2**-27], [0.0, 0.0]),
        (1 + 2**-27) * log(2),
        [0.25 + 2**-28, -0.25 - 2**-28],
    ),
    Point(SparseCategoricalCrossEntropy(), (1, [0.0, 1.0]), 0, [0, -1]),
    Point(SparseCategoricalCrossEntropy(**FROM_LOGITS), (0, [7.0, 7.0]), log(2), [-0.5, 0.5]),
    Point(KLDivergence(), ([0.5, 0.5, 0.0], [0.5, 0.5, 0.0]), 0, [-1, -1, 0]),
    Point(KLDivergence(), ([0.0, 1.0], [0.5, 0.5]), log(2), [0, -2]),
    Point(Contrastive(), (0.0, [1.0, 2.0], [1.0, 2.0]), 0, ([0, 0], [0, 0])),
    Point(Contrastive(), (1.0, [1.0, 2.0], [1.0, 2.0]), 0.5, ([0, 0], [0, 0])),
    Point(Contrastive(margin=5.0), (1.0, [0.0, 0.0], [3.0, 4.0]), 0, ([0, 0], [0, 0])),
    Point(Contrastive(margin=5.0), (0.0, [0.0, 0.0], [3.0, 4.0]), 12.5, ([-3, -4], [3, 4])),
    Point(Triplet(), ([1.0, 2.0],) * 3, 1, ([0, 0],) * 3),
    Point(Triplet(), ([0.0, 0.0], [3.0, 4.0], [0.0, 6.0]), 0, ([0, 0],) * 3),
    Point(Triplet(), ([0.0, 0.0], [0.0, 0.0], [0.0, 0.5]), 0.5, ([0, 1], [0, 0], [0, -1])),
    Point(Triplet(), ([0.0, 0.0], [0.0, 0.5], [0.0, 0.0]), 1.5, ([0, -1], [0, 1], [0, 0])),
    Point(Triplet(), ([0.0, 0.0], [0.0, 0.5], [0.0, 0.5]), 1, ([0, 0], [0, 1], [0, -1])),
    Point(Triplet(squared=True), ([0.0, 0.0], [1.0, 0.0], [1.0, 1.0]), 0, ([0, 0],) * 3),
    Point(Triplet(squared=True), ([1.0, 2.0],) * 3, 1, ([0, 0],) * 3),
]

# Where numbers become very large, very small or infinite. The last digit before 1 is 2⁻⁵³ away from it.
LIMITS = [
    Point(MSE(), (0.0, 1e150), 1e300, 2e150),
    Point(MSE(), (1e-150, 0.0), 1e-300, -2e-150),
    Point(MSE(), (0.0, 1e200), inf, 2e200),
    Point(MSE(), (-1e308, 1e308), inf, inf),
    Point(MAE(), (1e300, -1e300), 2e300, -1),
    Point(MAE(), (-1e308, 1e308), inf, 1),
    Point(Huber(), (0.0, 1e150), 1e150, 1),
    Point(Huber(), (1e300, -1e300), 2e300, -1),
    Point(Huber(delta=1e150), (0.0, 3e150), 2.5e300, 1e150),
    Point(Huber(delta=1e-150), (0.0, 1.0), 1e-150, 1e-150),
    Point(Huber(delta=1e200), (0.0, 1e200), inf, 1e200),
    Point(Hinge(), (1.0, -1e150), 1e150, -1),
    Point(Hinge(), (-1.0, -1e300), 0, 0),
    Point(BinaryCrossEntropy(), (1.0, 0.0), inf, -inf),
    Point(BinaryCrossEntropy(), (0.0, 1.0), inf, inf),
    Point(BinaryCrossEntropy(), (0.5, 0.0), inf, -inf),
    Point(BinaryCrossEntropy(), (0.5, 1.0), inf, inf),
    Point(BinaryCrossEntropy(), (1.0, 1e-300), 300 * log(10), -1e300),
    Point(BinaryCrossEntropy(), (0.0, 1e-300), 1e-300, 1),
    Point(BinaryCrossEntropy(), (0.0, 1e-20), 1e-20, 1),
    Point(BinaryCrossEntropy(), (1.0, 1 - 2**-53), 2**-53, -1),
    Point(BinaryCrossEntropy(), (0.0, 1 - 2**-53), 53 * log(2), 2**53),
    Point(BinaryCrossEntropy(**FROM_LOGITS), (0.0, 1e4), 1e4, 1),
    Point(BinaryCrossEntropy(**FROM_LOGITS), (1.0, -1e4), 1e4, -1),
    Point(BinaryCrossEntropy(**FROM_LOGITS), (1.0, 1e4), 0, 0),
    Point(BinaryCrossEntropy(**FROM_LOGITS), (0.0, -1e4), 0, 0),
    Point(BinaryCrossEntropy(**FROM_LOGITS), (0.25, 1e4), 7500, 0.75),
    Point(BinaryCrossEntropy(**FROM_LOGITS), (0.25, -1e4), 2500, -0.25),
    Point(BinaryCrossEntropy(**FROM_LOGITS), (0.0, -100.0), np.exp(-100), np.exp(-100)),
    Point(BinaryCrossEntropy(**FROM_LOGITS), (1.0, 100.0), np.exp(-100), 0),
    Point(BinaryCrossEntropy(**FROM_LOGITS), (0.0, 1e150), 1e150, 1),
    Point(BinaryCrossEntropy(**FROM_LOGITS), (1.0, -1e150), 1e150, -1),
    Point(BinaryCrossEntropy(**FROM_LOGITS), (0.0, 1e308), 1e308, 1),
    Point(CategoricalCrossEntropy(), ([1.0, 0.0], [0.0, 1.0]), inf, [-inf, 0]),
    Point(CategoricalCrossEntropy(), ([0.5, 0.5], [0.0, 1.0]), inf, [-inf, -0.5]),
    Point(CategoricalCrossEntropy(), ([1.0, 0.0], [1e-300, 1.0]), 300 * log(10), [-1e300, 0]),
    Point(CategoricalCrossEntropy(), ([1e-300, 1.0], [0.5, 0.5]), log(2), [-2e-300, -2]),
    Point(CategoricalCrossEntropy(**FROM_LOGITS), ([1.0, 0.0], [-1e4, 1e4]), 2e4, [-1, 1]),
    Point(CategoricalCrossEntropy(**FROM_LOGITS), ([1.0, 0.0], [1e4, -1e4]), 0, [0, 0]),
    Point(CategoricalCrossEntropy(**FROM_LOGITS), ([0.25, 0.75], [1e4, -1e4]), 1.5e4, [0.75, -0.75]),
    Point(CategoricalCrossEntropy(**FROM_LOGITS), ([1.0, 0.0], [-1e150, 1e150]), 2e150, [-1, 1]),
    Point(CategoricalCrossEntropy(**FROM_LOGITS), ([1.0, 0.0], [1e308, 1e308]), log(2), [-0.5, 0.5]),
    Point(SparseCategoricalCrossEntropy(), (0, [0.0, 1.0]), inf, [-inf, 0]),
    Point(SparseCategoricalCrossEntropy(), (0, [1e-300, 1.0]), 300 * log(10), [-1e300, 0]),
    Point(SparseCategoricalCrossEntropy(**FROM_LOGITS), (0, [-1e4, 1e4]), 2e4, [-1, 1]),
    Point(SparseCategoricalCrossEntropy(**FROM_LOGITS), (1, [-1e4, 1e4]), 0, [0, 0]),
    Point(SparseCategoricalCrossEntropy(**FROM_LOGITS), (0, [-1e150, 1e150]), 2e150, [-1, 1]),
    Point(SparseCategoricalCrossEntropy(**FROM_LOGITS), (1, [1e308, 1e308]), log(2), [0.5, -0.5]),
    Point(SparseCategoricalCrossEntropy(**FROM_LOGITS), (1, [-inf, 3.0]), 0, [0, 0]),
    Point(SparseCategoricalCrossEntropy(**FROM_LOGITS), (0, [-inf, 3.0]), inf, [-1, 1]),
    Point(KLDivergence(), ([1.0, 0.0], [0.0, 1.0]), inf, [-inf, 0]),
    Point(KLDivergence(), ([1.0, 0.0], [1e-300, 1.0]), 300 * log(10), [-1e300, 0]),
    Point(KLDivergence(), ([0.0, 1.0], [1e-300, 1.0]), 0, [0, -1]),
    Point(KLDivergence(), ([1e-300, 1.0], [1e-300, 1.0]), 0, [-1, -1]),
    Point(KLDivergence(), ([1e-300, 1.0], [0.5, 0.5]), log(2), [-2e-300, -2]),
    Point(Contrastive(), (0.0, [1e150, 0.0], [0.0, 0.0]), 5e299, ([1e150, 0], [-1e150, 0])),
    Point(Contrastive(), (1.0, [1e150, 0.0], [0.0, 0.0]), 0, ([0, 0], [0, 0])),
    Point(Contrastive(), (1.0, [1e-150, 0.0], [0.0, 0.0]), 0.5, ([-1, 0], [1, 0])),
    Point(Contrastive(margin=1e150), (1.0, [0.0], [1.0]), 5e299, ([1e150], [-1e150])),
    Point(Contrastive(), (0.0, [1e200], [0.0]), inf, ([1e200], [-1e200])),
    Point(Triplet(), ([0.0, 0.0], [3e150, 4e150], [0.0, 0.0]), 5e150, ([-0.6, -0.8], [0.6, 0.8], [0, 0])),
    Point(Triplet(), ([0.0, 0.0], [0.0, 0.0], [3e150, 4e150]), 0, ([0, 0],) * 3),
    Point(Triplet(), ([0.0], [1e-150], [-1e-150]), 1, ([-2], [1], [1])),
    Point(Triplet(squared=True), ([0.0], [1e150], [0.0]), 1e300, ([-2e150], [2e150], [0])),
    Point(Triplet(squared=True), ([0.0], [1e200], [0.0]), inf, ([-2e200], [2e200], [0])),
]

# Numbers so small that they have fewer digits, down to the smallest of all. PyTorch and XLA take some for 0.
SUBNORMAL = [
    Point(MAE(), (0.0, 5e-324), 5e-324, 1),
    Point(BinaryCrossEntropy(), (1.0, 5e-324), 1074 * log(2), -inf),
    Point(BinaryCrossEntropy(), (0.0, 5e-324), 5e-324, 1),
    Point(BinaryCrossEntropy(), (5e-324, 5e-324), 745 * 5e-324, 0),
    Point(CategoricalCrossEntropy(), ([1.0, 0.0], [5e-324, 1.0]), 1074 * log(2), [-inf, 0]),
    Point(SparseCategoricalCrossEntropy(), (1, [5e-324, 1.0]), 0, [0, -1]),
    Point(KLDivergence(), ([1.0, 0.0], [5e-324, 1.0]), 1074 * log(2), [-inf, 0]),
]


def stacked(points, count):
    """Return the points of each loss as arrays: the loss, its inputs, the values, the parts of the gradient.

    They are repeated up to the same number of points for all.
    """
    groups = {}
    for point in points:
        groups.setdefault((point.loss, *map(np.shape, point.inputs)), []).append(point)

    def column(entries):
        return np.array([entries[i % len(entries)] for i in range(count)])

    return [
        (
            group[0].loss,
            [column(entries) for entries in zip(*(point.inputs for point in group), strict=True)],
            column([float(point.value) for point in group]),
            [column(entries) * 1.0 for entries in zip(*(as_tuple(p.gradient) for p in group), strict=True)],
        )
        for group in groups.values()
    ]
