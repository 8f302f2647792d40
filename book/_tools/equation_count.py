"""Counts the equations of the book by how they are known to hold, and says so."""

from collections import Counter

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

STATUSES = ("defined", "proven", "checked")
LOG = logging.getLogger(__name__)


class Count(nodes.inline):
    """The place of a number that is known when all pages have been read."""


class CountRole(SphinxRole):
    """{equation-count}`proven` becomes the number of proven equations in the whole book."""

    def run(self):
        """Leave a place for the number."""
        if self.text not in STATUSES:
            raise ExtensionError(f"equation-count: {self.text!r} is none of {', '.join(STATUSES)}")
        self.env.metadata[self.env.docname]["counts_equations"] = "yes"
        return [Count(status=self.text)], []


def read_page(app, doctree):
    """Count the equations of a page, and mark the line under each so that it can be set small."""
    counts = Counter()
    for block in doctree.findall(nodes.math_block):
        if block.get("label") is None:
            continue
        line = next(iter(block.findall(nodes.paragraph, descend=False, siblings=True)), None)
        status = line.children[0].astext() if line is not None and line.children else ""
        if status not in STATUSES:
            raise ExtensionError(f"{app.env.docname}: the equation {block['label']} was not checked by anything")
        line["classes"].append("equation-status")
        counts[status] += 1
    totals(app.env)[app.env.docname] = counts


def totals(env):
    """Return the counts of all pages."""
    if not hasattr(env, "equation_counts"):
        env.equation_counts = {}
    return env.equation_counts


def forget_page(app, env, docname):
    """Forget the counts of a page that will be read again, or is gone."""
    totals(env).pop(docname, None)


def merge_pages(app, env, docnames, other):
    """Take the counts of pages that were read by another process."""
    totals(env).update({name: totals(other)[name] for name in docnames if name in totals(other)})


def rewrite_pages(app, env):
    """Pages that show the total are written again whenever any page was read."""
    return [name for name, data in env.metadata.items() if data.get("counts_equations")]


def fill_in(app, doctree, docname):
    """Put the numbers in their places."""
    total = sum(totals(app.env).values(), Counter())
    for place in list(doctree.findall(Count)):
        place.replace_self(nodes.Text(str(total[place["status"]])))


def report(app, exception):
    """Say how many equations each page has."""
    if exception:
        return
    counted = {name: counts for name, counts in sorted(totals(app.env).items()) if counts}
    for name, counts in [*counted.items(), ("the whole book", sum(counted.values(), Counter()))]:
        LOG.info("equations: %s", f"{name:32}" + ", ".join(f"{counts[s]} {s}" for s in STATUSES))


def setup(app):
    """Connect the functions above to the events of a build."""
    app.add_node(Count)
    app.add_role("equation-count", CountRole())
    app.connect("doctree-read", read_page)
    app.connect("env-purge-doc", forget_page)
    app.connect("env-merge-info", merge_pages)
    app.connect("env-updated", rewrite_pages)
    app.connect("doctree-resolved", fill_in)
    app.connect("build-finished", report)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
