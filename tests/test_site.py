"""Every page of the built book: its text as it is, and in a browser, wide and narrow, light and dark."""

import gzip
from functools import cache
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup

SITE = Path(__file__).parents[1] / "_build" / "html"
PAGES = sorted(page for page in SITE.rglob("*.html") if "_static" not in page.parts)
SHOWN = [page for page in PAGES if page != SITE / "index.html"]  # which only leads to the first page
FILES = (".png", ".jpg", ".jpeg", ".svg", ".gif")
HEAVIEST = 400 * 1024  # of a page with all that it loads before one scrolls, compressed
FARTHEST_SHIFT = 0.01  # cumulative, as browsers measure it; up to 0.1 counts as good

# What a page tells about itself once it is shown, with the pictures that are far below.
REPORT = """async () => {
    const pictures = [...document.images];
    pictures.forEach(picture => picture.loading = "eager");
    await Promise.all(pictures.map(picture => picture.decode().catch(() => {})));
    return {
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    unrendered: [...document.querySelectorAll(".math")]
        .filter(node => !node.querySelector(".katex")).map(node => node.textContent),
    wrong: [...document.querySelectorAll(".katex-error")].map(node => node.title),
    broken: pictures.filter(picture => !picture.naturalWidth).map(picture => picture.src),
    };
}"""

# How far what is seen has moved since the page began to load, and what moved.
SHIFTS = """() => new Promise(resolve => new PerformanceObserver(list => resolve(list.getEntries().map(shift =>
    [shift.value, shift.sources.map(source => source.node?.parentElement?.outerHTML.slice(0, 80)).join()]
))).observe({type: "layout-shift", buffered: true}) ?? setTimeout(() => resolve([]), 300))"""

# KaTeX's marks are the same everywhere, and so are the colours of code: one of each tells as much as all, sooner.
THIN_OUT = """() => {
    const formulas = [...document.querySelectorAll(".katex")].slice(3);
    formulas.forEach(formula => formula.replaceWith("x"));
    const kinds = new Set();
    for (const token of document.querySelectorAll(".highlight pre span")) {
        if (kinds.has(token.className)) token.replaceWith(token.textContent);
        kinds.add(token.className);
    }
}"""

# Faults of the theme that neither configuration nor a few lines mend, with the reason.
ACCEPTED = {}


def name(path):
    return path.relative_to(SITE).as_posix()


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
def axe(need):
    """Return a function that lists what is hard to reach or to read in a page, by rules of WCAG and good practice."""
    axe = need("axe_playwright_python.sync_playwright").Axe()

    def run(page, rules=None):
        options = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
        found = axe.run(page, options=options).response["violations"]
        nodes = [(rule["id"], node) for rule in found for node in rule["nodes"]]
        return [f"{rule}: {node['html'][:200]}" for rule, node in nodes if rule not in ACCEPTED]

    return run


@pytest.fixture(scope="module")
def served():
    """Serve the book on this machine, as a website does; return its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=SITE)

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class Visit:
    """A page that is opened in a new context, with what went wrong in it."""

    def __init__(self, browser, url, start, **options):
        self.faults, self.loaded = [], []
        context = browser.new_context(reduced_motion="reduce", **options)
        self.page = context.new_page()
        self.page.on("request", lambda r: r.url.startswith((start, "data:")) or self.fault(f"asked for {r.url}"))
        self.page.on("response", self.loaded.append)
        self.page.on("requestfailed", lambda r: self.fault(f"not loaded: {r.url}"))
        self.page.on("pageerror", lambda error: self.fault(f"error: {error}"))
        self.page.on("console", lambda m: m.type in ("error", "warning") and self.fault(f"{m.type}: {m.text}"))
        self.page.goto(url)
        self.page.evaluate("document.fonts.ready")

    def fault(self, what):
        self.faults.append(what)

    def scheme(self, scheme):
        """Prefer light or dark; the page follows."""
        self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        if self.page.evaluate("document.documentElement.dataset.theme") != scheme:
            self.fault(f"is not {scheme}")

    def look(self):
        """Note what is wrong with what is shown."""
        report = self.page.evaluate(REPORT)
        if report["overflow"] > 0:
            self.fault(f"{report['overflow']} pixels too wide")
        for kind in ("unrendered", "wrong", "broken"):
            self.faults += [f"{kind}: {what}" for what in report[kind]]

    def close(self):
        """Leave the page; the test fails if anything was wrong."""
        self.page.context.close()
        assert not self.faults


@pytest.mark.parametrize("path", SHOWN, ids=name)
def test_at_the_desk(browser, axe, path):
    """Opened from disk, wide: nothing from elsewhere, no complaint, no raw TeX, nothing that is hard to read."""
    visit = Visit(browser, path.as_uri(), "file:", viewport={"width": 1280, "height": 900}, color_scheme="light")
    visit.scheme("light")
    visit.look()
    visit.page.evaluate(THIN_OUT)
    visit.faults += axe(visit.page)
    visit.scheme("dark")
    visit.faults += axe(visit.page, ["color-contrast"])
    visit.close()


@pytest.mark.parametrize("path", SHOWN, ids=name)
def test_on_a_telephone(browser, axe, served, path):
    """From a server, narrow: the same, light enough, and what is seen stays where it is."""
    screen = {"width": 390, "height": 760}
    visit = Visit(browser, served + name(path), served, viewport=screen, color_scheme="dark", is_mobile=True)
    weight = sum(len(gzip.compress(answer.body())) for answer in visit.loaded)
    if weight > HEAVIEST:
        visit.fault(f"weighs {weight / 1024:.0f} KiB")
    shifts = visit.page.evaluate(SHIFTS)
    if sum(value for value, _ in shifts) > FARTHEST_SHIFT:
        visit.fault(f"moves: {shifts}")
    visit.scheme("dark")
    visit.look()
    visit.page.evaluate(THIN_OUT)
    visit.faults += axe(visit.page)
    visit.scheme("light")
    visit.faults += axe(visit.page, ["color-contrast"])
    visit.close()
