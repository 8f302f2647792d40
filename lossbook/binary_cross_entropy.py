"""Binary cross-entropy."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lossbook import _inputs
from lossbook._loss import Loss


@dataclass(frozen=True)
class BinaryCrossEntropy(Loss):
    r"""Binary cross-entropy, :math:`-[y \log \hat{y} + (1 - y) \log(1 - \hat{y})]` averaged over all elements.

    From logits z it is the same with :math:`\hat{y} = \sigma(z) = 1/(1 + e^{-z})`, computed as
    :math:`\log(1 + e^z) - yz`, which neither overflows nor loses a confidently wrong prediction.

    Parameters
    ----------
    from_logits : bool
        Whether ``y_hat`` holds logits (any real number) in place of probabilities.

    Inputs
    ------
    y : array of numbers in [0, 1]
        Labels 0 and 1, booleans, or probabilities between them.
    y_hat : real array of the shape of y
        Probabilities in [0, 1], both ends included, or logits. A point is an element.

    Returns
    -------
    value
        In nats; at least 0. For soft labels the minimum is the entropy of y, not 0.
        A prediction of 0 for the label 1, or of 1 for the label 0, costs ``inf``.
    gradient
        With respect to ``y_hat`` and of its shape: :math:`(-y_i/\hat{y}_i + (1 - y_i)/(1 - \hat{y}_i))/n`
        for probabilities, where 0/0 counts as 0; :math:`(\sigma(z_i) - y_i)/n` for logits.

    References
    ----------
    I. J. Good, Rational decisions, *Journal of the Royal Statistical Society B* 14(1):107-114, 1952,
    doi:10.1111/j.2517-6161.1952.tb00104.x.

    Examples
    --------
    >>> from lossbook import BinaryCrossEntropy
    >>> loss = BinaryCrossEntropy()
    >>> round(float(loss([1, 0], [0.9, 0.2])), 4)
    0.1643
    >>> loss.gradient([1, 0], [0.5, 0.2])
    array([-1.   ,  0.625])
    >>> BinaryCrossEntropy(from_logits=True).gradient([1, 0], [-1000.0, 0.0])
    array([-0.5 ,  0.25])
    >>> loss.expression()
    Lambda((y, yhat), -y*log(yhat) - (1 - y)*log(1 - yhat))
    """

    from_logits: bool = False

    def expression(self) -> Any:
        from sympy import Lambda, exp, log, symbols

        y, y_hat, z = symbols("y yhat z", real=True)
        if self.from_logits:
            return Lambda((y, z), log(1 + exp(z)) - y * z)
        return Lambda((y, y_hat), -y * log(y_hat) - (1 - y) * log(1 - y_hat))

    def _value_then_gradient(self, xp: Any, y: Any, y_hat: Any) -> Iterator[Any]:
        if self.from_logits:
            return self._from_logits(xp, y, y_hat)
        return self._from_probabilities(xp, y, y_hat)

    def _from_probabilities(self, xp: Any, y: Any, p: Any) -> Iterator[Any]:
        # Where a label is 0 (or 1) one of the two terms is 0, whatever p is. Adding 1 under its logarithm
        # and its fraction keeps them finite there, so that 0·log 0 and 0/0 come out as 0.
        zero, one = xp.astype(y == 0, p.dtype), xp.astype(y == 1, p.dtype)
        yield (y - 1) * xp.log1p(one - p) - y * xp.log(p + zero)
        yield (1 - y) / (1 - p + one) - y / (p + zero)

    def _from_logits(self, xp: Any, y: Any, z: Any) -> Iterator[Any]:
        positive = xp.clip(z, 0.0, float("inf"))
        e = xp.exp(z - 2 * positive)  # e^−|z|, at most 1
        yield positive - y * z + xp.log1p(e)
        yield xp.maximum(e, xp.astype(z >= 0, z.dtype)) / (1 + e) - y  # σ(z) − y

    def _check_values(self, xp: Any, y: Any, y_hat: Any) -> None:
        _inputs.in_unit_interval(f"{self!r}: the label y", xp, y)
        if not self.from_logits:
            hint = "; for logits use from_logits=True"
            _inputs.in_unit_interval(f"{self!r}: the probability y_hat", xp, y_hat, hint)
