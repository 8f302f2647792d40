"""Contrastive loss."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from lossbook import _inputs
from lossbook._distance import euclidean
from lossbook._loss import Loss
from lossbook._symbols import rows


@dataclass(frozen=True)
class Contrastive(Loss):
    r"""Contrastive loss, :math:`(1 - y) D^2/2 + y \max(0, m - D)^2/2` averaged over all pairs.

    D is the Euclidean distance of the embeddings a and b, m the margin. Similar pairs, y = 0, are pulled
    together; dissimilar pairs, y = 1, are pushed apart until they are m away from each other.

    Parameters
    ----------
    margin : float
        The distance beyond which dissimilar pairs cost nothing, in the unit of the embeddings.
        Finite and above 0.

    Inputs
    ------
    y : array of labels 0 (similar) and 1 (dissimilar), shape (...)
        Many libraries label pairs the other way round.
    a, b : real arrays of one shape (..., D)
        Embeddings. A point is a pair.

    Returns
    -------
    value
        In the squared unit of the embeddings; at least 0.
    gradient
        A tuple, with respect to ``a`` and to ``b``. For a pair, :math:`(a - b)/n` if similar and
        :math:`-\max(0, m - D)(a - b)/(Dn)` if dissimilar, for ``a``; the opposite for ``b``. Where a and b
        coincide the distance has no direction, and the gradient is 0.

    References
    ----------
    R. Hadsell, S. Chopra and Y. LeCun, Dimensionality reduction by learning an invariant mapping, *CVPR*
    2006, pages 1735-1742, equation 4, doi:10.1109/CVPR.2006.100.

    Examples
    --------
    >>> from lossbook import Contrastive
    >>> loss = Contrastive(margin=10.0)
    >>> a, b = [[0.0, 0.0], [0.0, 0.0]], [[3.0, 4.0], [3.0, 4.0]]
    >>> loss.pointwise([0, 1], a, b)
    array([12.5, 12.5])
    >>> loss.gradient([0, 1], a, b)[0]
    array([[-1.5, -2. ],
           [ 1.5,  2. ]])
    >>> loss.expression()
    Lambda((y, D), D**2*(1 - y)/2 + y*Max(0, 10 - D)**2/2)
    """

    inputs: ClassVar[tuple[str, ...]] = ("y", "a", "b")
    point_ndim: ClassVar[int] = 1

    margin: float = 1.0

    def expression(self, size: int | None = None, margin: Any = None) -> Any:
        from sympy import Lambda, Max, Rational, Symbol, sqrt

        y = Symbol("y", real=True)
        margin = Rational(str(self.margin)) if margin is None else margin

        def pair(distance: Any) -> Any:
            return (1 - y) * distance**2 / 2 + y * Max(0, margin - distance) ** 2 / 2

        if size is None:
            distance = Symbol("D", nonnegative=True)
            return Lambda((y, distance), pair(distance))
        a, b, total = rows("a", "b", size=size, real=True)
        return Lambda((y, a, b), pair(sqrt(total(lambda k: (a[k] - b[k]) ** 2))))

    def _value_then_gradient(self, xp: Any, y: Any, a: Any, b: Any) -> Iterator[Any]:
        difference, square, distance, divisor = euclidean(xp, a, b)
        gap = xp.maximum(self.margin - distance, 0.0)  # by how much the distance falls short of the margin
        yield ((1 - y) * square + y * gap * gap) / 2
        gradient = ((1 - y) - y * gap / divisor)[..., None] * difference
        yield gradient, -gradient

    def _check_shapes(self, shapes: list[tuple[int, ...]]) -> None:
        y, a, b = shapes
        if a != b or y != a[:-1]:
            raise ValueError(
                f"{self!r}: a and b must have one shape (..., D) and y the shape (...), found y {y}, a {a}, b {b}"
            )

    def _check_values(self, xp: Any, y: Any, a: Any, b: Any) -> None:
        rule = "0 (similar) or 1 (dissimilar)"
        _inputs.labels(f"{self!r}: y", xp, y, (y == 0) | (y == 1), rule)
