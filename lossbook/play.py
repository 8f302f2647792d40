"""Figures to play with: drawings whose sliders move what was computed here, in advance.

``draw`` is called once for every position of the sliders. The page holds the drawing at the start, the words
and numbers that differ at other positions, and a short script that puts them in place when a slider moves.

>>> import numpy as np
>>> from lossbook import MSE
>>> y = np.array([0.0, 1.0, 5.0])
>>> def cost(prediction):
...     return float(MSE()(y, np.full(3, prediction)))
>>> predictions = np.linspace(-1, 6, 29)
>>> parabola = Curve(predictions, [cost(p) for p in predictions], "#0072B2", "mean squared error")
>>> def draw(prediction):
...     says = f"Predicting {number(prediction)} for 0, 1 and 5 costs {number(cost(prediction))} on average."
...     return [parabola, Points(prediction, cost(prediction))], says
>>> RangeFigure(
...     "The mean is the cheapest prediction",
...     [Panel((-1, 6, "prediction"), (0, 20, "loss"), alt="A parabola, lowest at 2, and a point on it.")],
...     [Slider("prediction", predictions, start=0.5)],
...     draw,
... )
The mean is the cheapest prediction: Predicting 0.50 for 0, 1 and 5 costs 6.92 on average.
"""

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from itertools import pairwise, product, zip_longest
from typing import Any

import numpy as np

__all__ = ["Area", "Arrows", "Curve", "Panel", "Points", "RangeFigure", "Slider", "Text", "number"]

# A panel in pixels: the drawing and its margins. Inside the drawing everything is in tenths of a pixel.
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 300, 180, 44, 16, 26, 42
FARTHEST = 100_000  # how far outside the drawing browsers can be trusted
STILL = "The sliders of this figure need JavaScript and, in JupyterLab, a trusted notebook."


def number(value: float, form: str = ".2f") -> str:
    """Return a number as the page prints it: with a real minus sign, and the same on every machine.

    >>> number(-1.234), number(-0.001), number(0.12345, ".3g")
    ('−1.23', '0.00', '0.123')
    """
    return f"{float(f'{value:.12g}'):z{form}}".replace("-", "−")


@dataclass(frozen=True)
class Slider:
    """A slider over values that increase, evenly or not: ``range(41)``, ``np.geomspace(0.1, 10, 41)``."""

    label: str
    values: Sequence[float]
    start: float  # one of the values
    unit: str = ""

    def __post_init__(self) -> None:
        """Check the fields."""
        values = [float(value) for value in self.values]
        if not self.label.strip():
            raise ValueError("a slider needs a label")
        if len(values) < 2 or not all(a < b for a, b in pairwise([-math.inf, *values, math.inf])):
            raise ValueError(f"slider {self.label!r}: values must be finite and increase, found {values}")
        object.__setattr__(self, "values", values)
        if not math.isclose(values[self.first], self.start, abs_tol=1e-9 * (values[-1] - values[0])):
            raise ValueError(f"slider {self.label!r}: the start, {self.start}, is not one of the values")

    @property
    def first(self) -> int:
        """The position of the start."""
        return int(np.argmin(np.abs(np.subtract(self.values, self.start))))

    def shown(self, position: int) -> str:
        """Return the value at a position as it is printed."""
        shown = number(float(f"{self.values[position]:.4g}"), "g")
        return f"{shown}{self.unit}" if self.unit == "°" else f"{shown} {self.unit}".strip()


