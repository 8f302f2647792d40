"""The Euclidean distance of embeddings, safe where two of them coincide."""

from typing import Any


def euclidean(xp: Any, a: Any, b: Any) -> tuple[Any, Any, Any, Any]:
    """Return a - b, its square, its length, and the length to divide by: 1 where it is 0.

    The square root has no derivative at 0. Shifting by 1 there, and back, makes automatic differentiation
    give 0, as the closed form does.
    """
    difference = a - b
    square = xp.vecdot(difference, difference)
    coincide = xp.astype(square == 0, square.dtype)
    divisor = xp.sqrt(square + coincide)
    return difference, square, divisor - coincide, divisor
