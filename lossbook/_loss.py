"""What all losses share: the four calls, the checks of their inputs, and blocks that keep large arrays in cache."""

from collections.abc import Iterator
from dataclasses import fields
from math import prod
from typing import Any, ClassVar

import numpy as np

from lossbook import _inputs, _numpy

# Elements of float64 a block, and twice as many of float32. The temporaries of one block then stay in the processor's
# cache; whole arrays of 1e7 elements would travel to memory and back for each operation.
BLOCK = 65536


class Loss:
    """A loss: a frozen record of its hyperparameters that can be called.

    Inputs are positional, in the order each class documents. They are arrays of one library that
    follows the Python array API (NumPy, PyTorch, JAX, Dask, ...), or lists and numbers, which become
    NumPy arrays. The dtype of the last input decides: float32 stays float32, integers and booleans become
    the library's default float. Nothing is broadcast.

    A *point* is what the loss gives one number for: an element, a row, a pair or a triplet.

    Raises
    ------
    TypeError
        For a wrong number of inputs, two array libraries in one call, or a dtype that is not
        boolean, integer, float32 or float64.
    ValueError
        For empty input, shapes that differ, and values outside the domain of the loss. The message names
        the argument, the rule and what was found. Values are not looked at while they are not there to be
        seen: in a Dask array, or under a JAX transformation.
    """

    inputs: ClassVar[tuple[str, ...]] = ("y", "y_hat")
    point_ndim: ClassVar[int] = 0  # trailing axes of the last input that make up one point
    by_column: ClassVar[bool] = True  # whether short rows are laid out with each of their columns in one piece

    def __post_init__(self) -> None:
        for field in fields(self):
            check = _inputs.flag if isinstance(field.default, bool) else _inputs.positive
            value = check(f"{type(self).__name__}: {field.name}", getattr(self, field.name))
            object.__setattr__(self, field.name, value)  # NumPy scalars become Python's own, also in the repr

    def __call__(self, *inputs: Any) -> Any:
        """Return the mean of the loss over all points, a scalar of the caller's array library."""
        xp, inputs, dtype = self._arrays(inputs)
        with np.errstate(all="ignore"):
            if xp is not _numpy:
                points = next(self._terms(xp, dtype, inputs))
                return xp.sum(points) / prod(points.shape)
            n, blocks = self._blocks(inputs)
            return dtype.type(sum(float(next(self._terms(_numpy, dtype, block)).sum()) for _, block in blocks) / n)

    def pointwise(self, *inputs: Any) -> Any:
        """Return the loss of each point, not averaged. Weights and masks start here."""
        xp, inputs, dtype = self._arrays(inputs)
        with np.errstate(all="ignore"):
            if xp is not _numpy:
                return next(self._terms(xp, dtype, inputs))
            n, blocks = self._blocks(inputs)
            points = np.empty(n, dtype)
            for rows, block in blocks:
                points[rows] = next(self._terms(_numpy, dtype, block))
        return points.reshape(self._points_shape(inputs))[()]

    def gradient(self, *inputs: Any) -> Any:
        """Return the gradient of the mean: it carries the factor 1/n, where n counts the points."""
        return self.value_and_gradient(*inputs)[1]

    def value_and_gradient(self, *inputs: Any) -> tuple[Any, Any]:
        """Return the mean and its gradient. They share their work, so the pair costs less than two calls."""
        xp, inputs, dtype = self._arrays(inputs)
        with np.errstate(all="ignore"):
            if xp is not _numpy:
                points, gradient = self._terms(xp, dtype, inputs)
                n = prod(points.shape)
                parts = tuple(part / n for part in gradient) if isinstance(gradient, tuple) else gradient / n
                return xp.sum(points) / n, parts
            n, blocks = self._blocks(inputs)
            total, whole = 0.0, []
            for rows, block in blocks:
                points, gradient = self._terms(_numpy, dtype, block)
                total += float(points.sum())
                parts = gradient if isinstance(gradient, tuple) else (gradient,)
                whole = whole or [np.empty((n, *part.shape[1:]), dtype) for part in parts]
                for target, part in zip(whole, parts, strict=True):
                    np.divide(part, n, out=target[rows])
        whole = [part.reshape(inputs[-1].shape)[()] for part in whole]
        return dtype.type(total / n), tuple(whole) if isinstance(gradient, tuple) else whole[0]

    # What a loss defines for itself ------------------------------------------------------------------------

    def expression(self) -> Any:
        """Return the textbook formula of one point as a :class:`sympy.Lambda`."""
        raise NotImplementedError

    def _value_then_gradient(self, xp: Any, *inputs: Any) -> Iterator[Any]:
        """Yield the loss of each point, then its gradient at each point. Pure: no means, no checks."""
        raise NotImplementedError

    def _check_values(self, xp: Any, *inputs: Any) -> None:
        """Refuse values outside the loss's domain. Most losses of real numbers have nothing to refuse."""

    def _check_shapes(self, shapes: list[tuple[int, ...]]) -> None:
        """Refuse shapes that do not belong together. Most losses want one shape for all inputs."""
        _inputs.same_shape(self, shapes)

    # The machinery -----------------------------------------------------------------------------------------

    def _arrays(self, inputs: tuple) -> tuple[Any, list, Any]:
        """Return the namespace, the inputs as its arrays, and the dtype to compute in."""
        if len(inputs) != len(self.inputs):
            raise TypeError(f"{self!r} takes {', '.join(self.inputs)}, found {len(inputs)} inputs")
        xp, arrays = _inputs.as_arrays(self, inputs)
        dtype = _inputs.compute_dtype(self, xp, arrays)
        shapes = [tuple(array.shape) for array in arrays]
        _inputs.complete(self, shapes)
        self._check_shapes(shapes)
        return xp, arrays, dtype

    def _points_shape(self, arrays: list) -> tuple[int, ...]:
        shape = arrays[-1].shape
        return shape[: len(shape) - self.point_ndim]

    def _terms(self, xp: Any, dtype: Any, arrays: list) -> Iterator[Any]:
        """Check one block, then run the loss's own code on it."""
        with _inputs.at_once(xp):
            arrays = self._cast(xp, dtype, arrays)
            self._check_values(xp, *arrays)
        return self._value_then_gradient(xp, *arrays)

    def _cast(self, xp: Any, dtype: Any, arrays: list) -> list:
        return [a if a.dtype == dtype else xp.astype(a, dtype) for a in arrays]

    def _blocks(self, arrays: list) -> tuple[int, Iterator[tuple[slice, list]]]:
        """Return the number of points of NumPy arrays, and runs of them of about BLOCK elements each."""
        shape, last = self._points_shape(arrays), arrays[-1]
        n = prod(shape)
        flat = [a.reshape(n, *a.shape[len(shape) :]) for a in arrays]
        step = max(1, 8 * BLOCK * n // last.nbytes)
        # Maxima of short rows, and products with a number a row, are several times faster by column.
        layout = np.asfortranarray if self.by_column and 1 < last.size // n < _numpy.SHORT else np.asarray
        runs = (slice(start, start + step) for start in range(0, n, step))
        return n, ((rows, [layout(a[rows]) for a in flat]) for rows in runs)
