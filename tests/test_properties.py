"""The matrix of properties: what it finds, and that a wrong claim is refused."""

from dataclasses import replace

import numpy as np
import pytest

from lossbook import MSE, Hinge, Huber
from lossbook.properties import COLUMNS, MINIMISERS, ROWS, WHY, found, matrix

HEAD = ["loss", *COLUMNS]
CLAIMS = [[row.label, *(found(row, column) for column in COLUMNS)] for row in ROWS]
ABSOLUTE = ROWS[1]


def text(claims):
    return "\n".join(" | ".join(line) for line in [HEAD, *claims])


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("row", range(len(ROWS)), ids=lambda k: f"{k}-{ROWS[k].label}")
def test_a_wrong_claim_is_refused(row, column):
    claims = [line.copy() for line in CLAIMS]
    cell = 1 + COLUMNS.index(column)
    claims[row][cell] = {"yes": "no", "no": "yes"}.get(claims[row][cell], "another")
    with pytest.raises(AssertionError, match=f"{column}: claimed"):
        matrix(text(claims))


def test_a_missing_row_is_refused():
    with pytest.raises(AssertionError, match="the rows are"):
        matrix(text(CLAIMS[1:]))


def test_every_cell_links_to_a_section():
    shown = matrix(text(CLAIMS))
    markdown = shown._repr_markdown_().splitlines()
    assert len(markdown) == len(ROWS) + 2
    assert markdown[0].startswith("| loss | minimiser | convex |")
    start = "| [MAE, in\N{NO-BREAK SPACE}ŷ](mae.ipynb) | [median](mae.ipynb#where-it-comes-from) |"
    assert markdown[3].startswith(start)
    assert str(shown).splitlines()[1].startswith("MSE, in\N{NO-BREAK SPACE}ŷ | mean | yes")


def test_sections_are_those_of_rows_and_columns():
    assert set(WHY) <= {"elsewhere", *(row.label for row in ROWS)}
    assert set(WHY["elsewhere"]) == set(COLUMNS)
    assert all(set(columns) <= set(COLUMNS) for columns in WHY.values())


def test_a_wrong_minimiser_is_found():
    assert found(replace(ABSOLUTE, minimiser="mean"), "minimiser") == "not mean"
    assert found(replace(ROWS[0], minimiser="median"), "minimiser") == "not median"
    assert found(replace(ROWS[2], minimiser="median"), "minimiser") == "not median"


def test_what_says_something_else_is_not_proper():
    assert found(ROWS[4], "strictly proper") == "yes"
    assert found(replace(ROWS[4], says=lambda shares: shares[1]), "strictly proper") == "no"


def test_huber_is_proper_as_long_as_it_clips_no_label():
    assert [found(replace(ROWS[2], loss=Huber(delta)), "strictly proper") for delta in (0.5, 1, 2)] == [
        "no",
        "yes",
        "yes",
    ]
    assert found(replace(ROWS[2], loss=Huber(0.5), minimiser="mean"), "minimiser") == "not mean"
    labels = np.array([1.0] * 3 + [0.0] * 7)
    assert MINIMISERS["clipped mean"](labels, Huber(0.5)) == pytest.approx(0.15 / 0.7)


class Lazy(MSE):
    """A loss that does not mind a forecast between two others."""

    def pointwise(self, y, y_hat):
        return np.maximum(0, (y - y_hat) ** 2 - 0.25)


def test_a_loss_with_several_best_forecasts_is_not_strictly_proper():
    assert found(replace(ROWS[0], loss=Lazy()), "strictly proper") == "no"


class Wave(MSE):
    """A loss that is not convex."""

    def pointwise(self, y, y_hat):
        return 2 - np.cos(y - y_hat)


def test_a_wave_is_not_convex():
    assert found(replace(ABSOLUTE, loss=Wave()), "convex") == "no"


def test_a_kink_nobody_suspects_makes_no_difference_but_one_that_is_suspected_does():
    unsuspected = replace(ROWS[9], suspects={})
    assert isinstance(ROWS[9].loss, Hinge)
    assert found(unsuspected, "differentiable") == "yes"
    assert found(ROWS[9], "differentiable") == "not at yŷ = 1"


class Rough(MSE):
    """A loss that changes much within the step of a difference quotient, wherever one looks."""

    def pointwise(self, y, y_hat):
        return np.abs(np.sin(1e6 * (y - y_hat)))


def test_a_loss_with_kinks_everywhere_is_not_differentiable():
    assert found(replace(ROWS[0], loss=Rough()), "differentiable") == "no"
