"""Print the whole book, as it stands in _build/html, into one PDF beside it.

    python book/_tools/pdf.py

Chromium lays the pages out, one after the other in one document (pdf.js, pdf.css), and prints it twice: which pages
the chapters begin on is known once they are printed, and then written into the table of contents.
"""

import shutil
import sys
import time
from pathlib import Path

import pikepdf
import yaml
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SITE = ROOT / "_build" / "html"
TARGET = SITE / "loss-functions-checked.pdf"
# Run as root, and ask nobody anything.
FLAGS = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync")


def main():
    """Print the book, and say how far it is."""
    start = time.perf_counter()

    def say(what):
        print(f"  {what} after {time.perf_counter() - start:.1f} s", flush=True)

    program = shutil.which("chromium") or sys.exit("The PDF is printed by Chromium, which is not installed.")
    print(f"printing {TARGET.relative_to(ROOT)}", flush=True)
    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=program, args=FLAGS)
        with printed(put_together(browser)) as pdf:
            say(f"{len(pdf.pages)} pages printed")
            numbers = beginnings(pdf)
        page = put_together(browser)  # anew: Chromium may lay out a page that it has printed in another way
        entries = page.evaluate("pages => number(pages)", numbers)
        with printed(page) as pdf:
            assert beginnings(pdf) == numbers, "the numbers moved the pages"
            finish(pdf, entries)
        browser.close()
    say("printed again, with the numbers of the pages in the table of contents,")


def put_together(browser):
    """Return a page with the whole book in it."""
    page = browser.new_page(color_scheme="light")
    page.goto((SITE / "book" / "intro.html").as_uri())
    page.add_style_tag(path=HERE / "pdf.css")
    page.add_script_tag(path=HERE / "pdf.js")
    for name in page.evaluate("begin()"):
        page.evaluate("([name, html]) => add(name, html)", [name, (SITE / "book" / name).read_text("utf-8")])
    page.evaluate("finish()")
    return page


def printed(page):
    """Print the page as it is now, without a limit of time: a busy machine needs more than a minute."""
    TARGET.unlink(missing_ok=True)
    page.pdf(path=TARGET, prefer_css_page_size=True, print_background=True, tagged=True)
    return pikepdf.open(TARGET, allow_overwriting_input=True)


def beginnings(pdf):
    """Return the number of the page that each place which a link leads to is on."""
    numbers = {page.objgen: number for number, page in enumerate(pdf.pages, start=1)}
    return {str(name).lstrip("/"): numbers[place[0].objgen] for name, place in pdf.Root.Dests.items()}


def finish(pdf, entries):
    """Add the title and an outline. Chromium can make one, but doubles the headings that begin a page."""
    about = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    pdf.docinfo["/Title"], pdf.docinfo["/Author"] = about["title"], about["author"]
    with pdf.open_outline() as outline:
        for level, title, _, number in entries:
            into = outline.root[-1].children if level == 2 else outline.root
            into.append(pikepdf.OutlineItem(title, number - 1))
    pdf.Root.PageMode = pikepdf.Name.UseOutlines
    pdf.Root.Lang = pikepdf.String("en")
    pdf.save(TARGET, object_stream_mode=pikepdf.ObjectStreamMode.generate)  # half the size


if __name__ == "__main__":
    main()
