"""Tables of what was measured: text in a terminal, a table on a page."""

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, repr=False)
class Grid:
    """A head, and lines that start with what they are about.

    >>> Grid(["loss", "error"], [["MSE", "0.5"]])
    loss | error
    MSE | 0.5
    """

    head: Sequence[str]
    lines: Sequence[Sequence[str]]

    def __repr__(self) -> str:
        """Return the table as text."""
        return "\n".join(" | ".join(line) for line in [self.head, *self.lines])

    def _repr_markdown_(self) -> str:
        number = re.compile(r"\d\S*( [A-Za-z]+)?")  # it may have a unit
        columns = zip(*self.lines, strict=True)  # to the right, where all are single numbers
        rule = ["---:" if all(map(number.fullmatch, column)) else "---" for column in columns]
        return "\n".join(f"| {' | '.join(line)} |" for line in [self.head, rule, *self.lines])
