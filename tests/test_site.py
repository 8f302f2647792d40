"""The built book, opened from disk in a browser: wide and narrow, light and dark."""

from functools import cache
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup

SITE = Path(__file__).parents[1] / "_build" / "html"
PAGES = sorted(page for page in SITE.rglob("*.html") if "_static" not in page.parts)
WIDTHS = {"desk": 1280, "telephone": 390}
PICTURE_NAMES = (".png", ".jpg", ".jpeg", ".svg", ".gif")

# What a page tells about itself once it is shown.
REPORT = """() => ({
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    theme: document.documentElement.dataset.theme,
    unrendered: [...document.querySelectorAll(".math")]
        .filter(node => !node.querySelector(".katex")).map(node => node.textContent),
    wrong: [...document.querySelectorAll(".katex-error")].map(node => node.title),
    broken: [...document.images]
        .filter(image => !image.complete || !image.naturalWidth).map(image => image.src),
})"""


def name(path):
    return path.relative_to(SITE).as_posix()


def parsed(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@cache
def anchors(path):
    return {node["id"] for node in parsed(path).find_all(id=True)} | {"", "top"}


def test_the_book_is_built():
    assert SITE / "index.html" in PAGES, "build the book first: make book"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_pages_in_a_browser(browser, width, scheme):
    """No page asks another host, fails to load something, complains, overflows or shows raw TeX."""
    faults = {}

    def fault(what):
        faults.setdefault(name(path), []).append(what)

    def failed(request):
        if request.failure != "net::ERR_ABORTED":  # what was still under way when the test went on
            fault(f"not loaded: {request.url}")

    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.on("request", lambda r: r.url.startswith(("file:", "data:")) or fault(f"asked for {r.url}"))
    page.on("requestfailed", failed)
    page.on("pageerror", lambda error: fault(f"error: {error}"))
    page.on("console", lambda m: m.type in ("error", "warning") and fault(f"{m.type}: {m.text}"))
    for path in PAGES:
        if path == SITE / "index.html":  # only leads to the first page
            continue
        page.goto(path.as_uri())
        page.evaluate("document.fonts.ready")
        report = page.evaluate(REPORT)
        if report["theme"] != scheme:
            fault(f"is in {report['theme']}")
        if report["overflow"] > 0:
            fault(f"{report['overflow']} pixels too wide")
        for kind in ("unrendered", "wrong", "broken"):
            for what in report[kind]:
                fault(f"{kind}: {what}")
    context.close()
    assert not faults


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_pictures_have_words(path):
    """Every picture says what it shows, in words rather than with the name of its file."""
    texts = [image.get("alt", "").strip() for image in parsed(path).find_all("img")]
    assert not [text for text in texts if not text or text.endswith(PICTURE_NAMES)]


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
