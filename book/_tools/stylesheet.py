"""One small stylesheet for the book: what its pages use of the thirteen that the themes bring.

A browser shows nothing until it has read every stylesheet of a page. Bootstrap, KaTeX and the others have rules for
whatever a page might contain; a third of them is for what is on this book's pages.
"""

import hashlib
import re
from itertools import pairwise
from os.path import relpath
from pathlib import Path

import tinycss2
from sphinx.errors import ExtensionError

LINK = re.compile(r'<link\b[^>]*\brel="stylesheet"[^>]*>\s*')
SCRIPT = re.compile(r'<script\b[^>]*\bsrc="([^"?]+)')
WORD = re.compile(r"[\w-]+")


def one_stylesheet(app, exception):
    """Write the stylesheet and link it, in place of the others, from every page."""
    if exception or app.builder.name != "html":
        return
    static = Path(app.outdir).resolve() / "_static"
    pages = {path: path.read_text("utf-8") for path in static.parent.rglob("*.html") if "_static" not in path.parts}
    sheets, scripts = {}, set()  # the sheets in the order of the links, which says what overrides what
    for path, text in pages.items():
        for link in LINK.findall(text):
            sheets[(path.parent / re.search(r'href="([^"?]+)', link)[1]).resolve()] = None
        scripts.update((path.parent / address).resolve() for address in SCRIPT.findall(text))
    sheets = [sheet for sheet in sheets if not sheet.match("book.*.css")]
    if not sheets:
        return  # no page is new

    pieces = set()  # most of a page is the same few elements over and over: each is looked at once
    bodies = [LINK.sub("", text) for text in pages.values()]  # a link has the name of the sheet before this one
    for text in [*bodies, *(path.read_text("utf-8") for path in scripts)]:
        pieces.update(text.split("<"))
    # Of the words, those that a sheet has as well, lest a picture of another name make the stylesheet new.
    style = "".join(path.read_text("utf-8") for path in sorted(static.rglob("*.css")) if not path.match("book.*"))
    words = set(WORD.findall(" ".join(pieces))).intersection(WORD.findall(style))
    state = "".join([*sorted(words), style])
    target = static / f"book.{hashlib.sha256(state.encode()).hexdigest()[:8]}.css"
    if not target.exists():
        for old in static.glob("book.*.css"):
            old.unlink()
        target.write_text("\n".join(rule for sheet in sheets for rule in used(sheet, words, static)), "utf-8")

    for path, text in pages.items():
        before, *after = LINK.split(text)
        if after:
            link = f'<link rel="stylesheet" href="{relpath(target, path.parent)}" />\n    '
            path.write_text(before + link + "".join(after), "utf-8")


def used(sheet, words, folder):
    """Yield those rules of a stylesheet that can apply where there are some words, as text for one in a folder."""

    def moved(tokens):
        """Return tokens as text, with addresses that are right from the folder."""
        there = lambda found: f'url("{relpath(sheet.parent / found[2], folder)}")'  # noqa: E731
        return re.sub(r"""url\((["']?)(?!data:|#)([^)"']+)\1\)""", there, tinycss2.serialize(tokens).strip())

    def kept(rules):
        for rule in rules:
            if rule.type == "error":
                raise ExtensionError(f"{sheet} cannot be read: {rule.message}")
            if rule.type == "qualified-rule":
                selectors = [selector for selector in split(rule.prelude) if applies(selector, words)]
                if selectors:
                    yield f"{','.join(map(tinycss2.serialize, selectors))}{{{moved(rule.content)}}}"
            elif rule.lower_at_keyword == "import":
                [address] = [token.value for token in rule.prelude if token.type in ("string", "url")]
                yield from used((sheet.parent / address).resolve(), words, folder)
            elif rule.lower_at_keyword in ("media", "supports"):
                inner = list(kept(tinycss2.parse_rule_list(rule.content, True, True)))
                if inner:
                    yield "\n".join([f"@{rule.at_keyword} {moved(rule.prelude)}{{", *inner, "}"])
            elif rule.lower_at_keyword != "charset":
                yield f"@{rule.at_keyword} {moved(rule.prelude)}{{{moved(rule.content)}}}"

    return kept(tinycss2.parse_stylesheet(sheet.read_text("utf-8"), True, True))


def split(tokens):
    """Return the selectors of a list of selectors."""
    selectors = [[]]
    for token in tokens:
        if token == ",":
            selectors.append([])
        elif selectors[-1] or token.type != "whitespace":
            selectors[-1].append(token)
    return selectors


def applies(selector, words):
    """Tell whether every class and identifier that a selector asks for, outside brackets, is a word of some page."""
    asked = [after.value for dot, after in pairwise(selector) if dot == "."]
    asked += [token.value for token in selector if token.type == "hash"]
    return words.issuperset(asked)


def setup(app):
    """Do it when all else has been written."""
    app.connect("build-finished", one_stylesheet, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