@dataclass(frozen=True)
class Panel:
    """Two axes, each (low, high, label). ``alt`` says what is drawn; ``equal`` scales keep circles round."""

    x: tuple[float, float, str]
    y: tuple[float, float, str]
    alt: str
    equal: bool = False

    def __post_init__(self) -> None:
        """Check the fields."""
        for low, high, label in (self.x, self.y):
            if not -math.inf < low < high < math.inf:
                raise ValueError(f"axis {label!r}: needs low < high, both finite, found {low} and {high}")
        if not self.alt.strip():
            raise ValueError("a panel needs an alt text")

    @property
    def height(self) -> int:
        """The height of the drawing in pixels."""
        return round(WIDTH * (self.y[1] - self.y[0]) / (self.x[1] - self.x[0])) if self.equal else HEIGHT

    def place(self, x: Any, y: Any) -> np.ndarray:
        """Return lines of points in the drawing, in tenths of a pixel; each column of x and y is a line."""
        x, y = np.broadcast_arrays(np.array(x, float, ndmin=1), np.array(y, float, ndmin=1))
        across = (x - self.x[0]) / (self.x[1] - self.x[0]) * WIDTH * 10
        down = (self.y[1] - y) / (self.y[1] - self.y[0]) * self.height * 10
        points = _whole(np.clip(np.stack([across, down], -1), -FARTHEST, FARTHEST))
        return points[None] if x.ndim == 1 else points.swapaxes(0, 1)

    def axes(self) -> str:
        """Return grid, axes, ticks and labels."""

        def text(x: float, y: float, anchor: str, words: str) -> str:
            return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(words)}</text>'

        bottom, right = TOP + self.height, LEFT + WIDTH
        texts = text(4, 14, "start", self.y[2]) + text(LEFT + WIDTH / 2, bottom + 36, "middle", self.x[2])
        lines = ""
        for tick in _ticks(*self.x[:2], 6):
            x = LEFT + self.place(tick, 0)[0, 0, 0] / 10
            texts += text(x, bottom + 17, "middle", number(tick, "g"))
            lines += f"M{x:g} {TOP}V{bottom}"
        for tick in _ticks(*self.y[:2], 5):
            y = TOP + self.place(0, tick)[0, 0, 1] / 10
            texts += text(LEFT - 6, y + 4.5, "end", number(tick, "g"))
            lines += f"M{LEFT} {y:g}H{right}"
        axis = f"M{LEFT} {TOP}V{bottom}H{right}"
        return f'<path class="grid" d="{lines}"/><path class="axis" d="{axis}"/>{texts}'


def _whole(points: np.ndarray) -> np.ndarray:
    """Round twice, lest the last digits of a half, which differ between machines, decide."""
    return np.rint(np.round(points, 6)) + 0.0


def _ticks(low: float, high: float, most: int) -> np.ndarray:
    """Return round numbers from low to high, at most about so many."""
    steps = (digit * 10.0**power for power in range(-12, 13) for digit in (1, 2, 5))
    step = next(step for step in steps if (high - low) / step <= most)
    return np.arange(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1) * step


@dataclass(frozen=True)
class Curve:
    """A line through points, with a gap at NaN; each column of 2-D x and y is a line, as in Matplotlib.

    So ``Curve([x, x], [y, y_hat])`` draws the residuals. The style is "", "thin" or "dashed".
    """

    x: Any
    y: Any
    colour: str = ""  # "#rrggbb", or "" for that of the page's text
    label: str = ""
    style: str = ""

    element, styles = "path", ("", "thin", "dashed")
    sample = "M 0 60 220 60"  # stands before the label in the legend

    def __post_init__(self) -> None:
        """Check the style."""
        if self.style not in self.styles:
            raise ValueError(f"{type(self).__name__} has the styles {self.styles}, found {self.style!r}")

    @property
    def look(self) -> str:
        """The attributes that are the same at every position."""
        return f' class="{type(self).__name__.lower()} {self.style}"{_inks(self.colour)}'

    def strings(self, panel: Panel) -> dict[str, str]:
        """Return the attributes that may differ; "" is the text inside."""
        return {"d": _path(panel.place(self.x, self.y))}


class Area(Curve):
    """A filled polygon; each column of 2-D x and y is one."""

    styles, sample = ("",), "M 20 0 200 0 200 120 20 120"


class Points(Curve):
    """Points. The style is "" (round) or "square"."""

    styles, sample = ("", "square"), "M 110 60 h 0"

    def strings(self, panel: Panel) -> dict[str, str]:  # lines without length, of which the ends are seen
        points = panel.place(self.x, self.y).reshape(-1, 2)
        return {"d": " ".join(f"M {x:.0f} {y:.0f} h 0" for x, y in points if np.isfinite(x + y))}


class Arrows(Curve):
    """Arrows: ``Arrows([x, to_x], [y, to_y])``."""

    sample = "M 0 60 220 60 M 160 15 220 60 160 105"

    def strings(self, panel: Panel) -> dict[str, str]:
        lines = panel.place(self.x, self.y)
        tip, back = lines[:, -1], lines[:, -2] - lines[:, -1]
        length = np.hypot(*back.T)[:, None]
        back = back / np.maximum(length, 1) * np.minimum(60, length / 2)
        side = back[:, ::-1] * [-0.7, 0.7]
        heads = np.stack([tip + back + side, tip, tip + back - side], 1)
        return {"d": f"{_path(lines)} {_path(_whole(heads))}"}


