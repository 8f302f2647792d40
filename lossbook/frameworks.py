"""What the frameworks compute: code that was run in PyTorch, JAX, Keras and scikit-learn, and what came out.

The record beside this module is written by ``book/_tools/frameworks.py``, which runs the frameworks. To show it
needs none of them.

>>> from lossbook.frameworks import table
>>> shapes = table("mse", "Perfect predictions, of shapes (3,) and (3, 1)")
>>> shapes.answers["Perfect predictions, of shapes (3,) and (3, 1)"]["NumPy"]["result"]
'1.3333'
"""

import json
import textwrap
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

__all__ = ["Table", "table"]

# Where there is little room, the parts of a row stand one below the other; the roles keep it a table all the same.
STYLE = """
.frameworks { container-type: inline-size; font-size: 0.85em; line-height: 1.45; margin-block: 1em; }
.frameworks table.answers { border: 0; border-collapse: collapse; font-size: inherit; margin: 0; width: 100%; }
.frameworks .answers caption { caption-side: top; color: inherit; font-size: inherit; padding: 0; text-align: left; }
.frameworks .answers tr { background: none; border: 0; }
.frameworks .answers :is(th, td) { background: none; border: 0; color: inherit; font-weight: 400; max-width: none;
  padding: 0.2em 0.8em 0.2em 0; text-align: left; vertical-align: top; white-space: normal; }
.frameworks .answers th.question { border-top: 1px solid color-mix(in srgb, currentColor 35%, transparent);
  font-weight: 700; padding-top: 0.7em; }
.frameworks .answers tbody tr:last-child > * { padding-bottom: 0.9em; }
.frameworks .answers .name { white-space: nowrap; width: 6.5em; }
.frameworks .answers .result { padding-right: 0; width: 26%; }
.frameworks .answers :is(pre, code) { background: none; border: 0; box-shadow: none; color: inherit; font-size: inherit;
  line-height: inherit; margin: 0; overflow: visible; overflow-wrap: anywhere; padding: 0; white-space: pre-wrap; }
.frameworks .answers pre { font-size: 0.92em; }
.frameworks .answers pre.value { font-weight: 600; }
.frameworks .answers p { font-size: inherit; margin: 0; overflow-wrap: anywhere; }
.frameworks .answers b { color: color-mix(in srgb, #d1242f 65%, currentColor); font-weight: 600; }
@container (max-width: 36rem) {
  .frameworks table.answers, .frameworks .answers :is(caption, tbody, tr, th, td) { display: block; }
  .frameworks .answers thead { clip-path: inset(50%); height: 1px; overflow: hidden; position: absolute; width: 1px; }
  .frameworks .answers tbody tr > :is(.name, .code, .result) { padding: 0.15em 0; width: auto; }
  .frameworks .answers tbody tr > .name { padding-top: 0.6em; }
  .frameworks .answers tbody tr > .code { border-left: 2px solid color-mix(in srgb, currentColor 35%, transparent);
    padding-block: 0; padding-left: 0.7em; }
  .frameworks .answers tbody tr:last-child > .result { padding-bottom: 0.9em; }
}
"""


@dataclass(frozen=True, repr=False)
class Table:
    """Questions about a loss, and each framework's answer: its code with a result or an error, and warnings."""

    loss: str
    answers: dict[str, dict[str, dict[str, Any]]]

    @property
    def setup(self) -> dict[str, dict[str, Any]]:
        """The imports and versions of the frameworks that answer."""
        here = {name for codes in self.answers.values() for name in codes}
        return {name: setup for name, setup in record()["frameworks"].items() if name in here}

    def __repr__(self) -> str:
        """Return the whole table as plain text."""
        lines = []
        for question, answers in self._blocks():
            lines += [question, *(f"  {name}\n{_plain(answer)}" for name, answer in answers.items()), ""]
        return "\n".join(lines).rstrip()

    def _repr_html_(self) -> str:
        heads = "".join(
            f'<th class="{kind}" role="columnheader" scope="col">{head}</th>'
            for kind, head in (("name", "Framework"), ("code", "Code"), ("result", "Result"))
        )
        return (
            f'<div class="frameworks"><style>{STYLE}</style>\n<table class="answers" role="table">\n'
            "<caption>The code that was run, and what came out</caption>\n"
            f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead>\n'
            + "\n".join(_body(question, answers) for question, answers in self._blocks())
            + "\n</table></div>"
        )

    def _blocks(self) -> list[tuple[str, dict[str, dict[str, Any]]]]:
        return [*self.answers.items(), ("Imports and versions", self.setup)]


@cache
def record() -> dict[str, Any]:
    """Return what was recorded: the frameworks, and the answers for each loss."""
    return json.loads(files("lossbook").joinpath("frameworks.json").read_text(encoding="utf-8"))


def table(loss: str, *questions: str) -> Table:
    """Return what the frameworks answered about a loss: to the given questions, or to all of them.

    >>> list(table("huber").answers)[0]
    'Residuals of ½ and 3'
    >>> table("huber", "Residuals of 4")
    Traceback (most recent call last):
    KeyError: "nothing on record about 'Residuals of 4' for huber"
    """
    recorded = record()["losses"].get(loss, {})
    for question in questions or ([] if recorded else ["it"]):
        if question not in recorded:
            raise KeyError(f"nothing on record about {question!r} for {loss}")
    return Table(loss, {question: recorded[question] for question in questions or recorded})


def _outcome(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what came out: the result or the error, and the warnings, each with a word for what it is."""
    words = {"result": "", "error": "raises"}
    outcome = [(word, answer[kind]) for kind, word in words.items() if kind in answer]
    return outcome + [("warns", text) for text in answer.get("warnings", [])]


def _plain(answer: dict[str, Any]) -> str:
    outcome = (f"→ {word} {text}" if word else f"→ {text}" for word, text in _outcome(answer))
    return textwrap.indent("\n".join([answer["code"], *outcome]), "    ")


def _body(question: str, answers: dict[str, dict[str, Any]]) -> str:
    rows = "\n".join(_row(name, answer) for name, answer in answers.items())
    return (
        '<tbody role="rowgroup"><tr role="row"><th class="question" colspan="3" role="rowheader" '
        f'scope="rowgroup">{escape(question)}</th></tr>\n{rows}</tbody>'
    )


def _row(name: str, answer: dict[str, Any]) -> str:
    outcome = "".join(
        f"<p><b>{word}</b> {_text(text)}</p>" if word else f'<pre class="value">{_text(text)}</pre>'
        for word, text in _outcome(answer)
    )
    return (
        f'<tr role="row"><th class="name" role="rowheader" scope="row">{name}</th>'
        f'<td class="code" role="cell"><pre><code>{_text(answer["code"])}</code></pre></td>'
        f'<td class="result" role="cell">{outcome}</td></tr>'
    )


def _text(text: str) -> str:
    return escape(text, quote=False)
