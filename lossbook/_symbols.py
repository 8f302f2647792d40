"""The symbols of formulas over a row of classes or coordinates."""

from collections.abc import Callable
from typing import Any


def rows(*names: str, size: int | None, start: int = 1, **assumptions: bool) -> tuple[Any, ...]:
    """Return one row of symbols for each name, and a function that sums a term over the row.

    ``size`` classes are written out, y_1 to y_C; without a size the rows are indexed, y[k], and the sum runs
    over k from ``start`` on, C classes in all. ``start`` is the number of the first class.
    """
    from sympy import Add, IndexedBase, Sum, Symbol, Tuple

    if size is None:
        k, count = Symbol("k", integer=True), Symbol("C", integer=True, positive=True)
        bases = tuple(IndexedBase(name, **assumptions) for name in names)
        return *bases, lambda term: Sum(term(k), (k, start, start + count - 1))
    if isinstance(size, bool) or not isinstance(size, int):
        raise TypeError(f"size must be an integer or None, found {size!r}")
    if size < 1:
        raise ValueError(f"size must be at least 1, found {size!r}")
    written = tuple(
        Tuple(*(Symbol(f"{name}_{k}", **assumptions) for k in range(start, start + size))) for name in names
    )

    def total(term: Callable[[int], Any]) -> Any:
        return Add(*(term(k) for k in range(size)))

    return *written, total
