"""Every page of the built book: its links and pictures, and how it looks at a desk, opened from disk."""

from functools import cache
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup
from pages import PAGES, SHOWN, SITE, Visit, name

FILES = (".png", ".jpg", ".jpeg", ".svg", ".gif")


@cache
def parsed(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@cache
def anchors(path):
    return {node["id"] for node in parsed(path).find_all(id=True)} | {"", "top"}


def test_the_book_is_built():
    assert SITE / "index.html" in PAGES, "build the book first: make book"


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_pictures(path):
    """Every picture says what it shows, in words rather than with the name of its file, and how large it is."""
    pictures = parsed(path).find_all("img")
    texts = [picture.get("alt", "").strip() for picture in pictures]
    assert not [text for text in texts if not text or text.endswith(FILES)]
    assert not [text for text, picture in zip(texts, pictures, strict=True) if not picture.get("height")]


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_links_lead_somewhere(path):
    """Every link inside the book leads to a file that is there, and to a place in it."""
    dead = []
    for link in parsed(path).find_all("a", href=True):
        target, anchor = urldefrag(urljoin(path.as_uri(), link["href"]))
        if urlsplit(target).scheme != "file":
            continue
        file = Path(unquote(urlsplit(target).path))
        if not file.is_file() or (file.suffix == ".html" and unquote(anchor) not in anchors(file)):
            dead.append(link["href"])
    assert not dead


@pytest.fixture(scope="module")
def desk(browser):
    return browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light", reduced_motion="reduce")


@pytest.fixture(scope="module")
def seen():
    return {}


@pytest.mark.parametrize("path", SHOWN, ids=name)
def test_at_a_desk(desk, axe, seen, path):
    """Wide, from disk: nothing from elsewhere, no complaint, no raw TeX, nothing hard to reach or to read."""
    visit = Visit(desk, path.as_uri(), "file:")
    assert visit.theme == "light"
    visit.look()
    visit.check_access(axe)
    visit.check_colours(axe, ["light", "dark"], seen)
    visit.close()
