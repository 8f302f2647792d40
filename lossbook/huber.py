"""Huber loss."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lossbook._loss import Loss


@dataclass(frozen=True)
class Huber(Loss):
    r"""Huber loss: half the squared error up to a residual of ``delta``, a straight line beyond.

    With :math:`r = \hat{y} - y` it is :math:`r^2/2` where :math:`|r| \le \delta` and
    :math:`\delta(|r| - \delta/2)` elsewhere. As delta grows it becomes half the squared error; as delta
    goes to 0 the loss divided by delta becomes the absolute error.

    Parameters
    ----------
    delta : float
        The residual at which the parabola becomes a line, in the unit of ``y``. Finite and above 0.

    Inputs
    ------
    y, y_hat : real arrays of one shape
        Targets and predictions. A point is an element.

    Returns
    -------
    value
        In the squared unit of ``y``; at least 0, and 0 where ``y_hat`` equals ``y``.
    gradient
        :math:`\operatorname{clip}(\hat{y}_i - y_i, -\delta, \delta)/n`, with respect to ``y_hat`` and of its
        shape. It is continuous: the loss has no kink.

    References
    ----------
    P. J. Huber, Robust estimation of a location parameter, *Annals of Mathematical Statistics*
    35(1):73-101, 1964, doi:10.1214/aoms/1177703732.

    Examples
    --------
    >>> from lossbook import Huber
    >>> loss = Huber(delta=1.0)
    >>> float(loss([3.0, 5.0], [2.5, 7.0]))
    0.8125
    >>> loss.gradient([3.0, 5.0], [2.5, 7.0])
    array([-0.25,  0.5 ])
    >>> loss.expression()
    Lambda((y, yhat), Piecewise(((y - yhat)**2/2, Abs(y - yhat) <= 1), (Abs(y - yhat) - 1/2, True)))
    """

    delta: float = 1.0

    def expression(self, delta: Any = None) -> Any:
        from sympy import Abs, Lambda, Piecewise, Rational, symbols

        y, y_hat = symbols("y yhat", real=True)
        delta = Rational(str(self.delta)) if delta is None else delta
        size = Abs(y - y_hat)
        parabola, line = (y - y_hat) ** 2 / 2, delta * (size - delta / 2)
        return Lambda((y, y_hat), Piecewise((parabola, size <= delta), (line, True)))

    def _value_then_gradient(self, xp: Any, y: Any, y_hat: Any) -> Iterator[Any]:
        residual = y_hat - y
        clipped = xp.clip(residual, -self.delta, self.delta)
        # r²/2 inside, δ(|r| − δ/2) outside: both cases in one line.
        yield clipped * (residual - 0.5 * clipped)
        yield clipped
