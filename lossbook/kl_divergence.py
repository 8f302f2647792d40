"""Kullback-Leibler divergence."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from lossbook import _inputs
from lossbook._loss import Loss
from lossbook._symbols import rows


@dataclass(frozen=True)
class KLDivergence(Loss):
    r"""Kullback-Leibler divergence, :math:`\sum_k p_k \log(p_k / q_k)` averaged over all rows.

    What it costs, in nats a symbol, to describe draws from p with a code made for q.

    Inputs
    ------
    p, q : arrays of one shape (..., C), rows of probabilities that sum to one
        The true distribution first, the model second. Probabilities, not their logarithms.
        A point is a row.

    Returns
    -------
    value
        In nats; at least 0, and 0 where p equals q. ``inf`` where p gives weight to a class that q excludes;
        a class that p excludes costs nothing.
    gradient
        :math:`-p_k/(q_k n)`, with respect to ``q`` and of its shape, where 0/0 counts as 0.

    References
    ----------
    S. Kullback and R. A. Leibler, On information and sufficiency, *Annals of Mathematical Statistics*
    22(1):79-86, 1951, doi:10.1214/aoms/1177729694.

    Examples
    --------
    >>> from lossbook import KLDivergence
    >>> loss = KLDivergence()
    >>> round(float(loss([0.5, 0.5, 0.0], [0.25, 0.5, 0.25])), 4)
    0.3466
    >>> loss.gradient([0.5, 0.5, 0.0], [0.25, 0.5, 0.25])
    array([-2., -1.,  0.])
    >>> loss.expression(size=2)
    Lambda(((p_1, p_2), (q_1, q_2)), p_1*log(p_1/q_1) + p_2*log(p_2/q_2))
    """

    inputs: ClassVar[tuple[str, ...]] = ("p", "q")
    point_ndim: ClassVar[int] = 1
    by_column: ClassVar[bool] = False  # sums are all that it takes of a row

    def expression(self, size: int | None = None) -> Any:
        from sympy import Lambda, log

        p, q, total = rows("p", "q", size=size)
        return Lambda((p, q), total(lambda k: p[k] * log(p[k] / q[k])))

    def _value_then_gradient(self, xp: Any, p: Any, q: Any) -> Iterator[Any]:
        # Where p is 0 the term is 0, whatever q is. There both become finite and positive: 1 and 1 + q.
        absent = xp.astype(p == 0, p.dtype)
        q = q + absent
        yield xp.vecdot(p, xp.log(p + absent) - xp.log(q))
        yield 0 - p / q  # not -p / q, which has a -0 where p is 0

    def _check_values(self, xp: Any, p: Any, q: Any) -> None:
        hint = "; give probabilities, not logits or logarithms"
        _inputs.rows_sum_to_one(f"{self!r}: p", xp, p, hint)
        _inputs.rows_sum_to_one(f"{self!r}: q", xp, q, hint)
