"""Mean squared error."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lossbook._loss import Loss


@dataclass(frozen=True)
class MSE(Loss):
    r"""Mean squared error, :math:`(y - \hat{y})^2` averaged over all elements.

    Its minimiser is the mean. The gradient grows with the residual, so one outlier can outweigh the rest.

    Inputs
    ------
    y, y_hat : real arrays of one shape
        Targets and predictions. A point is an element.

    Returns
    -------
    value
        In the squared unit of ``y``; at least 0, and 0 where ``y_hat`` equals ``y``.
    gradient
        :math:`2(\hat{y}_i - y_i)/n`, with respect to ``y_hat`` and of its shape.

    References
    ----------
    C. F. Gauss, *Theoria motus corporum coelestium*, 1809. S. M. Stigler, Gauss and the invention of least
    squares, *Annals of Statistics* 9(3):465-474, 1981, doi:10.1214/aos/1176345451.

    Examples
    --------
    >>> from lossbook import MSE
    >>> loss = MSE()
    >>> float(loss([3.0, 5.0], [2.0, 7.0]))
    2.5
    >>> loss.gradient([3.0, 5.0], [2.0, 7.0])
    array([-1.,  2.])
    >>> loss.expression()
    Lambda((y, yhat), (y - yhat)**2)
    """

    def expression(self) -> Any:
        from sympy import Lambda, symbols

        y, y_hat = symbols("y yhat", real=True)
        return Lambda((y, y_hat), (y - y_hat) ** 2)

    def _value_then_gradient(self, xp: Any, y: Any, y_hat: Any) -> Iterator[Any]:
        residual = y_hat - y
        yield residual * residual
        yield residual + residual
