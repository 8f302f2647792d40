"""Every page of the built book on a telephone, in the dark, from a server: the same, and quick."""

import gzip
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from pages import SHOWN, SITE, Visit, name

SCREEN = {"width": 390, "height": 760}
HEAVIEST = 400 * 1024  # of a page with all that it loads before one scrolls, compressed
FARTHEST_SHIFT = 0.02  # of what is seen while a page loads, summed up as browsers do; up to 0.1 counts as good

# How far something moved, and what.
SHIFTS = """() => new Promise(resolve => {
    const what = source => source.node?.parentElement?.outerHTML.slice(0, 80);
    const shifts = list => list.getEntries().map(shift => [shift.value, shift.sources.map(what).join()]);
    new PerformanceObserver(list => resolve(shifts(list))).observe({type: "layout-shift", buffered: true});
    setTimeout(() => resolve([]), 300);
})"""


@pytest.fixture(scope="module")
def server():
    """Serve the book on this machine, as a website does; return its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=SITE)

        def log_message(self, *args):
            pass

        def end_headers(self):
            self.send_header("Cache-Control", "no-store")  # each page comes as to somebody who has seen no other
            super().end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def telephone(browser):
    return browser.new_context(viewport=SCREEN, color_scheme="dark", is_mobile=True, reduced_motion="reduce")


@pytest.mark.parametrize("path", SHOWN, ids=name)
def test_on_a_telephone(telephone, axe, server, path):
    visit = Visit(telephone, server + name(path), server)
    assert visit.theme == "dark"
    weight = sum(len(gzip.compress(answer.body())) for answer in visit.loaded)
    if weight > HEAVIEST:
        visit.fault(f"weighs {weight / 1024:.0f} KiB")
    shifts = visit.page.evaluate(SHIFTS)
    if sum(value for value, _ in shifts) > FARTHEST_SHIFT:
        visit.fault(f"moves: {shifts}")
    visit.look()
    visit.check_access(axe)
    visit.close()


def test_colours_of_what_only_a_telephone_shows(telephone, axe, server):
    """The parts of the theme that a narrow page has are the same on all pages."""
    visit = Visit(telephone, server + "book/huber.html", server)
    visit.check_colours(axe, ["dark", "light"], seen={})
    visit.close()


def test_dark_from_the_start(browser):
    """The page is dark before the theme's script comes, or it would flash."""
    page = browser.new_context(color_scheme="dark").new_page()
    page.route("**/pydata-sphinx-theme.js*", lambda route: route.abort())
    page.goto((SITE / "book" / "huber.html").as_uri())
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.context.close()
