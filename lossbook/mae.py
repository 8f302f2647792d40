"""Mean absolute error."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lossbook._loss import Loss


@dataclass(frozen=True)
class MAE(Loss):
    r"""Mean absolute error, :math:`|y - \hat{y}|` averaged over all elements.

    Its minimiser is the median: the size of a residual does not matter to the gradient, only its sign.

    Inputs
    ------
    y, y_hat : real arrays of one shape
        Targets and predictions. A point is an element.

    Returns
    -------
    value
        In the unit of ``y``; at least 0, and 0 where ``y_hat`` equals ``y``.
    gradient
        :math:`\operatorname{sign}(\hat{y}_i - y_i)/n`, with respect to ``y_hat`` and of its shape. At the
        kink, ``y_hat == y``, every number in [-1/n, 1/n] is a subgradient; this one is 0.

    References
    ----------
    P. Bloomfield and W. L. Steiger, *Least Absolute Deviations: Theory, Applications and Algorithms*,
    Birkhäuser, 1983.

    Examples
    --------
    >>> from lossbook import MAE
    >>> loss = MAE()
    >>> float(loss([3.0, 5.0], [2.0, 7.0]))
    1.5
    >>> loss.gradient([3.0, 5.0], [2.0, 7.0])
    array([-0.5,  0.5])
    >>> loss.expression()
    Lambda((y, yhat), Abs(y - yhat))
    """

    def expression(self) -> Any:
        from sympy import Abs, Lambda, symbols

        y, y_hat = symbols("y yhat", real=True)
        return Lambda((y, y_hat), Abs(y - y_hat))

    def _value_then_gradient(self, xp: Any, y: Any, y_hat: Any) -> Iterator[Any]:
        residual = y_hat - y
        sign = xp.sign(residual)
        # |residual|; automatic differentiation of this form gives 0 at the kink.
        yield sign * residual
        yield sign
