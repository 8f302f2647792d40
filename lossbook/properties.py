"""What holds for which loss, found out by trying: convex or not, smooth or not, robust or not.

Thousands of random points are tried, far ones too, and those where one suspects a kink. A counterexample refutes
"convex", "strictly proper" or a minimiser. About all points, or about limits, a finite number of them decides nothing:
what is found is then only that a quantity grows with the range, or that it does not. The chapters have the proofs.
``matrix`` compares what is found with what is claimed, cell by cell.

>>> absolute = ROWS[1]
>>> absolute.label, found(absolute, "convex"), found(absolute, "differentiable"), found(absolute, "bounded gradient")
('MAE, in ŷ', 'yes', 'not at ŷ = y', 'yes')
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

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
    SparseCategoricalCrossEntropy,
    Triplet,
)

__all__ = ["COLUMNS", "ROWS", "Matrix", "Row", "found", "matrix"]

POINTS = 2000
NEAR, FAR = 1, 1e6  # ordinary predictions, and extreme ones
TINY = 1e-7  # the step of a difference quotient


@dataclass(frozen=True, eq=False)
class Row:
    """A loss, the argument in which its properties are claimed, and what to try.

    Predictions are arrays (points, numbers a point): one number, a row, or all the embeddings of a point.
    """

    name: str
    loss: Any
    argument: str
    draw: Callable  # (rng, points, scale) -> targets and predictions
    suspects: dict[str, tuple]  # where a kink may be: a target and a prediction
    minimiser: str  # one of MINIMISERS
    says: Callable | None = None  # the prediction that says "these are the probabilities of the labels"
    labels: Any = (0.0, 1.0)  # the targets that can be a label
    outliers: bool = False  # whether a target can be an outlier

    @property
    def label(self) -> str:
        """The loss and its argument, as the matrix shows them."""
        return f"{self.name}, in {self.argument}"

    @property
    def page(self) -> str:
        """The chapter, which has the name of the loss's module."""
        return type(self.loss).__module__.removeprefix("lossbook.")

    def inputs(self, y: Any, u: Any) -> tuple:
        """Return what the loss is called with."""
        if isinstance(self.loss, Triplet):
            return tuple(np.split(u, 3, axis=1))
        if isinstance(self.loss, Contrastive):
            return y, *np.split(u, 2, axis=1)
        return y, u if self.loss.point_ndim else u[:, 0]

    def value(self, y: Any, u: Any) -> np.ndarray:
        """Return the loss of each point."""
        return self.loss.pointwise(*self.inputs(y, u))

    def gradient(self, y: Any, u: Any) -> np.ndarray:
        """Return the gradient of each point's loss, of the shape of the predictions."""
        gradient = self.loss.gradient(*self.inputs(y, u))
        parts = gradient if isinstance(gradient, tuple) else (gradient,)
        return len(u) * np.concatenate([part.reshape(len(u), -1) for part in parts], axis=1)

    def costs(self, y: Any, u: Any) -> np.ndarray:
        """Return the mean loss over the targets for each of some predictions, if it is made for all of them."""
        every = self.value(np.concatenate([y] * len(u)), np.repeat(u, len(y), axis=0))
        return every.reshape(len(u), len(y)).mean(axis=1)


@cache
def found(row: Row, column: str) -> str:
    """Return what is found for a row in a column."""
    return PROBES[column](row)


def _points(row: Row, scale: float) -> tuple:
    """Return targets, predictions, and directions that lead to other predictions."""
    rng = np.random.default_rng(0)
    y, u = row.draw(rng, POINTS, scale)
    return y, u, row.draw(rng, POINTS, scale)[1] - u


def _suspect(row: Row, name: str) -> tuple:
    y, u = row.suspects[name]
    _, towards = row.draw(np.random.default_rng(0), POINTS, NEAR)
    u = np.tile(np.array(u, float), (POINTS, 1))
    return np.array([y] * POINTS), u, towards - u


def _minimiser(row: Row) -> str:
    """Whether what the word stands for costs no more than other predictions, for several sets of targets."""
    rng = np.random.default_rng(0)
    for _ in range(10):
        y, others = row.draw(rng, 5, NEAR)[0], row.draw(rng, POINTS, NEAR)[1]
        best = np.atleast_1d(MINIMISERS[row.minimiser](y, row.loss))
        steps = np.geomspace(1e-4, 1, len(others))[:, None]
        least = row.costs(y, best + steps * (others - best)).min()
        if row.costs(y, best[None] + 0.0)[0] > least + 1e-9:
            return f"not {row.minimiser}"
    return row.minimiser


