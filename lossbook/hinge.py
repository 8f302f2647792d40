"""Hinge loss."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lossbook import _inputs
from lossbook._loss import Loss


@dataclass(frozen=True)
class Hinge(Loss):
    r"""Hinge loss, :math:`\max(0, 1 - y\hat{y})` averaged over all elements.

    The loss of support vector machines: 0 once the score is on the right side by a margin of 1.

    Inputs
    ------
    y : array of labels -1 and +1
        Labels 0 and 1 are refused: a label of 0 would silently cost 1, whatever the score.
    y_hat : real array of the shape of y
        Scores, not probabilities. A point is an element.

    Returns
    -------
    value
        A number without unit; at least 0, and 0 where every margin :math:`y\hat{y}` is at least 1.
    gradient
        :math:`-y_i/n` where the margin is below 1, else 0; with respect to ``y_hat`` and of its shape.
        At the kink, a margin of exactly 1, it is 0.

    References
    ----------
    C. Cortes and V. Vapnik, Support-vector networks, *Machine Learning* 20:273-297, 1995,
    doi:10.1007/BF00994018.

    Examples
    --------
    >>> from lossbook import Hinge
    >>> loss = Hinge()
    >>> float(loss([1, -1, 1], [2.0, 0.5, 0.25]))
    0.75
    >>> loss.gradient([1, -1, 1, -1], [2.0, 0.5, 0.4, -1.0])
    array([ 0.  ,  0.25, -0.25,  0.  ])
    >>> loss.expression()
    Lambda((y, yhat), Max(0, -y*yhat + 1))
    """

    def expression(self) -> Any:
        from sympy import Lambda, Max, symbols

        y, y_hat = symbols("y yhat", real=True)
        return Lambda((y, y_hat), Max(0, 1 - y * y_hat))

    def _value_then_gradient(self, xp: Any, y: Any, y_hat: Any) -> Iterator[Any]:
        gap = 1 - y * y_hat  # by how much the margin falls short of 1
        short = xp.clip(xp.sign(gap), 0.0, 1.0)  # 1 where it does, 0 where it does not, and at the kink
        # 0 first: short * gap and -y * short are -0 where the margin is kept
        yield 0 + short * gap
        yield 0 - y * short

    def _check_values(self, xp: Any, y: Any, y_hat: Any) -> None:
        # 2.0 and not 2: in unsigned integers 2 * 0 - 1 is the largest of them
        rule = "-1 or +1; from labels 0 and 1 make them with 2.0 * y - 1"
        _inputs.labels(f"{self!r}: y", xp, y, abs(y) == 1, rule)
