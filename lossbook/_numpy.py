"""NumPy's namespace as the losses use it, with reductions that go straight to the ufuncs.

``np.sum``, ``np.max`` and their like are Python functions around them, which for a hundred numbers take longer than
the sum itself.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import clip, exp, expm1, finfo, float32, log, log1p, maximum, sign, sqrt

__all__ = [
    "all",
    "any",
    "astype",
    "clip",
    "exp",
    "expm1",
    "finfo",
    "float32",
    "log",
    "log1p",
    "max",
    "maximum",
    "min",
    "sign",
    "sqrt",
    "sum",
    "vecdot",
    "zeros_like",
]

SHORT = 32  # numbers in a row


def _reduction(ufunc: np.ufunc) -> Callable:
    reduce = ufunc.reduce

    def reduction(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
        return reduce(x, axis, None, None, keepdims)

    return reduction


all, any = _reduction(np.logical_and), _reduction(np.logical_or)
max, min, _sum = _reduction(np.maximum), _reduction(np.minimum), _reduction(np.add)


def _short(rows: Any) -> bool:
    """Whether each row is in one piece, and too short for that to be of use: a loop of its own takes longer."""
    return rows.ndim == 2 and rows.shape[1] < SHORT and rows.flags.c_contiguous


def sum(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Return sums; those of short rows as a product with ones, which BLAS takes in one go."""
    if axis == -1 and not keepdims and _short(x):
        return x @ np.ones(x.shape[1], x.dtype)
    return _sum(x, axis, keepdims)


def astype(x: Any, dtype: Any) -> Any:
    """Return the array in another dtype, or itself if it has it."""
    return x.astype(dtype, copy=False)


def vecdot(a: Any, b: Any) -> Any:
    """Return the dot products of rows. BLAS takes them one by one, which pays for long ones in one piece only."""
    return np.vecdot(a, b) if a.strides[-1] == a.itemsize and not _short(a) else sum(a * b, axis=-1)


def zeros_like(x: Any) -> Any:
    """Return zeros in the shape and dtype of an array, and in the order of memory that results have."""
    return np.zeros(x.shape, x.dtype)
