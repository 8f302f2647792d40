"""The checks of inputs and hyperparameters. A message names the argument, the rule and what was found."""

import math
import sys
from contextlib import nullcontext
from functools import cache
from numbers import Real
from typing import Any

import array_api_compat as compat
import numpy as np

from lossbook import _numpy

_NOTHING = nullcontext()


def positive(name: str, value: Any) -> float:
    """Return a hyperparameter as a float, refusing all but finite real numbers above zero."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a real number, found {value!r}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not 0 < number < math.inf:
        raise ValueError(f"{name} must be finite and > 0, found {value!r}")
    return number


def flag(name: str, value: Any) -> bool:
    """Return a hyperparameter that is either True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, found {value!r}")
    return bool(value)


# Arrays ----------------------------------------------------------------------------------------------------


def as_arrays(loss: Any, inputs: tuple) -> tuple[Any, list]:
    """Return the one array library of the inputs, and the inputs as its arrays."""
    if all(type(x) is np.ndarray for x in inputs):  # the common case, recognised before anything is looked up
        return _numpy, list(inputs)
    libraries = {_library(x) for x in inputs}
    if len(libraries) > 1:
        found = ", ".join(f"{name} {_kind(x)}" for name, x in zip(loss.inputs, inputs, strict=True))
        raise TypeError(f"{loss!r}: all inputs must come from one array library, found {found}")
    (xp,) = libraries
    if xp is not _numpy:
        return xp, list(inputs)
    return _numpy, [_array(f"{loss!r}: {name}", x) for name, x in zip(loss.inputs, inputs, strict=True)]


def _library(x: Any) -> Any:
    """Return the namespace of an array; lists, numbers and what NumPy can convert count as NumPy's."""
    if compat.is_numpy_array(x) or not compat.is_array_api_obj(x):
        return _numpy
    if compat.is_dask_array(x):
        from lossbook import _dask

        return _dask
    return compat.array_namespace(x)


def _kind(x: Any) -> str:
    return f"{type(x).__module__.split('.')[0]}.{type(x).__name__}"


def _array(name: str, x: Any) -> np.ndarray:
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array, and its mask would be lost; use pointwise on its data")
    try:
        return np.asarray(x)
    except ValueError as error:  # ragged lists
        raise ValueError(f"{name} must have a regular shape: {error}") from None


def compute_dtype(loss: Any, xp: Any, arrays: list) -> Any:
    """Return the dtype of the last input, or the default float where that is integer or boolean."""
    for name, array in zip(loss.inputs, arrays, strict=True):
        if not _is_real(xp, array.dtype):
            raise TypeError(
                f"{loss!r}: the dtype of {name} must be boolean, integer, float32 or float64, found {array.dtype}"
            )
    dtype = arrays[-1].dtype
    if is_integral(xp, dtype):
        return default_dtype(xp, "real floating")
    return dtype if xp is not _numpy or dtype.isnative else dtype.newbyteorder("=")


def default_dtype(xp: Any, kind: str) -> Any:
    """Return the dtype that a library gives to numbers of a kind when it is not told one."""
    if xp is _numpy:
        return np.dtype(int if kind == "integral" else float)
    return xp.__array_namespace_info__().default_dtypes()[kind]


@cache
def eps(xp: Any, dtype: Any) -> float:
    """Return the distance from 1 to the next larger number."""
    return float(xp.finfo(dtype).eps)


def is_integral(xp: Any, dtype: Any) -> bool:
    """Whether numbers of this dtype are integers or booleans."""
    return dtype.kind in "biu" if xp is _numpy else xp.isdtype(dtype, ("bool", "integral"))


def _is_real(xp: Any, dtype: Any) -> bool:
    if is_integral(xp, dtype):
        return True
    if xp is _numpy:  # by kind and size, so that arrays in the other byte order are welcome
        return dtype.kind == "f" and dtype.itemsize in (4, 8)
    return dtype in (xp.float32, xp.float64)


# Shapes ----------------------------------------------------------------------------------------------------


def complete(loss: Any, shapes: list) -> None:
    """Refuse empty arrays, Dask arrays whose lengths are unknown (NaN), and numbers where rows are wanted."""
    for name, shape in zip(loss.inputs, shapes, strict=True):
        size = math.prod(shape)
        if size == 0:
            raise ValueError(f"{loss!r}: {name} is empty, its shape is {shape}")
        if math.isnan(size):
            raise ValueError(f"{loss!r}: {name} has an unknown shape; call its compute_chunk_sizes() first")
    if len(shape) < loss.point_ndim:
        raise ValueError(f"{loss!r}: {name} must have the shape (..., C) of rows, found {shape}")


def same_shape(loss: Any, shapes: list) -> None:
    """Refuse shapes that differ."""
    if any(shape != shapes[-1] for shape in shapes):
        found = ", ".join(f"{name} {shape}" for name, shape in zip(loss.inputs, shapes, strict=True))
        raise ValueError(
            f"{loss!r}: {' and '.join(loss.inputs)} must have one shape, nothing is broadcast; found {found}"
        )


# Values ----------------------------------------------------------------------------------------------------


def seen(x: Any) -> bool:
    """Whether the values are there to be checked: not in a Dask graph, not under a JAX transformation."""
    if type(x) is np.ndarray:
        return True
    if compat.is_dask_array(x):
        return False
    return not (compat.is_jax_array(x) and isinstance(x, sys.modules["jax"].core.Tracer))


def at_once(xp: Any) -> Any:
    """Return a context in which JAX computes with known numbers even while it traces a function.

    The labels in ``jax.jit(lambda z: loss(labels, z))`` are such numbers, and can be checked.
    """
    if xp is _numpy or not compat.is_jax_namespace(xp):
        return _NOTHING
    return sys.modules["jax"].ensure_compile_time_eval()


def in_unit_interval(name: str, xp: Any, x: Any, hint: str = "") -> None:
    """Refuse numbers outside [0, 1]."""
    if seen(x):
        inside = (x >= 0) & (x <= 1)  # not so NaN, which compares false with everything
        if not xp.all(inside):
            raise ValueError(f"{name} must lie in [0, 1], found {float(x[~inside][0])!r}{hint}")


def rows_sum_to_one(name: str, xp: Any, x: Any, hint: str = "") -> None:
    """Refuse negative numbers, and rows that do not sum to one within the square root of the dtype's eps."""
    if not seen(x):
        return
    if not xp.min(x) >= 0 and xp.any(x < 0):  # the minimum may be NaN
        raise ValueError(f"{name} must not be negative, found {float(x[x < 0][0])!r}{hint}")
    off = abs(xp.sum(x, axis=-1) - 1)
    worst, allowed = xp.max(off), eps(xp, x.dtype) ** 0.5
    if worst > allowed and xp.all(xp.astype(xp.astype(x, xp.float32), x.dtype) == x):
        # These float64 numbers were float32 before, so that is how far rounding has moved their sums.
        allowed = eps(xp, xp.float32) ** 0.5
    if not worst <= allowed:  # NaN is refused, too
        found = xp.sum(x, axis=-1)[~(off <= allowed)][0]
        raise ValueError(f"{name} must hold rows that sum to one, found a sum of {float(found)!r}{hint}")


def labels(name: str, xp: Any, x: Any, allowed: Any, rule: str) -> None:
    """Refuse labels for which ``allowed``, an array of booleans, is False anywhere."""
    if seen(x) and not xp.all(allowed):
        raise ValueError(f"{name} must be labels {rule}, found {_first(x, ~allowed)!r}")


def _first(x: Any, where: Any) -> Any:
    return x[where][0].item() if hasattr(x, "item") else float(x[where][0])
