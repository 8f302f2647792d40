"""Categorical cross-entropy, with labels as rows of probabilities or as class numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from lossbook import _inputs
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
    y_hat : real array of the shape of ``y``
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

    def expression(self, size: int | None = None) -> Any:
        from sympy import Lambda, log

        y, y_hat, total = rows("y", "z" if self.from_logits else "yhat", size=size, real=True)
        p = _softmax(y_hat, size, total) if self.from_logits else y_hat.__getitem__
        return Lambda((y, y_hat), -total(lambda k: y[k] * log(p(k))))

    def _value_then_gradient(self, xp: Any, y: Any, y_hat: Any) -> Iterator[Any]:
        if self.from_logits:
            weight = xp.sum(y, axis=-1, keepdims=True)  # one up to rounding
            z, e, rest = _shifted(xp, y_hat, y)
            rest = rest + (weight - 1)
            yield xp.sum(y * (xp.log1p(rest) - z), axis=-1)
            yield e * (weight / (1 + rest)) - y  # ŷ_k Σy − y_k
        else:
            p = y_hat + xp.astype(y == 0, y_hat.dtype)  # a class without weight costs nothing: 0·log 0 is 0
            yield 0 - xp.sum(y * xp.log(p), axis=-1)  # not -xp.sum(...), which has a -0 at a perfect prediction
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

    def expression(self, size: int | None = None) -> Any:
        from sympy import KroneckerDelta, Lambda, Symbol, log

        label = Symbol("y", integer=True)
        y_hat, total = rows("z" if self.from_logits else "yhat", size=size, start=0, real=True)
        p = _softmax(y_hat, size, total) if self.from_logits else y_hat.__getitem__
        if size is None:
            return Lambda((label, y_hat), -log(p(label)))
        return Lambda((label, y_hat), -total(lambda k: KroneckerDelta(label, k) * log(p(k))))

    def _value_then_gradient(self, xp: Any, y: Any, y_hat: Any) -> Iterator[Any]:
        is_class = y[..., None] == xp.arange(y_hat.shape[-1], dtype=y.dtype)
        one_hot = xp.astype(is_class, y_hat.dtype)  # exists for one block of rows at a time
        if self.from_logits:
            z, e, rest = _shifted(xp, y_hat, one_hot)
            # not one_hot * z: classes ruled out by a logit of minus infinity would be 0 times infinity
            yield xp.log1p(rest[..., 0]) - xp.sum(xp.where(is_class, z, 0.0), axis=-1)
            yield e / (1 + rest) - one_hot
        else:
            yield 0 - xp.log(xp.sum(one_hot * y_hat, axis=-1))
            yield 0 - one_hot / (y_hat + (1 - one_hot))  # adding 1 for the other classes keeps 0/0 out

    def _cast(self, xp: Any, dtype: Any, arrays: list) -> list:
        y, y_hat = arrays
        if not xp.isdtype(y.dtype, ("bool", "integral")):
            raise TypeError(f"{self!r}: y must be integer class labels, found {y.dtype}")
        integer = _inputs.default_dtype(xp, "integral")  # wide enough for all classes
        return [xp.astype(y, integer), *super()._cast(xp, dtype, [y_hat])]

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


def _shifted(xp: Any, z: Any, y: Any) -> tuple[Any, Any, Any]:
    """Return z less its row's maximum, the exponentials of that, and by how much they exceed the labels in sum.

    Finite logits do not overflow here, as the largest exponential is 1. Where a prediction is right and sure, the
    label's 1 cancels it, and the sum keeps the digits of the others, however small.
    """
    z = z - xp.max(z, axis=-1, keepdims=True)
    e = xp.exp(z)
    return z, e, xp.sum(e - y, axis=-1, keepdims=True)


def _softmax(z: Any, size: int | None, total: Any) -> Any:
    """Return the k-th softmax probability, as a function of k, for a formula."""
    from sympy import Symbol, exp

    if size is not None:
        return lambda k: exp(z[k]) / total(lambda j: exp(z[j]))
    j, k = Symbol("j", integer=True), Symbol("k", integer=True)
    normaliser = total(lambda k: exp(z[k])).xreplace({k: j})
    return lambda k: exp(z[k]) / normaliser