def _convex(row: Row) -> str:
    for scale in (NEAR, FAR):
        y, u, way = _points(row, scale)
        ends = (row.value(y, u) + row.value(y, u + way)) / 2
        if (row.value(y, u + way / 2) > ends * (1 + 1e-12) + 1e-12).any():
            return "no"
    return "yes"


def _jumps(row: Row, y: Any, u: Any, way: Any) -> bool:
    """Whether the slope along the way is another one than back."""
    ahead, here, behind = (row.value(y, u + step * way) for step in (TINY, 0, -TINY))
    return bool((np.abs(ahead - 2 * here + behind) > 0.01 * TINY).any())


def _differentiable(row: Row) -> str:
    """Whether the slope jumps nowhere, or else at which of the suspects."""
    if _jumps(row, *_points(row, NEAR)):
        return "no"
    kinks = ", ".join(name for name in row.suspects if _jumps(row, *_suspect(row, name)))
    return f"not at {kinks}" if kinks else "yes"


def _smooth(row: Row) -> str:
    for y, u, way in [_points(row, NEAR), _points(row, FAR), *(_suspect(row, name) for name in row.suspects)]:
        change = row.gradient(y, u + TINY * way) - row.gradient(y, u)
        if (np.linalg.norm(change, axis=1) > 1e3 * TINY * np.linalg.norm(way, axis=1)).any():
            return "no"
    return "yes"


def _bounded(row: Row) -> str:
    y, u, _ = _points(row, FAR)
    return "yes" if np.linalg.norm(row.gradient(y, u), axis=1).max() < 10 else "no"


def _robust(row: Row) -> str:
    """Whether the best prediction stays where the other ten targets are when one goes far away."""
    if not row.outliers:
        return "–"
    y = np.array([1e9, *range(10)])
    low, high = 0.0, 1e9
    while high - low > 0.1:
        middle = (low + high) / 2
        slope = row.gradient(y, np.full((len(y), 1), middle)).sum()
        low, high = (middle, high) if slope < 0 else (low, middle)
    return "yes" if high < 10 else "no"


def _proper(row: Row) -> str:
    """Whether the best prediction for a random label, better than all others, says how probable each label is."""
    if row.labels is None:
        return "–"
    classes = len(row.labels)
    shares = np.array([share for share in product(range(1, 20), repeat=classes) if sum(share) == 20]) / 20
    said = np.array([np.atleast_1d(row.says(share)) for share in shares], float)
    costs = np.array([row.value(np.array([label] * len(said)), said) for label in row.labels])
    risk = shares @ costs  # a row for each true distribution, a column for each that is said
    true = risk.diagonal().copy()
    np.fill_diagonal(risk, np.inf)
    return "yes" if (true < risk.min(axis=1)).all() else "no"


def _needs_probabilities(row: Row) -> str:
    """Whether predictions that are no probabilities are refused."""
    y, u = row.draw(np.random.default_rng(0), 1, NEAR)
    try:
        row.value(y, u + 2)
    except ValueError:
        return "yes"
    return "no"


PROBES = {
    "minimiser": _minimiser,
    "convex": _convex,
    "differentiable": _differentiable,
    "smooth": _smooth,
    "bounded gradient": _bounded,
    "robust in y": _robust,
    "strictly proper": _proper,
    "needs probabilities": _needs_probabilities,
}
COLUMNS = tuple(PROBES)


@dataclass(frozen=True, repr=False)
class Matrix:
    """A row for each loss, and in each cell a word with a link to the section that shows why."""

    lines: list[list[tuple[str, str]]]  # the first line holds the names of the columns

    def __repr__(self) -> str:
        """Return the matrix as text, a line for each row."""
        return "\n".join(" | ".join(word for word, _ in line) for line in self.lines)

    def _repr_markdown_(self) -> str:
        cells = [[f"[{word}]({link})" if link else word for word, link in line] for line in self.lines]
        head, *body = (f"| {' | '.join(line)} |" for line in cells)
        return "\n".join([head, "|---" * len(cells[0]) + "|", *body])


