"""What helps to find one's way in the built book: curves, previews, anchors, glossary, index, search, buttons."""

import json
import re
from types import SimpleNamespace

import lossbook_sphinx
import picture
import pytest
from pages import SITE
from test_site import parsed

import lossbook

CHAPTERS = sorted({loss.__module__.removeprefix("lossbook.") for loss in lossbook.LOSSES})


@pytest.fixture(scope="module")
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def previews():
    """Return what previews.js holds."""
    script = (SITE / "_static" / "previews.js").read_text(encoding="utf-8")
    return json.loads(script.removeprefix("window.previews = ").removesuffix(";\n"))


def test_pictures_are_what_lossbook_computes():
    for name, text in picture.pictures():
        assert (picture.ASSETS / name).read_text(encoding="utf-8") == text, "run book/_tools/picture.py"


def test_the_first_page_leads_to_every_chapter():
    links = parsed(SITE / "book" / "intro.html").select(".losses a")
    assert sorted(link["href"].removesuffix(".html") for link in links) == CHAPTERS
    assert all(link.img["alt"] and link.get_text(strip=True) for link in links)


def test_every_cited_equation_and_term_has_a_preview():
    known = previews()
    cited = [
        anchor
        for path in SITE.glob("book/*.html")
        for anchor in re.findall(r'href="[^"]*#((?:equation|term)-[^"]+)"', path.read_text(encoding="utf-8"))
    ]
    assert cited
    assert not set(cited) - set(known)
    assert all("katex-html" in html for name, html in known.items() if name.startswith("equation-"))


def test_a_citation_shows_its_equation(page):
    """Under the pointer and with the focus, from another page too; Escape and leaving take it away."""
    page.goto((SITE / "book" / "huber.html").as_uri())
    link, preview = page.locator("main a[href*='mse.html#equation-']").first, page.locator("#preview")
    for act in (link.hover, lambda: (page.keyboard.press("Tab"), link.focus())):
        act()
        preview.wait_for()
        assert preview.locator(".katex-html").count() == 1
        assert "Mean squared error" in preview.inner_text()
        page.keyboard.press("Escape")
        preview.wait_for(state="detached")
        page.mouse.move(0, 0)
    link.hover()
    preview.hover()
    page.wait_for_timeout(400)  # the pointer may go to the preview, as when it is scrolled
    assert preview.is_visible()
    page.mouse.move(0, 0)
    preview.wait_for(state="detached")


def test_a_first_touch_shows_and_a_second_follows(browser):
    context = browser.new_context(viewport={"width": 390, "height": 900}, has_touch=True)
    page = context.new_page()
    page.goto((SITE / "book" / "huber.html").as_uri())
    link, preview = page.locator("main a[href*='mse.html#equation-']").first, page.locator("#preview")
    link.tap()
    preview.wait_for()
    box = preview.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    link.tap()
    page.wait_for_url("**/mse.html#equation-*")
    context.close()


@pytest.mark.parametrize("place", ["div.math:has(> .eqno)", "figure:has(figcaption)", "section > h2"])
def test_anchors_show_with_the_pointer(page, place):
    page.goto((SITE / "book" / "huber.html").as_uri())
    at = page.locator(f"main {place}").first
    anchor = at.locator(".headerlink")
    page.mouse.move(0, 0)
    assert not anchor.is_visible()
    at.hover()
    assert anchor.is_visible()


def test_glossary_and_index_are_in_the_contents():
    links = [link["href"] for link in parsed(SITE / "book" / "mse.html").select(".bd-links a")]
    assert links[-2:] == ["glossary.html", "../genindex.html"]
    index = {link["href"] for link in parsed(SITE / "genindex.html").select(".genindextable a")}
    terms = {node["id"] for node in parsed(SITE / "book" / "glossary.html").select("dl.glossary dt")}
    assert len(terms) > 50
    assert {f"book/glossary.html#{term}" for term in terms} <= index


def test_each_term_leads_to_where_it_is_explained():
    entries = parsed(SITE / "book" / "glossary.html").select("dl.glossary dd")
    assert entries
    assert not [entry.get_text() for entry in entries if not entry.select("a.reference")]


def test_search_works_from_disk(page):
    page.goto((SITE / "search.html").as_uri() + "?q=breakdown")
    page.locator("#search-results li a").first.wait_for()
    assert any("mae.html" in link.get_attribute("href") for link in page.locator("#search-results li a").all())


@pytest.mark.parametrize("repository", ["", "somebody/book"])
def test_buttons_of_the_repository(monkeypatch, repository):
    """Binder, Colab and the repository are offered where GitHub builds the book, and nowhere else."""
    monkeypatch.setenv("GITHUB_REPOSITORY", repository)
    monkeypatch.setenv("GITHUB_REF_NAME", "trunk")
    config = SimpleNamespace(html_theme_options={})
    lossbook_sphinx.repository_buttons(None, config)
    if not repository:
        assert config.html_theme_options == {}
        return
    assert config.html_theme_options["repository_url"] == "https://github.com/somebody/book"
    assert config.html_theme_options["repository_branch"] == "trunk"
    assert {"binderhub_url", "colab_url"} <= set(config.html_theme_options["launch_buttons"])


@pytest.mark.parametrize(("read_again", "left"), [([], True), (["book/mse"], False)])
def test_a_changed_page_takes_the_old_pdf_away(tmp_path, read_again, left):
    pdf = tmp_path / lossbook_sphinx.PDF
    pdf.touch()
    lossbook_sphinx.drop_old_pdf(SimpleNamespace(outdir=tmp_path), None, read_again)
    assert pdf.exists() == left
