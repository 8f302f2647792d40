"""The matrix of properties: what it finds, and that a wrong claim is refused."""

from dataclasses import replace

import numpy as np
import pytest

from lossbook import MSE, Hinge
from lossbook.properties import COLUMNS, ROWS, found, matrix

HEAD = ["loss", *COLUMNS]
CLAIMS = [[row.name, *(found(row, column) for column in COLUMNS)] for row in ROWS]
SECTIONS = dict.fromkeys(COLUMNS, "definition")
ABSOLUTE = ROWS[1]


def text(claims):
    return "\n".join(" | ".join(line) for line in [HEAD, *claims])


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("row", range(len(ROWS)), ids=lambda k: f"{k}-{ROWS[k].name}")
def test_a_wrong_claim_is_refused(row, column):
    claims = [line.copy() for line in CLAIMS]
    cell = 1 + COLUMNS.index(column)
    claims[row][cell] = {"yes": "no", "no": "yes"}.get(claims[row][cell], "another")
    with pytest.raises(AssertionError, match=f"{column}: claimed"):
        matrix(text(claims), SECTIONS)


def test_a_missing_row_is_refused():
    with pytest.raises(AssertionError, match="the rows are"):
        matrix(text(CLAIMS[1:]), SECTIONS)


def test_every_cell_links_to_a_section():
    shown = matrix(text(CLAIMS), SECTIONS | {"MAE, kink": "at-the-kink"})
    markdown = shown._repr_markdown_().splitlines()
    assert len(markdown) == len(ROWS) + 2
    assert markdown[0].startswith("| loss | minimiser | convex |")
    assert markdown[3].startswith("| [MAE, in ŷ](mae.ipynb) | [median](mae.ipynb#definition) | [yes](mae.ipynb#def")
    assert "[ŷ = y](mae.ipynb#at-the-kink)" in markdown[3]
    assert str(shown).splitlines()[1].startswith("MSE, in ŷ | mean | yes")


def test_a_wrong_minimiser_is_found():
    assert found(replace(ABSOLUTE, minimiser="mean"), "minimiser") == "not mean"
    assert found(replace(ROWS[0], minimiser="median"), "minimiser") == "not median"
    assert found(replace(ROWS[2], minimiser="median"), "minimiser") == "not median"


def test_what_says_something_else_is_not_proper():
    assert found(ROWS[4], "proper") == "yes"
    assert found(replace(ROWS[4], says=lambda shares: shares[1]), "proper") == "no"


class Wave(MSE):
    """A loss that is not convex."""

    def pointwise(self, y, y_hat):
        return 2 - np.cos(y - y_hat)


def test_a_wave_is_not_convex():
    assert found(replace(ABSOLUTE, loss=Wave()), "convex") == "no"


def test_a_kink_nobody_suspects_makes_no_difference_but_one_that_is_suspected_does():
    unsuspected = replace(ROWS[9], suspects={})
    assert isinstance(ROWS[9].loss, Hinge)
    assert found(unsuspected, "kink") == "none"
    assert found(ROWS[9], "kink") == "yŷ = 1"