@dataclass(frozen=True)
class Text:
    """Words at a point, which is their start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str = "start"

    element, label = "text", ""

    @property
    def look(self) -> str:
        return f' text-anchor="{self.anchor}"'

    def strings(self, panel: Panel) -> dict[str, str]:
        x, y = panel.place(self.x, self.y)[0, 0]
        return {"x": f"{x:.0f}", "y": f"{y:.0f}", "": self.text}


def _path(lines: np.ndarray) -> str:
    words: list[str] = []
    for line in lines:
        drawing = False
        for x, y in line:
            if finite := np.isfinite(x + y):
                words += [*("" if drawing else "M"), f"{x:.0f}", f"{y:.0f}"]
            drawing = finite
    return " ".join(words)


@cache
def _inks(colour: str) -> str:
    """Return a colour twice: dark enough for white paper, and light enough for the paper of dark mode."""
    if not colour:
        return ""
    if not re.fullmatch("#[0-9a-fA-F]{6}", colour):
        raise ValueError(f"a colour is written #rrggbb, found {colour!r}")
    linear = (np.frombuffer(bytes.fromhex(colour[1:]), np.uint8) / 255) ** 2.2
    light = linear @ [0.2126, 0.7152, 0.0722]
    darker = linear * min(1, 0.28 / max(light, 0.01))
    lighter = linear + (1 - linear) * max(0, (0.24 - light) / (1 - light))
    inks = (bytes(np.rint(255 * ink ** (1 / 2.2)).astype(np.uint8)).hex() for ink in (darker, lighter))
    return ' style="--light:#{};--dark:#{}"'.format(*inks)


def _pack(strings: np.ndarray) -> list[Any]:
    """Split strings into words: what never changes as text, the rest as [strides, values].

    A word that follows one slider alone has a value for each position of that slider alone.

    >>> _pack(np.array([["M 1 2 3", "M 1 2 4"], ["M 5 2 3", "M 5 2 4"]], object))
    ['M', [[1, 0], [1, 5]], '2', [[0, 1], [3, 4]]]
    """
    parts: list[Any] = []
    for column in zip_longest(*(string.split(" ") for string in strings.flat), fillvalue=""):
        words = np.array(column, object).reshape(strings.shape)
        for axis in range(words.ndim):
            first = words.take([0], axis)
            words = first if (words == first).all() else words
        if words.size > 1:
            strides = [math.prod(words.shape[k + 1 :]) * (n > 1) for k, n in enumerate(words.shape)]
            parts.append([strides, [int(w) if re.fullmatch(r"0|-?[1-9]\d*", w) else w for w in words.flat]])
        elif parts and isinstance(parts[-1], str):
            parts[-1] += f" {words.item()}"
        else:
            parts.append(words.item())
    return parts


class RangeFigure:
    """A figure with one or two sliders, in a notebook or a page.

    ``draw(value, ...)`` takes the value of each slider and returns the marks of each panel, a list a panel,
    and last a sentence or two that say what there is to see. At every position it returns marks of the same
    kinds, colours, labels and styles, in the same order. On a page, every figure has its own title.
    """

    def __init__(
        self, title: str, panels: Sequence[Panel], sliders: Sequence[Slider], draw: Callable[..., Any]
    ) -> None:
        self.title, self.sliders = title, sliders
        self.name = "play-" + re.sub(r"\W+", "-", title.lower()).strip("-")
        if self.name == "play-" or not panels or len(sliders) not in (1, 2):
            raise ValueError("a figure has a title, panels, and one or two sliders")
        self._positions = list(product(*(range(len(slider.values)) for slider in sliders)))
        self._start = self._positions.index(tuple(slider.first for slider in sliders))
        frames: list[list[Any]] = []
        for position in self._positions:
            values = [slider.values[k] for slider, k in zip(sliders, position, strict=True)]
            *marks, says = draw(*values)
            if len(marks) != len(panels) or not isinstance(says, str) or not says.strip():
                raise ValueError(f"draw returns a list of marks a panel, then a sentence; not at {values}")
            frames.append([*marks, re.sub(r"\s*\n\s*", " ", says)])
            if _looks(frames[-1]) != _looks(frames[0]):
                raise ValueError(f"draw returns the same kinds of marks at every position; not at {values}")
        self.says = frames[self._start][-1]
        self._changes: list[dict[str, list[Any]]] = []  # for each element that changes, attributes in words
        self._html = self._page(panels, list(zip(*frames, strict=True)))

    def __repr__(self) -> str:
        """Return the title and what the figure says at the start."""
        return f"{self.title}: {self.says}"

    def _repr_html_(self) -> str:
        return self._html

    def _page(self, panels: Sequence[Panel], columns: list[Any]) -> str:
        # In the order of the page: the script finds what changes by its place.
        drawings = "".join(map(self._drawing, panels, columns))
        says = self._element("p", f' id="{self.name}-says" aria-live="polite"', {"": columns[-1]})
        sliders = "".join(map(self._slider, range(len(self.sliders)), self.sliders))
        longest = escape(max(columns[-1], key=len))  # its room is kept, or the sliders would move under the finger
        data = json.dumps(self._changes, ensure_ascii=False, separators=(",", ":")).replace("<", r"\u003c")
        here = files("lossbook")
        style, script = (here.joinpath(name).read_text("utf-8") for name in ("play.css", "play.js"))
        return (
            f'<figure class="play" id="{self.name}"><style>\n{style}</style>'
            f'<figcaption>{escape(self.title)}</figcaption><div class="play-panels">{drawings}</div>'
            f'<div class="play-says" data-longest="{longest}">{says}</div>'
            f'<div class="play-sliders" hidden>{sliders}</div><p class="play-still">{STILL}</p>'
            f'<script type="application/json">{data}</script><script>\n{script}</script></figure>'
        )

    def _drawing(self, panel: Panel, frames: Sequence[Sequence[Any]]) -> str:
        marks = legend = ""
        for same in zip(*frames, strict=True):
            mark, strings = same[0], [mark.strings(panel) for mark in same]
            changing = {key: [each[key] for each in strings] for key in strings[0]}
            marks += self._element(mark.element, mark.look, changing)
            if mark.label:
                sample = f'<path{mark.look} d="{mark.sample}"/>'
                legend += f'<span><svg viewBox="0 0 220 120" aria-hidden="true">{sample}</svg>'
                legend += f"{escape(mark.label)}</span>"
        return (
            f'<div class="play-panel"><p>{legend}</p>'
            f'<svg viewBox="0 0 {LEFT + WIDTH + RIGHT} {TOP + panel.height + BOTTOM}" role="img" '
            f'aria-label="{escape(panel.alt)}" aria-describedby="{self.name}-says">{panel.axes()}'
            f'<svg viewBox="0 0 {WIDTH * 10} {panel.height * 10}" x="{LEFT}" y="{TOP}" width="{WIDTH}" '
            f'height="{panel.height}" style="height:{panel.height}px">{marks}</svg></svg></div>'
        )

    def _slider(self, k: int, slider: Slider) -> str:
        name, shown = f"{self.name}-{k + 1}", [slider.shown(position[k]) for position in self._positions]
        fixed = f' id="{name}" type="range" min="0" max="{len(slider.values) - 1}" value="{slider.first}"'
        fixed += " data-lm-suppress-shortcuts"  # or JupyterLab would take the arrow keys for itself
        value = self._element("span", ' aria-hidden="true"', {"": shown})
        handle = self._element("input", fixed, {"aria-valuetext": shown})
        return f'<div><label for="{name}">{escape(slider.label)}</label>{value}{handle}</div>'

    def _element(self, kind: str, fixed: str, strings: dict[str, Sequence[str]]) -> str:
        """Return an element as it is at the start, and keep what differs elsewhere."""
        shape = [len(slider.values) for slider in self.sliders]
        packed = {key: _pack(np.array(each, object).reshape(shape)) for key, each in strings.items()}
        if changes := {key: parts for key, parts in packed.items() if list in map(type, parts)}:
            self._changes.append(changes)
            fixed += " data-live"
        here = {key: escape(each[self._start]) for key, each in strings.items()}
        text = here.pop("", "")
        fixed += "".join(f' {key}="{value}"' for key, value in here.items())
        return f"<{kind}{fixed}>" + (f"{text}</{kind}>" if kind != "input" else "")


def _looks(frame: Sequence[Any]) -> list[Any]:
    return [[(type(mark), mark.look, mark.label) for mark in marks] for marks in frame[:-1]]
