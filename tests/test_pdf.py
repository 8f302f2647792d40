"""The PDF of the whole book, where `make pdf` has printed it."""

import os
import re
import subprocess
from html import unescape

import pytest
from pages import SITE
from test_site import parsed

PDF = SITE / "loss-functions-checked.pdf"


@pytest.fixture(scope="module")
def pdf(need):
    pikepdf = need("pikepdf")
    if not PDF.exists():
        (pytest.fail if os.environ.get("LOSSBOOK_REQUIRE_PEERS") else pytest.skip)("there is no PDF: make pdf")
    with pikepdf.open(PDF) as opened:
        yield opened


@pytest.fixture(scope="module")
def texts(pdf, need):
    """Return the text of each page."""
    command = [need("pdftotext"), "-layout", PDF, "-"]
    text = subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout
    return text.split("\f")[: len(pdf.pages)]


def chapters():
    """Return the titles of the pages that are printed, all in the contents but the index, and their HTML."""
    links = parsed(SITE / "book" / "intro.html").select(".bd-links a")[:-1]
    names = [link["href"].replace("#", "intro.html") for link in links]
    return [link.get_text(strip=True) for link in links], "".join(
        (SITE / "book" / name).read_text(encoding="utf-8") for name in names
    )


def test_every_chapter_is_in_the_outline(pdf):
    with pdf.open_outline() as outline:
        assert [item.title for item in outline.root] == chapters()[0]


def test_the_contents_give_the_right_pages(texts):
    """Each page has its number at the foot, and each chapter that of its first page in the table of contents."""
    for number, text in enumerate(texts[1:], start=2):
        assert text.split()[-1] == str(number)
    contents = texts[1] + texts[2]
    for title in chapters()[0]:
        pattern = re.escape(title).replace(r"\ ", r"\s+").replace(r"\-", r"-\s*")  # a long one has two lines
        *_, begins = (n for n, text in enumerate(texts, start=1) if re.match(rf"\s*{pattern}\s", text))
        assert re.search(rf"{pattern}\s+{begins}\s", contents), title


def test_links_lead_inside(pdf):
    """Every link goes to a place in the PDF or to another host, none to a file."""
    places = {str(name) for name in pdf.Root.Dests}
    dead, inside = [], 0
    for page in pdf.pages:
        for note in page.get("/Annots", []):
            address = str(note.A.URI) if "/A" in note else None
            if address is None:
                inside += 1
            if (address is None and str(note.Dest) not in places) or (address and not address.startswith("http")):
                dead.append(address or str(note.Dest))
    assert inside > 500
    assert not dead


def test_no_page_is_blank(texts):
    assert len(texts) > 100
    assert not [number for number, text in enumerate(texts, start=1) if number > 1 and len(text.split()) < 5]


def test_mathematics_is_set(texts):
    """The numbers of all equations stand on the pages, and no TeX does."""
    numbers = re.findall(r'<span class="eqno">(\(\d+\))', chapters()[1])
    whole = "".join(texts)
    assert numbers
    assert not [number for number in numbers if number not in whole]
    assert "\\frac" not in whole


def test_figures_are_there(pdf):
    """Each picture of the pages is in the PDF, and has its words."""
    images = re.findall(r"<img[^>]*/_images/[^>]*>", chapters()[1])
    words = {unescape(re.search(r'alt="([^"]*)"', image)[1]) for image in images}
    found = {str(node["/Alt"]) for node in pdf.objects if node._type_name == "dictionary" and "/Alt" in node}
    assert words
    assert words <= found


def test_the_first_page_offers_it(pdf):
    [link] = parsed(SITE / "book" / "intro.html").select(".download a")
    assert SITE / "book" / link["href"] == SITE / "book" / ".." / PDF.name