def matrix(claims: str) -> Matrix:
    """Return the matrix of claims, each of them found to be so.

    Parameters
    ----------
    claims : str
        A line with the names of some columns, then a line for each row: its loss and argument, and a word for each
        of these columns. All is separated by ``|``.

    Raises
    ------
    AssertionError
        For a claim that is not what is found, a row that is missing, or one that nobody knows.
    """
    head, *lines = [[cell.strip() for cell in line.split("|")] for line in claims.strip().splitlines()]
    names = [line[0] for line in lines]
    if names != [row.label for row in ROWS]:
        raise AssertionError(f"the rows are {[row.label for row in ROWS]}, found {names}")
    shown = [[(name, "") for name in head]]
    for row, (name, *words) in zip(ROWS, lines, strict=True):
        shown.append([(name.replace(" in ", " in\N{NO-BREAK SPACE}"), f"{row.page}.ipynb")])
        for column, word in zip(head[1:], words, strict=True):
            if word != (was := found(row, column)):
                raise AssertionError(f"{name}, {column}: claimed {word!r}, found {was!r}")
            section = WHY.get(name, {}).get(column, WHY["elsewhere"][column])
            shown[-1].append((word, "" if word == "–" else f"{row.page}.ipynb#{section}"))
    return Matrix(shown)


def _draws(targets: Callable, predictions: Callable) -> Callable:
    return lambda rng, n, scale: (targets(rng, n), predictions(rng, n, scale))


def _number(rng: Any, n: int) -> np.ndarray:
    return rng.normal(size=n)


def _label(rng: Any, n: int) -> np.ndarray:
    return rng.integers(0, 2, n).astype(float)


def _sign(rng: Any, n: int) -> np.ndarray:
    return 2 * _label(rng, n) - 1


def _class(rng: Any, n: int) -> np.ndarray:
    return rng.integers(0, 3, n)


def _one_hot(rng: Any, n: int) -> np.ndarray:
    return np.eye(3)[_class(rng, n)]


def _mixture(rng: Any, n: int) -> np.ndarray:
    return _probabilities(rng, n, NEAR)


def _real(numbers: int) -> Callable:
    return lambda rng, n, scale: scale * rng.normal(size=(n, numbers))


def _probability(rng: Any, n: int, scale: float) -> np.ndarray:
    return 1 / (1 + np.exp(-min(scale, 5) * rng.normal(size=(n, 1))))


def _probabilities(rng: Any, n: int, scale: float) -> np.ndarray:
    e = np.exp(min(scale, 5) * rng.normal(size=(n, 3)))
    return e / e.sum(axis=1, keepdims=True)


_numbers, _logits = _draws(_number, _real(1)), _draws(_label, _real(1))
_signs, _chances = _draws(_sign, _real(1)), _draws(_label, _probability)
_logit_rows, _chance_rows = _draws(_one_hot, _real(3)), _draws(_one_hot, _probabilities)
_of_class, _mixtures = _draws(_class, _real(3)), _draws(_mixture, _probabilities)
_two, _three = _draws(_label, _real(4)), _draws(_number, _real(6))


def _clipped_mean(y: Any, loss: Any) -> float:
    """Return where the residuals, clipped at delta on both sides, add up to 0."""
    low, high = y.min(), y.max()
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if np.clip(middle - y, -loss.delta, loss.delta).sum() < 0 else (low, middle)
    return middle


def _share(y: Any, loss: Any) -> Any:
    """Return the mean of the labels: the share of each class."""
    return (np.eye(3)[y] if y.dtype.kind == "i" else y).mean(axis=0)


def _log_share(y: Any, loss: Any) -> Any:
    return np.log(_share(y, loss) + 1e-9)  # of a class that does not occur it should be minus infinity


def _log_odds(y: Any, loss: Any) -> Any:
    return _log_share(y, loss) - _log_share(1 - y, loss)


def _at_the_margin(y: Any, loss: Any) -> list:
    return [0, 0, 1, 0, 0, (2 if not loss.squared else 2**0.5) + 1e-12]


# What the words for the best common prediction stand for: functions of the targets and the loss.
MINIMISERS = {
    "mean": lambda y, loss: y.mean(),
    "median": lambda y, loss: np.median(y),
    "clipped mean": _clipped_mean,
    "share": _share,
    "log-odds": _log_odds,
    "shares": _share,
    "log shares": _log_share,
    "mean of p": _share,
    "majority": lambda y, loss: np.sign(y.sum()),
    "D = ρm": lambda y, loss: [0, 0, y.mean() * loss.margin, 0],
    "d(a,n) ≥ d(a,p) + α": _at_the_margin,
    "d(a,n)² ≥ d(a,p)² + α": _at_the_margin,
}


def _curvature(section: str) -> dict[str, str]:
    return dict.fromkeys(["convex", "smooth"], section)


def _second(shares: Any) -> Any:
    return shares[1]


def _logit(shares: Any) -> Any:
    return np.log(shares[1] / shares[0])


