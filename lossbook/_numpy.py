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


def _reduction(ufunc: np.ufunc) -> Callable:
    reduce = ufunc.reduce

    def reduction(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
        return reduce(x, axis, None, None, keepdims)

    return reduction


all, any = _reduction(np.logical_and), _reduction(np.logical_or)
max, min, sum = _reduction(np.maximum), _reduction(np.minimum), _reduction(np.add)


def astype(x: Any, dtype: Any) -> Any:
    """Return the array in another dtype, or itself if it has it."""
    return x.astype(dtype, copy=False)


def vecdot(a: Any, b: Any) -> Any:
    """Return the dot products of rows. BLAS takes them one by one, which pays for long ones only."""
    return np.vecdot(a, b) if a.strides[-1] == a.itemsize else sum(a * b, axis=-1)


def zeros_like(x: Any) -> Any:
    """Return zeros in the shape and dtype of an array, and in the order of memory that results have."""
    return np.zeros(x.shape, x.dtype)
