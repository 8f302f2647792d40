"""The PDF of the whole book, where `make pdf` has printed it."""

import os
import subprocess

import pytest
from test_site import SITE, parsed

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


def pages():
    """Return the pages of the book that are printed: all in the contents but the index, the last."""
    links = parsed(SITE / "book" / "intro.html").select(".bd-links a")
    return [SITE / "book" / link["href"].replace("#", "intro.html") for link in links[:-1]]


def test_every_chapter_is_in_the_outline(pdf):
    with pdf.open_outline() as outline:
        titles = [item.title for item in outline.root]
    assert titles == [parsed(path).h1.find(string=True) for path in pages()]


def test_the_contents_give_the_right_pages(pdf, texts):
    numbers = {page.objgen: number for number, page in enumerate(pdf.pages)}
    with pdf.open_outline() as outline:
        for item in outline.root:
            number = numbers[item.to_dictionary_object(pdf).Dest[0].objgen]
            assert texts[number].strip().startswith(item.title)
            assert texts[number].split()[-1] == str(number + 1)


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
    numbers = [node.find(string=True) for path in pages() for node in parsed(path).select(".eqno")]
    whole = "\n".join(texts)
    assert numbers
    assert not [number for number in numbers if number not in whole]
    assert "\\frac" not in whole


def test_figures_are_there(pdf):
    """Each picture of the pages is in the PDF, and has its words."""
    words = {image["alt"] for path in pages() for image in parsed(path).select("article img")}
    found = {str(node.Alt) for node in pdf.objects if isinstance(node, type(pdf.Root)) and "/Alt" in node}
    assert words
    assert words <= found
