"""How exact value and gradient are: against the textbook formula in arithmetic of hundreds of digits.

The formula is a loss's ``expression``, its gradient SymPy's derivative of that. Both are evaluated at exactly the
binary numbers that a library was given, so the whole difference is the library's. It is counted in units of ε times
the largest term that the formula adds up, on the page called ulp; for a gradient, the largest term of all components.
That is one measure for all libraries: it forgives a loss of digits that the textbook's formula has already, as in the
divergence of two nearly equal distributions, and none that a library adds.

>>> import numpy as np
>>> from lossbook import BinaryCrossEntropy
>>> loss, y, p = BinaryCrossEntropy(), np.array([0.0]), np.array([1e-20])
>>> max(worst(reference(loss, (y, p)), loss.pointwise(y, p), loss.gradient(y, p))) < 1
True
>>> worst(reference(loss, (y, p)), -np.log(1 - p))[0]  # all 52 binary digits are wrong
4503599627370496.0
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain, product
from math import inf, isfinite, log10
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
from lossbook.grid import Grid

__all__ = [
    "CASES",
    "CAUSES",
    "FAR",
    "cause",
    "exact",
    "inputs",
    "record",
    "reference",
    "table",
    "ulps",
    "variables",
    "worst",
]

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
POINTS = 64  # a power of two: taking the factor 1/n out of a gradient is then exact
DIGITS = 350  # 1 + 1e-300 needs 300 of them, and some are to be left

CASES = {
    "MSE": MSE(),
    "MAE": MAE(),
    "Huber": Huber(),
    "Binary cross-entropy": BinaryCrossEntropy(),
    "Binary cross-entropy, logits": BinaryCrossEntropy(from_logits=True),
    "Categorical cross-entropy": CategoricalCrossEntropy(),
    "Categorical cross-entropy, logits": CategoricalCrossEntropy(from_logits=True),
    "Sparse cross-entropy": SparseCategoricalCrossEntropy(),
    "Sparse cross-entropy, logits": SparseCategoricalCrossEntropy(from_logits=True),
    "KL divergence": KLDivergence(),
    "Hinge": Hinge(),
    "Contrastive": Contrastive(),
    "Triplet": Triplet(),
    "Triplet, squared": Triplet(squared=True),
}

# Why a library is far off on a loss: a clamp (a), a small number added (b), a sum that swallows small terms (c), means
# in 32 bits (d). The page explains them.
CAUSES = {
    ("PyTorch", "Binary cross-entropy"): "a",
    ("Keras", "Binary cross-entropy"): "acd",
    ("Keras", "Categorical cross-entropy"): "a",
    ("Keras", "Sparse cross-entropy"): "a",
    ("Keras", "KL divergence"): "a",
    ("scikit-learn", "Binary cross-entropy"): "ac",
    ("scikit-learn", "Categorical cross-entropy"): "a",
    ("scikit-learn", "Sparse cross-entropy"): "a",
    ("PyTorch", "Triplet"): "b",
    ("JAX", "Triplet"): "b",
    ("JAX", "Huber"): "c",
    ("PyTorch", "Binary cross-entropy, logits"): "c",
    ("scikit-learn", "Sparse cross-entropy, logits"): "c",
    **{(library, "Categorical cross-entropy, logits"): "c" for library in ("PyTorch", "JAX", "Keras")},
    **{(library, "Sparse cross-entropy, logits"): "c" for library in ("PyTorch", "JAX", "Keras")},
    **{("Keras", name): "d" for name in ("MSE", "MAE", "Huber", "Binary cross-entropy, logits", "Hinge")},
}
FAR = 100  # from here on an error has a cause


# The exact result ------------------------------------------------------------------------------------------


def variables(loss: Any) -> tuple[str, ...]:
    """Return the names of the inputs that the gradient is with respect to."""
    return {Contrastive: ("a", "b"), Triplet: ("anchor", "positive", "negative")}.get(type(loss), loss.inputs[-1:])


@cache
def exact(loss: Any) -> tuple[Any, list]:
    """Return functions of all numbers of a point: value and terms of the formula, and those of each derivative."""
    import sympy

    formula = loss.expression(size=3) if loss.point_ndim else loss.expression()
    symbols = [list(s) if isinstance(s, sympy.Tuple) else [s] for s in formula.signature]
    differentiated = [s for name in variables(loss) for s in symbols[loss.inputs.index(name)]]
    expression = sympy.expand_log(formula.expr, force=True)  # log of a softmax is a difference
    # SymPy writes derivatives of max(0, x) with a step function. No point here is on the step.
    extra = {"Heaviside": lambda x, _=0: x > 0, "KroneckerDelta": lambda i, j: i == j}

    def terms(whole: Any) -> Any:
        parts = sympy.Add.make_args(sympy.expand(whole, multinomial=False))  # (y - y_hat)**2 stays as it is
        parts += tuple(x for m in whole.atoms(sympy.Max) for arg in m.args for x in sympy.Add.make_args(arg))
        return sympy.lambdify([*chain(*symbols)], (whole, *parts), modules=[extra, "mpmath"], cse=True)

    return terms(expression), [terms(sympy.diff(expression, s)) for s in differentiated]


@dataclass(frozen=True)
class Exact:
    """What is right at one point, in 350 digits: the value and the gradient, each with its largest term."""

    value: Any
    largest: Any
    gradient: list
    largest_of_gradient: Any


def reference(loss: Any, arrays: tuple) -> tuple[Any, list[Exact]]:
    """Return the dtype, and what is right at each of several points. Rows and embeddings have three numbers."""
    import mpmath

    value, derivatives = exact(loss)
    points = []
    with mpmath.workdps(DIGITS):
        for i in range(len(arrays[-1])):
            numbers = [mpmath.mpf(float(number)) for x in arrays for number in np.ravel(x[i])]
            whole, *terms = value(*numbers)
            parts = [derivative(*numbers) for derivative in derivatives]
            largest = (max(map(abs, each)) for each in (terms, [term for _, *more in parts for term in more]))
            points.append(Exact(whole, next(largest), [part for part, *_ in parts], next(largest)))
    return arrays[-1].dtype, points


def worst(right: tuple[Any, list[Exact]], values: Any, gradients: Any = None) -> tuple[float, float | None]:
    """Return the largest error of the values and of the gradients that a library found.

    Parameters
    ----------
    right : what ``reference`` returns
    values : array
        The loss of each point.
    gradients : array or tuple of arrays
        The gradient of the sum of the losses; None where there is none.
    """
    dtype, points = right
    of_values = max(ulps(found, p.value, p.largest, dtype) for found, p in zip(values, points, strict=True))
    if gradients is None:
        return of_values, None
    parts = gradients if isinstance(gradients, tuple) else (gradients,)
    rows = np.concatenate([np.reshape(part, (len(points), -1)) for part in parts], axis=1)
    return of_values, max(
        ulps(found, part, p.largest_of_gradient, dtype)
        for row, p in zip(rows, points, strict=True)
        for found, part in zip(row, p.gradient, strict=True)
    )


def ulps(found: Any, right: Any, largest: Any, dtype: Any) -> float:
    """Return the error of a number, in units of ε times the largest term."""
    import mpmath

    limits = np.finfo(dtype)
    if not isfinite(found):
        return 0.0 if abs(right) > float(limits.max) and found * right > 0 else inf
    with mpmath.workdps(DIGITS):
        largest = max(largest, float(limits.tiny))  # smaller numbers have fewer digits
        return float(abs(mpmath.mpf(float(found)) - right) / (largest * float(limits.eps)))


# The inputs ------------------------------------------------------------------------------------------------


def inputs(loss: Any, kind: str, dtype: Any = np.float64) -> tuple:
    """Return points to try a loss at: "ordinary" ones at random, or "extreme" ones."""
    made = (_ordinary if kind == "ordinary" else _extreme)(loss, np.dtype(dtype))
    # Always the same number, so that JAX compiles a loss once: the first points come again.
    return tuple(
        np.resize(x, (POINTS, *np.shape(x)[1:])).astype(x.dtype if x.dtype.kind == "i" else dtype) for x in made
    )


def _ordinary(loss: Any, dtype: Any) -> tuple:
    n, rng = POINTS, np.random.default_rng(0)
    label, logits = rng.integers(0, 2, n), rng.normal(scale=3, size=(n, 3))
    if isinstance(loss, (Contrastive, Triplet)):
        embeddings = rng.normal(size=(3, n, 3))
        return (label, *embeddings[:2]) if isinstance(loss, Contrastive) else tuple(embeddings)
    if isinstance(loss, Hinge):
        return 2.0 * label - 1, logits[:, 0]
    if isinstance(loss, BinaryCrossEntropy):
        return label * 1.0, logits[:, 0] if loss.from_logits else _softmax(logits[:, :2])[:, 0]
    if not loss.point_ndim:
        return logits[:, 0], logits[:, 1]
    y_hat = logits if getattr(loss, "from_logits", False) else _softmax(logits)
    if isinstance(loss, KLDivergence):
        return _softmax(rng.normal(scale=3, size=(n, 3))), y_hat
    classes = rng.integers(0, 3, n)
    return classes if isinstance(loss, SparseCategoricalCrossEntropy) else np.eye(3)[classes], y_hat


def _extreme(loss: Any, dtype: Any) -> tuple:
    """Return combinations of large and small numbers whose squares the dtype can hold."""
    far, near, tiny = (1e150, 1e-150, 1e-300) if dtype.itemsize == 8 else (1e18, 1e-18, 1e-35)
    eps = float(np.finfo(dtype).eps)
    reals = [sign * size for size in (near, 1e-8, 0.5, far) for sign in (1, -1)]
    chances = [tiny, 1e-20, 1e-8, 0.5, 1 - 1e-3, 1 - eps / 2]
    rows = [
        np.roll(row, k) for row in ([tiny, eps, 1 - eps], [1e-8, 0.5, 0.5], [1e-3, 1e-20, 1 - 1e-3]) for k in range(3)
    ]
    logits = [row for row in product([-1e4, -40.0, 0.0], repeat=3) if 0 in row]
    logits += [(3.0, -37.0, -37.0), (1e4, -1e4, 1e4 - 40)]  # away from 0
    if isinstance(loss, (Contrastive, Triplet)):
        origin = np.zeros(3)
        ways = [size * np.array([0.6, 0.0, 0.8]) for size in (near, 1e-8, 0.25, 3.0, 1e8, far)]
        corner = np.array([0.3, -0.7, 0.2])  # here no coordinate is 0
        steps = [size * np.array([0.5, 0.1, -0.8]) for size in (1e-4, 0.3, 3.0, 1e8)]
        if isinstance(loss, Contrastive):
            pairs = [(origin, way) for way in ways] + [(corner, corner + step) for step in steps]
            return _columns((y, a, b) for y, (a, b) in product([0, 1], pairs))
        triplets = [(origin, p, -n) for p, n in product(ways, ways)]
        return _columns(triplets + [(corner, corner + p, corner - n / 2) for p, n in product(steps, steps)])
    if isinstance(loss, Hinge):
        return _columns(product([-1.0, 1.0], reals))
    if isinstance(loss, BinaryCrossEntropy):
        sizes = (1e-8, 1.0, 20.0, 40.0, 85.0, 1e4, far)
        return _columns(product([0.0, 1.0], [s * z for z in sizes for s in (1, -1)] if loss.from_logits else chances))
    if not loss.point_ndim:
        return _columns((y, y_hat) for y, y_hat in product(reals, reals) if y != y_hat)
    if isinstance(loss, KLDivergence):
        return _columns(product(rows[1:], rows[1:]))
    labels = range(3) if isinstance(loss, SparseCategoricalCrossEntropy) else np.eye(3)
    return _columns(product(labels, logits if loss.from_logits else rows))


def _softmax(z: Any) -> np.ndarray:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _columns(points: Any) -> tuple:
    return tuple(map(np.array, zip(*points, strict=True)))


# What was measured -----------------------------------------------------------------------------------------


@cache
def record() -> dict[str, Any]:
    """Return what ``book/_tools/accuracy.py`` measured: versions, and errors by library, kind of input and dtype."""
    return json.loads(files("lossbook").joinpath("accuracy.json").read_text(encoding="utf-8"))


def cause(library: str, name: str, kind: str, dtype: str) -> str:
    """Return the letters of what makes a library's error on a loss large.

    >>> cause("Keras", "Binary cross-entropy", "ordinary", "float64")
    'cd'
    """
    letters = CAUSES.get((library, name), "")
    impossible = {"ordinary": "a", "float32": "d"}  # nothing to clamp; 32 bits in any case
    return "".join(letter for letter in letters if letter not in impossible.get(kind, "") + impossible.get(dtype, ""))


def table(kind: str, dtype: str = "float64") -> Grid:
    """Return the worst error of each library on each loss, for "ordinary" or "extreme" inputs: value; gradient.

    >>> print(str(table("extreme")).splitlines()[0])
    loss | lossbook | PyTorch | JAX | Keras | scikit-learn
    """
    found = {library: errors[kind][dtype] for library, errors in record()["errors"].items()}

    def cell(library: str, name: str) -> str:
        errors = [float(error) for error in found[library].get(name, []) if error is not None]
        why = "\N{NO-BREAK SPACE}" + cause(library, name, kind, dtype)
        return "; ".join(_short(error, dtype) + why * (error >= FAR) for error in errors) or "–"

    return Grid(["loss", *found], [[name, *(cell(library, name) for library in found)] for name in CASES])


def _short(error: float, dtype: str) -> str:
    """Return an error, from a hundred on as a power of ten, and a cross for more than a tenth of the largest term."""
    if error > 0.1 / float(np.finfo(dtype).eps):
        return "✗"
    return f"{error:.1f}" if error < FAR else f"10{str(round(log10(error))).translate(SUPERSCRIPT)}"
