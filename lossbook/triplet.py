"""Triplet loss."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from lossbook._distance import euclidean
from lossbook._loss import Loss
from lossbook._symbols import rows


@dataclass(frozen=True)
class Triplet(Loss):
    r"""Triplet loss, :math:`\max(0, d(a, p) - d(a, n) + \alpha)` averaged over all triplets.

    The anchor shall be closer to the positive than to the negative, by the margin alpha at least. d is the
    Euclidean distance, or its square. Margins for the two are not comparable.

    Parameters
    ----------
    margin : float
        The margin alpha, in the unit of d. Finite and above 0.
    squared : bool
        Whether d is the squared distance, as in FaceNet.

    Inputs
    ------
    anchor, positive, negative : real arrays of one shape (..., D)
        Embeddings. A point is a triplet.

    Returns
    -------
    value
        In the unit of d; at least 0. If all embeddings coincide it is the margin.
    gradient
        A tuple, with respect to anchor, positive and negative. With u(x) the unit vector from x to the anchor,
        a triplet that costs something has :math:`(u(p) - u(n))/n`, :math:`-u(p)/n` and :math:`u(n)/n`; squared,
        :math:`2(n - p)/n`, :math:`-2(a - p)/n` and :math:`2(a - n)/n`, where the divisor counts the triplets.
        It is 0 where the loss is 0, at the kink, and for a distance between points that coincide.

    References
    ----------
    F. Schroff, D. Kalenichenko and J. Philbin, FaceNet: a unified embedding for face recognition and
    clustering, *CVPR* 2015, arXiv:1503.03832. K. Q. Weinberger and L. K. Saul, Distance metric learning for
    large margin nearest neighbor classification, *Journal of Machine Learning Research* 10:207-244, 2009.

    Examples
    --------
    >>> from lossbook import Triplet
    >>> loss = Triplet(margin=1.0)
    >>> anchor, positive, negative = [0.0, 0.0], [3.0, 4.0], [0.0, 5.5]
    >>> float(loss(anchor, positive, negative))
    0.5
    >>> loss.gradient(anchor, positive, negative)[1]
    array([0.6, 0.8])
    >>> float(loss(anchor, positive, [0.0, 7.0]))
    0.0
    >>> float(Triplet(squared=True)(anchor, positive, positive))
    1.0
    >>> loss.expression()
    Lambda((d(a, p), d(a, n)), Max(0, -d(a, n) + d(a, p) + 1))
    """

    inputs: ClassVar[tuple[str, ...]] = ("anchor", "positive", "negative")
    point_ndim: ClassVar[int] = 1

    margin: float = 1.0
    squared: bool = False

    def expression(self, size: int | None = None, margin: Any = None) -> Any:
        from sympy import Lambda, Max, Rational, Symbol, sqrt

        margin = Rational(str(self.margin)) if margin is None else margin
        power = 2 if self.squared else 1
        if size is None:
            near, far = Symbol("d(a, p)", nonnegative=True), Symbol("d(a, n)", nonnegative=True)
            return Lambda((near, far), Max(0, near**power - far**power + margin))
        a, p, n, total = rows("a", "p", "n", size=size, real=True)
        near, far = (total(lambda k, x=x: (a[k] - x[k]) ** 2) for x in (p, n))
        if not self.squared:
            near, far = sqrt(near), sqrt(far)
        return Lambda((a, p, n), Max(0, near - far + margin))

    def _value_then_gradient(self, xp: Any, anchor: Any, positive: Any, negative: Any) -> Iterator[Any]:
        to_positive, near, *plain_near = euclidean(xp, anchor, positive)
        to_negative, far, *plain_far = euclidean(xp, anchor, negative)
        if self.squared:
            to_positive, to_negative = 2 * to_positive, 2 * to_negative
        else:
            near, divisor = plain_near
            to_positive = to_positive / divisor[..., None]
            far, divisor = plain_far
            to_negative = to_negative / divisor[..., None]
        excess = near - far + self.margin
        active = xp.maximum(xp.sign(excess), 0.0)  # 1 where the triplet costs something, 0 elsewhere
        # 0 first: where it costs nothing, active times a negative number is -0
        yield 0 + active * excess
        active = active[..., None]
        to_positive, to_negative = 0 + active * to_positive, 0 + active * to_negative
        yield to_positive - to_negative, 0 - to_positive, to_negative