_unit = np.eye(3)
_thirds = [1 / 3] * 3
_meeting = {"a = p": (0, [0, 0, 0, 0, 0.5, 0]), "a = n": (0, [0, 0, 1, 0, 0, 0])}

# fmt: off
ROWS = (
    Row("MSE", MSE(), "ŷ", _numbers, {"ŷ = y": (1, [1])}, "mean", _second, outliers=True),
    Row("MAE", MAE(), "ŷ", _numbers, {"ŷ = y": (1, [1])}, "median", _second, outliers=True),
    Row("Huber, δ = 1", Huber(delta=1), "ŷ", _numbers, {"ŷ = y": (1, [1]), "|r| = δ": (1, [2])},
        "clipped mean", _second, outliers=True),
    Row("Binary cross-entropy", BinaryCrossEntropy(), "ŷ", _chances, {"ŷ = ½": (1, [0.5])}, "share", _second),
    Row("Binary cross-entropy", BinaryCrossEntropy(from_logits=True), "z", _logits, {"z = 0": (1, [0])},
        "log-odds", _logit),
    Row("Categorical cross-entropy", CategoricalCrossEntropy(), "ŷ", _chance_rows, {"ŷ equal": (_unit[0], _thirds)},
        "shares", np.array, _unit),
    Row("Categorical cross-entropy", CategoricalCrossEntropy(from_logits=True), "z", _logit_rows,
        {"z = 0": (_unit[0], [0] * 3)}, "log shares", np.log, _unit),
    Row("Sparse cross-entropy", SparseCategoricalCrossEntropy(from_logits=True), "z", _of_class,
        {"z = 0": (0, [0] * 3)}, "log shares", np.log, (0, 1, 2)),
    Row("KL divergence", KLDivergence(), "q", _mixtures, {"q = p": (_thirds, _thirds)}, "mean of p", np.array, _unit),
    Row("Hinge", Hinge(), "ŷ", _signs, {"yŷ = 1": (1, [1])}, "majority", _second, (-1.0, 1.0)),
    Row("Contrastive", Contrastive(), "(a,b)", _two, {"D = 0": (1, [0] * 4), "D = m": (1, [0, 0, 1, 0])},
        "D = ρm", labels=None),
    Row("Triplet", Triplet(), "(a,p,n)", _three, _meeting | {"d(a,n) = d(a,p) + α": (0, [0, 0, 1, 0, 2, 0])},
        "d(a,n) ≥ d(a,p) + α", labels=None),
    Row("Triplet, squared", Triplet(squared=True), "(a,p,n)", _three,
        _meeting | {"d(a,n)² = d(a,p)² + α": (0, [0, 0, 1, 0, 0, 2**0.5])}, "d(a,n)² ≥ d(a,p)² + α", labels=None),
)
# fmt: on

# The section of the chapter that shows why: for the rows that need a word of their own, and elsewhere.
WHY = {
    "elsewhere": dict.fromkeys(COLUMNS, "derivation")
    | dict.fromkeys(["minimiser", "strictly proper", "robust in y"], "where-it-comes-from")
    | {"needs probabilities": "definition"},
    "MSE, in ŷ": _curvature("curvature-and-what-it-does-to-gradient-descent") | {"strictly proper": "common-mistakes"},
    "MAE, in ŷ": dict.fromkeys(["convex", "differentiable", "smooth"], "at-the-kink")
    | {"strictly proper": "common-mistakes", "robust in y": "hard-to-mislead-by-a-wrong-target"},
    "Huber, δ = 1, in ŷ": _curvature("curvature-smooth-once-not-twice"),
    "Binary cross-entropy, in ŷ": _curvature("curvature-and-the-step-size-that-it-allows"),
    "Binary cross-entropy, in z": _curvature("curvature-and-the-step-size-that-it-allows")
    | {"needs probabilities": "derivation"},
    "Categorical cross-entropy, in z": _curvature("curvature-and-a-direction-without-any"),
    "Sparse cross-entropy, in z": _curvature("curvature-and-a-direction-without-any")
    | dict.fromkeys(["differentiable", "bounded gradient", "needs probabilities"], "sparse-cross-entropy"),
    "KL divergence, in q": _curvature("curvature") | {"strictly proper": "never-negative"},
    "Contrastive, in (a,b)": dict.fromkeys(["differentiable", "smooth"], "where-two-points-coincide")
    | {"convex": "curvature-and-what-it-does-to-gradient-descent"},
    "Triplet, in (a,p,n)": {"convex": "curvature"},
    "Triplet, squared, in (a,p,n)": {"convex": "curvature"},
}
