"""The one stylesheet of the book: it keeps what can apply to a page, and drops the rest."""

import re

import pytest
from pages import PAGES, SITE, name
from stylesheet import used

WORDS = {"page", "note", "open", "menu"}
KEPT = [
    "p{color: red}",
    ".note{color: red}",
    "#menu > .page.open:hover::before{color: red}",
    ".note:not(.absent){color: red}",  # applies to a note that is nothing else
    "@media print{\n.note{color: red}\n}",
    "@supports (display: grid){\n@media print{\n.note{color: red}\n}\n}",
    "@keyframes turn{to { rotate: 1turn }}",
    ".note{background: url(data:image/png;base64,AAAA)}",
    '.note{background: url("fonts/a.woff2?v=1")}',
]
DROPPED = [".absent{color: red}", "#absent p{color: red}", ".note .absent{color: red}", "@media print{.absent{top: 0}}"]


def of_the_book():
    [sheet] = (SITE / "_static").glob("book.*.css")
    return sheet


def result(folder, css, file="styles/a.css"):
    sheet = folder / file
    sheet.parent.mkdir(exist_ok=True)
    sheet.write_text(css, encoding="utf-8")
    return "\n".join(used(sheet, WORDS, folder))


@pytest.mark.parametrize("css", KEPT)
def test_what_applies_is_kept(tmp_path, css):
    assert result(tmp_path, css, "a.css") == css


@pytest.mark.parametrize("css", DROPPED)
def test_what_cannot_apply_is_dropped(tmp_path, css):
    assert result(tmp_path, css) == ""


def test_the_selectors_of_a_rule_are_judged_one_by_one(tmp_path):
    assert result(tmp_path, ".note, .absent, p, :is(.absent, b) {top: 0}") == ".note,p,:is(.absent, b) {top: 0}"


def test_addresses_are_right_from_the_new_place(tmp_path):
    assert result(tmp_path, "p{background: url('../vendor/a.png')}") == 'p{background: url("vendor/a.png")}'


def test_an_imported_file_is_taken_in(tmp_path):
    result(tmp_path, ".page{top: 0}.absent{top: 0}", "b.css")
    assert result(tmp_path, '@import "../b.css"; p{top: 0}') == ".page{top: 0}\np{top: 0}"


@pytest.mark.parametrize("path", [page for page in PAGES if page != SITE / "index.html"], ids=name)
def test_pages_have_no_other(path):
    [sheet] = re.findall(r'rel="stylesheet" href="([^"]*)', path.read_text(encoding="utf-8"))
    assert (path.parent / sheet).resolve() == of_the_book()


def test_its_files_are_there():
    wanted = set(re.findall(r'url\("([^"?]+)', of_the_book().read_text(encoding="utf-8")))
    wanted = {address for address in wanted if not address.startswith("data:")}
    assert len(wanted) > 20
    assert not [address for address in wanted if not (SITE / "_static" / address).is_file()]
