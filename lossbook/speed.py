"""How fast the losses are, as ``book/_tools/benchmark.py`` measured it.

>>> sorted(record()["rivals"])[:2]
['Binary cross-entropy', 'Binary cross-entropy, logits']
>>> fastest = min(ratios("rivals", "PyTorch"), key=lambda found: found.ratio)
>>> fastest.ratio < 0.5
True
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

__all__ = ["Ratio", "ratios", "record"]


class Ratio(NamedTuple):
    """The time of ``lossbook`` over that of a rival: below 1, ``lossbook`` is faster."""

    loss: str
    dtype: str
    elements: int
    seconds: float  # of lossbook
    ratio: float


@cache
def record() -> dict[str, Any]:
    """Return what was measured, by part of the benchmark; "machine" has the processor and the versions."""
    return json.loads(files("lossbook").joinpath("speed.json").read_text(encoding="utf-8"))


def ratios(part: str, rival: str) -> list[Ratio]:
    """Return how a rival compares in a part of the benchmark, for every loss that it has."""
    return [
        Ratio(loss, dtype, int(n), times["lossbook"][0], times[rival][1])
        for loss, dtypes in record()[part].items()
        for dtype, sizes in dtypes.items()
        for n, times in sizes.items()
        if rival in times
    ]
