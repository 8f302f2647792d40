"""The pages of the built book, and a visit to one in a browser, which notes what is wrong there."""

from pathlib import Path

SITE = Path(__file__).parents[1] / "_build" / "html"
PAGES = sorted(page for page in SITE.rglob("*.html") if "_static" not in page.parts)
SHOWN = [page for page in PAGES if page != SITE / "index.html"]  # which only leads to the first page

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

# KaTeX's marks are the same everywhere, and so are the colours of code: a few tell as much as all, and sooner.
THIN_OUT = """() => {
    [...document.querySelectorAll(".katex")].slice(3).forEach(formula => formula.replaceWith("x"));
    const kinds = new Set();
    for (const token of document.querySelectorAll(".highlight pre span")) {
        if (kinds.has(token.className)) token.replaceWith(token.textContent);
        kinds.add(token.className);
    }
}"""

# What has the same classes in the same places has the same colours: three of a kind tell as much as all, on all pages.
LEAVE_FEW = """seen => {
    for (const element of [...document.querySelectorAll("body *:not(script, style)")].reverse()) {
        let path = "";
        for (let at = element; at !== document.body; at = at.parentElement)
            path += `${at.localName}.${at.getAttribute("class") ?? ""}${at.getAttribute("style") ?? ""} `;
        seen[path] = (seen[path] ?? 0) + 1;
        if (seen[path] > 3 && !element.childElementCount) element.remove();
    }
    return seen;
}"""


def name(path):
    """Return a page's address in the book."""
    return path.relative_to(SITE).as_posix()


class Visit:
    """A page that is opened, with what went wrong in it."""

    def __init__(self, context, url, start):
        self.faults, self.loaded = [], []
        self.page = context.new_page()
        self.page.on("request", lambda r: r.url.startswith((start, "data:")) or self.fault(f"asked for {r.url}"))
        self.page.on("response", lambda answer: self.loaded.append(answer))
        self.page.on("requestfailed", lambda r: self.fault(f"not loaded: {r.url}"))
        self.page.on("pageerror", lambda error: self.fault(f"error: {error}"))
        self.page.on("console", lambda m: m.type in ("error", "warning") and self.fault(f"{m.type}: {m.text}"))
        self.page.goto(url)
        self.page.evaluate("document.fonts.ready")
        self.theme = self.page.evaluate("document.documentElement.dataset.theme")

    def fault(self, what):
        """Note a fault."""
        self.faults.append(what)

    def look(self):
        """Note what does not fit, is raw TeX or is a broken picture."""
        report = self.page.evaluate(REPORT)
        if report["overflow"] > 0:
            self.fault(f"{report['overflow']} pixels too wide")
        for kind in ("unrendered", "wrong", "broken"):
            self.faults += [f"{kind}: {what}" for what in report[kind]]

    def check_access(self, axe):
        """Note what is hard to reach, by all rules of axe but that of contrast, which takes longer than the others."""
        self.page.evaluate(THIN_OUT)
        self.run(axe, rules={"color-contrast": {"enabled": False}})

    def run(self, axe, **options):
        """Note what axe finds."""
        options |= {"resultTypes": ["violations"], "preload": False}
        found = axe.run(self.page, options=options).response["violations"]
        self.faults += [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]

    def check_colours(self, axe, themes, seen):
        """Note what is too faint in some themes, except what has been seen often enough, and add to that."""
        self.page.evaluate(THIN_OUT)
        seen.update(self.page.evaluate(LEAVE_FEW, seen))
        for theme in themes:
            self.page.emulate_media(color_scheme=theme)
            self.page.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
            self.run(axe, runOnly=["color-contrast"])

    def close(self):
        """Leave the page, which fails if anything was wrong."""
        self.page.close()
        assert not self.faults, "\n".join(self.faults)
