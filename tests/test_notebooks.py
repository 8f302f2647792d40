"""The notebooks and pages keep the form that their readers, the build and the other tests rely on."""

import re
from pathlib import Path

import nbformat
import notebooks
import pytest

BOOK = Path(__file__).parents[1] / "book"
NOTEBOOKS = sorted(BOOK.glob("*.ipynb"))
PAGES = [*NOTEBOOKS, *sorted(BOOK.glob("*.md"))]
LONGEST_CELL = 25

# A display equation typed by hand. In a chapter it is the output of the cell that checks it.
DISPLAY = re.compile(
    r"\$\$|\\\[|\\begin\{(?:equation|align|alignat|gather|multline|eqnarray|flalign)|^\s*[`:]{3,}\{math\}",
    re.M,
)
WORDS = re.compile(r"(?![0-9a-f-]{8,}$)[a-z][a-z0-9]*(-[a-z0-9]+)*")  # not the eight digits that editors make up


def name(path):
    """Label a test with the file it is about."""
    return path.name


def prose(path):
    """Return the text of a page without code: its own, or that of a notebook's text cells."""
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    return "\n".join(cell.source for cell in notebooks.read(path).cells if cell.cell_type != "code")


def code_cells(path):
    """Return the code cells of a notebook."""
    return [cell for cell in notebooks.read(path).cells if cell.cell_type == "code"]


def draws(cell):
    """Tell whether the output of a cell is a picture. Its text stays when the picture is left out."""
    texts = (output.get("data", {}).get("text/plain", "") for output in cell.outputs)
    return any(text.startswith("<Figure size") for text in texts)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_normal_form(path):
    """`make notebooks` would change nothing but the results."""
    assert not notebooks.faults(path)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_ids_speak(path):
    """Every cell has a name of its own, in words."""
    ids = [cell.get("id", "") for cell in notebooks.read(path).cells]
    assert len(set(ids)) == len(ids)
    assert not [i for i in ids if not WORDS.fullmatch(i)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_cells_are_short(path):
    """No code cell is longer than a reader takes in at once."""
    assert not [cell.id for cell in code_cells(path) if len(cell.source.splitlines()) > LONGEST_CELL]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_figures_have_words(path):
    """A cell that draws has a caption, a name to refer to, and a text for who does not see the picture."""
    wordless = []
    for cell in filter(draws, code_cells(path)):
        about = cell.metadata.get("mystnb", {})
        figure, image = about.get("figure", {}), about.get("image", {})
        if not (figure.get("caption") and figure.get("name", "").startswith("fig-") and image.get("alt")):
            wordless.append(cell.id)
    assert not wordless


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_no_equation_is_typed_by_hand(path):
    """Display equations come out of the cells that check them."""
    assert not DISPLAY.findall(prose(path))


@pytest.mark.parametrize(
    "typed", ["$$\nx\n$$", r"\[x\]", "```{math}\nx\n```", ":::{math}\nx\n:::", r"\begin{align}x\end{align}"]
)
def test_the_search_for_equations_finds_them(typed):
    """The search above is not blind."""
    assert DISPLAY.search(typed)


def test_check_names_what_is_off(tmp_path):
    """A count that is missing, metadata and a picture are each found, and normalising mends them."""
    notebook = notebooks.read(NOTEBOOKS[0])
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    cell.execution_count = None
    cell.metadata["collapsed"] = True
    cell.outputs = [nbformat.v4.new_output("display_data", {"image/png": "", "text/plain": "x"})]
    path = tmp_path / "off.ipynb"
    path.write_text(notebooks.write(notebook), encoding="utf-8")
    found = "\n".join(notebooks.faults(path))
    assert "execution count" in found
    assert "metadata" in found
    assert "outputs" in found
    path.write_text(notebooks.write(notebooks.normalise(notebook)), encoding="utf-8")
    assert not notebooks.faults(path)
