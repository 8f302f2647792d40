"""Categorical cross-entropy, with labels as rows of probabilities or as class numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lossbook import _inputs, _numpy
from lossbook._loss import Loss
from lossbook._symbols import rows


@dataclass(frozen=True)
class CategoricalCrossEntropy(Loss):
    r"""Categorical cross-entropy, :math:`-\sum_k y_k \log \hat{y}_k` averaged over all rows.

    From logits z it is the same with :math:`\hat{y} = \operatorname{softmax}(z)`. Its gradient with respect
    to the logits is then :math:`\hat{y} - y`.

    Parameters
    ----------
    from_logits : bool
        Whether ``y_hat`` holds logits (any finite real numbers) in place of probabilities.

    Inputs
    ------
    y : array of shape (..., C), rows that sum to one
        One-hot labels, or a probability for each class.
    y_hat : real array of the shape of y
        Rows of probabilities that sum to one, or logits. A point is a row.

    Returns
    -------
    value
        In nats; at least 0. For soft labels the minimum is the entropy of y, not 0.
        A prediction of 0 for a class that y gives weight to costs ``inf``.
    gradient
        With respect to ``y_hat`` and of its shape: :math:`-y_k/(\hat{y}_k n)` for probabilities, where 0/0
        counts as 0; :math:`(\hat{y}_k - y_k)/n` for logits, n being the number of rows.

    References
    ----------
    J. S. Bridle, Probabilistic interpretation of feedforward classification network outputs, *Neurocomputing*,
    NATO ASI Series F68:227-236, 1990, doi:10.1007/978-3-642-76153-9_28. P. Blanchard, D. J. Higham and
    N. J. Higham, Accurately computing the log-sum-exp and softmax functions, *IMA Journal of Numerical
    Analysis* 41(4):2311-2330, 2021, doi:10.1093/imanum/draa038.

    Examples
    --------
    >>> from lossbook import CategoricalCrossEntropy
    >>> loss = CategoricalCrossEntropy(from_logits=True)
    >>> round(float(loss([0, 1, 0], [0.0, 0.0, 0.0])), 4)
    1.0986
    >>> loss.gradient([0.0, 1.0], [5.0, 5.0])
    array([ 0.5, -0.5])
    >>> CategoricalCrossEntropy().expression(size=2)
    Lambda(((y_1, y_2), (yhat_1, yhat_2)), -y_1*log(yhat_1) - y_2*log(yhat_2))
    """

    inputs: ClassVar[tuple[str, ...]] = ("y", "y_hat")
    point_ndim: ClassVar[int] = 1

    from_logits: bool = False

    by_column = property(lambda self: self.from_logits)  # of probabilities, only sums are taken

    def expression(self, size: int | None = None) -> Any:
        from sympy import Lambda, log

        y, y_hat, total = rows("y", "z" if self.from_logits else "yhat", size=size, real=True)
        p = _softmax(y_hat, total) if self.from_logits else y_hat.__getitem__
        return Lambda((y, y_hat), -total(lambda k: y[k] * log(p(k))))

    def _value_then_gradient(self, xp: Any, y: Any, y_hat: Any) -> Iterator[Any]:
        if self.from_logits:
            weight = xp.sum(y, axis=-1, keepdims=True)  # one up to rounding
            z = y_hat - xp.max(y_hat, axis=-1, keepdims=True)  # the largest exponential is then 1: none overflows
            e = xp.exp(z)
            # Less 1, the sum of e keeps its digits where a prediction is right and sure, as y cancels the 1 in it.
            rest = xp.sum(e - y, axis=-1, keepdims=True) + (weight - 1)
            yield (weight * xp.log1p(rest))[..., 0] - xp.vecdot(y, z)
            yield e * (weight / (1 + rest)) - y  # ŷ_k Σy − y_k
        else:
            p = y_hat + xp.astype(y == 0, y_hat.dtype)  # a class without weight costs nothing: 0·log 0 is 0
            yield 0 - xp.vecdot(y, xp.log(p))  # not -xp.vecdot(...), which has a -0 at a perfect prediction
            yield 0 - y / p

    def _check_shapes(self, shapes: list[tuple[int, ...]]) -> None:
        if len(shapes[0]) == len(shapes[1]) - 1:
            raise ValueError(
                f"{self!r}: y has the shape {shapes[0]} of class numbers and y_hat {shapes[1]}; "
                "use SparseCategoricalCrossEntropy, or give y one row a label"
            )
        super()._check_shapes(shapes)

    def _check_values(self, xp: Any, y: Any, y_hat: Any) -> None:
        _inputs.rows_sum_to_one(f"{self!r}: the labels y", xp, y)
        _check_predictions(self, xp, y_hat)


@dataclass(frozen=True)
class SparseCategoricalCrossEntropy(Loss):
    r"""Categorical cross-entropy with class numbers for labels, :math:`-\log \hat{y}_y` averaged over all rows.

    The same number as :class:`CategoricalCrossEntropy` gives for the one-hot rows, without storing them.

    Parameters
    ----------
    from_logits : bool
        Whether ``y_hat`` holds logits (any real numbers) in place of probabilities.

    Inputs
    ------
    y : array of integers, shape (...)
        The number of the right class, from 0 to C - 1.
    y_hat : real array of shape (..., C)
        Rows of probabilities that sum to one, or logits. A point is a row. A logit of minus infinity rules
        a class out.

    Returns
    -------
    value
        In nats; at least 0. A prediction of 0 for the right class costs ``inf``.
    gradient
        With respect to ``y_hat`` and of its shape: for probabilities :math:`-1/(\hat{y}_y n)` at the right
        class and 0 elsewhere; for logits :math:`\hat{y}_k/n`, less 1/n at the right class.

    References
    ----------
    As for :class:`CategoricalCrossEntropy`.

    Examples
    --------
    >>> from lossbook import SparseCategoricalCrossEntropy
    >>> loss = SparseCategoricalCrossEntropy()
    >>> round(float(loss([2, 0], [[0.1, 0.1, 0.8], [0.5, 0.25, 0.25]])), 4)
    0.4581
    >>> SparseCategoricalCrossEntropy(from_logits=True).gradient(1, [5.0, 5.0])
    array([ 0.5, -0.5])
    >>> loss.expression(size=2)
    Lambda((y, (yhat_0, yhat_1)), -log(yhat_0)*KroneckerDelta(0, y) - log(yhat_1)*KroneckerDelta(1, y))
    """

    inputs: ClassVar[tuple[str, ...]] = ("y", "y_hat")
    point_ndim: ClassVar[int] = 1

    from_logits: bool = False

    by_column = property(lambda self: self.from_logits)  # of probabilities, only sums are taken

    def expression(self, size: int | None = None) -> Any:
        from sympy import KroneckerDelta, Lambda, Symbol, log

        label = Symbol("y", integer=True)
        y_hat, total = rows("z" if self.from_logits else "yhat", size=size, start=0, real=True)
        p = _softmax(y_hat, total) if self.from_logits else y_hat.__getitem__
        if size is None:
            return Lambda((label, y_hat), -log(p(label)))
        return Lambda((label, y_hat), -total(lambda k: KroneckerDelta(label, k) * log(p(k))))

    def _value_then_gradient(self, xp: Any, y: Any, y_hat: Any) -> Iterator[Any]:
        if self.from_logits:
            z = y_hat - xp.max(y_hat, axis=-1, keepdims=True)
            of_label = _entry(xp, z, y)
            # Less 1, the sum of a sure and right prediction keeps its digits.
            e = _replaced(xp, xp.exp(z), y, xp.expm1(of_label))
            rest = xp.sum(e, axis=-1)
            yield xp.log1p(rest) - of_label
            minus_rest = _replaced(xp, e, y, xp.expm1(of_label) - rest)
            yield minus_rest / (1 + rest)[..., None]
        else:
            p = _entry(xp, y_hat, y)
            yield 0 - xp.log(p)
            yield _replaced(xp, xp.zeros_like(y_hat), y, -1 / p)

    def _cast(self, xp: Any, dtype: Any, arrays: list) -> list:
        y, y_hat = arrays
        if not _inputs.is_integral(xp, y.dtype):
            raise TypeError(f"{self!r}: y must be integer class labels, found {y.dtype}")
        integer = _inputs.default_dtype(xp, "integral")  # wide enough for all classes
        return super()._cast(xp, integer, [y]) + super()._cast(xp, dtype, [y_hat])

    def _check_shapes(self, shapes: list[tuple[int, ...]]) -> None:
        if shapes[0] != shapes[1][:-1]:
            hint = "; for one-hot rows use CategoricalCrossEntropy" if shapes[0] == shapes[1] else ""
            raise ValueError(
                f"{self!r}: y must have the shape of y_hat without its last axis, {shapes[1][:-1]}, "
                f"found {shapes[0]}{hint}"
            )

    def _check_values(self, xp: Any, y: Any, y_hat: Any) -> None:
        count = y_hat.shape[-1]
        _inputs.labels(f"{self!r}: y", xp, y, (y >= 0) & (y < count), f"from 0 to {count - 1}")
        _check_predictions(self, xp, y_hat)


def _check_predictions(loss: Loss, xp: Any, y_hat: Any) -> None:
    if not loss.from_logits:
        _inputs.rows_sum_to_one(f"{loss!r}: the probabilities y_hat", xp, y_hat, "; for logits use from_logits=True")


def _entry(xp: Any, rows: Any, y: Any) -> Any:
    """Return entry y of each row."""
    if xp is _numpy:
        return rows[np.arange(len(y)), y]
    return xp.sum(xp.where(_is_class(xp, rows, y), rows, xp.zeros_like(rows)), axis=-1)


def _replaced(xp: Any, rows: Any, y: Any, numbers: Any) -> Any:
    """Return rows with other numbers for entry y of each. In NumPy they are written into the rows given."""
    if xp is _numpy:
        rows[np.arange(len(y)), y] = numbers
        return rows
    return xp.where(_is_class(xp, rows, y), numbers[..., None], rows)


def _is_class(xp: Any, rows: Any, y: Any) -> Any:
    """Return where the class is y. Not every library looks entries up by number; all can compare."""
    return y[..., None] == xp.arange(rows.shape[-1])


def _softmax(z: Any, total: Any) -> Any:
    """Return the k-th softmax probability, as a function of k, for a formula."""
    from sympy import Symbol, exp

    j, k = Symbol("j", integer=True), Symbol("k", integer=True)
    normaliser = total(lambda k: exp(z[k])).xreplace({k: j})  # a sum has an index of its own
    return lambda k: exp(z[k]) / normaliser
