"""Figures to play with: what they hold, and what they do in a browser."""

import json
import re
from functools import cache
from html.parser import HTMLParser

import numpy as np
import pytest

from lossbook import MAE, MSE, play
from lossbook.figures import COLOURS
from lossbook.play import Area, Arrows, Curve, Panel, Points, RangeFigure, Slider, Text, number

X = np.arange(1.0, 8.0)
Y = np.array([2.5, 5.5, 6.0, 10.0, 10.5, 13.0, 15.0])
HEIGHTS = range(-20, 41, 2)
DATA = Panel((0, 8, "x"), (-25, 45, "y"), "Six points near a rising line, and an outlier that turns it.")
LOSS = Panel((-25, 45, "y of the outlier"), (0, 100, "mean squared error"), "A parabola, and a point on it.")
PAPERS = {"light": "#ffffff", "dark": "#121212"}


def fit(last):
    """Return the data with this outlier, its line of least squares and what it costs."""
    moved = np.array([*Y[:-1], last])
    line = np.polyval(np.polyfit(X, moved, 1), X)
    return moved, line, float(MSE()(moved, line))


@cache
def outlier(noise=0.0):
    """Return a figure with two panels and one slider."""
    blue, red = COLOURS[MSE], COLOURS[MAE]
    parabola = Curve(HEIGHTS, [fit(last)[2] for last in HEIGHTS], blue, "MSE of the best line")

    def draw(last):
        moved, line, value = fit(last)
        line, value = line * (1 + noise), value * (1 - noise)
        marks = [
            Curve([X, X], [moved, line], blue, "residuals", "thin"),
            Curve(X, line, blue, "least squares"),
            Points(X[:-1], Y[:-1], "", "data"),
            Points(7, last, red, "outlier", "square"),
        ]
        says = f"At {number(last, 'g')} the slope is {number(line[1] - line[0])} and the MSE {number(value)}."
        return marks, [parabola, Points(last, value, red)], says

    slider = Slider("outlier", HEIGHTS, start=34)
    return RangeFigure("One outlier turns the line", [DATA, LOSS], [slider], draw)


@cache
def square():
    """Return a figure with one panel, two sliders and every kind of mark."""

    def draw(right, up):
        marks = [
            Area([0, right, right, 0], [0, 0, up, up], "#332288", "the area"),
            Curve([0, right], [0, np.nan], "#56B4E9", "nothing", "dashed"),
            Arrows([0, right], [0, up], "#E69F00", "a < b & c"),
            Text(right, up, f"({number(right)}, {number(up)})", "end"),
        ]
        return marks, f"The area is {number(right * up)}" + (", the largest." if right * up == 4 else ".")

    panel = Panel((-1, 3, "right"), (-1, 3, "up"), "A rectangle with its diagonal.", equal=True)
    steps = np.linspace(0, 2, 9)
    sliders = [Slider("right", steps, start=1), Slider("up", steps, start=0.5, unit="m")]
    return RangeFigure("How large?", [panel], sliders, draw)


class Elements(HTMLParser):
    """The elements of a page, each with its attributes and, under "", its text."""

    def __init__(self, figure):
        super().__init__()
        self.all = []
        self.feed(figure._repr_html_())

    def handle_starttag(self, tag, attrs):
        self.all.append({"tag": tag, "": "", **dict(attrs)})

    def handle_data(self, data):
        self.all[-1][""] += data


@cache
def live(figure):
    """Return the elements that the script changes, and for each its attributes in words."""
    elements = Elements(figure).all
    data = next(e[""] for e in elements if e.get("type") == "application/json")
    return [e for e in elements if "data-live" in e], json.loads(data)


def sentence(figure):
    """Return the words of the sentence under the drawings."""
    return next(change[""] for element, change in zip(*live(figure), strict=True) if "aria-live" in element)


def at(parts, *position):
    """Put words together as the script does."""
    words = [p if isinstance(p, str) else p[1][int(np.dot(p[0], position))] for p in parts]
    return " ".join(map(str, words)).rstrip()


# What is in the page


def test_least_squares_is_where_gradient_descent_ends():
    """The line of the figure is the one that lossbook's own gradient leads to."""
    moved, line, _ = fit(34.0)
    slope = intercept = 0.0
    for _ in range(4000):
        gradient = MSE().gradient(moved, slope * X + intercept)
        slope, intercept = slope - 0.02 * gradient @ X, intercept - 0.02 * gradient.sum()
    np.testing.assert_allclose(slope * X + intercept, line, rtol=1e-9)


def test_same_everywhere():
    """The output is the same again, and on a machine whose last digits differ."""
    page = outlier()._repr_html_()
    assert outlier.__wrapped__()._repr_html_() == page
    assert outlier(noise=3e-16)._repr_html_() == page
    assert outlier(noise=-3e-16)._repr_html_() == page


def test_size():
    assert len(outlier()._repr_html_()) < 15_000
    assert len(square()._repr_html_()) < 25_000


def test_asks_nobody():
    assert "://" not in outlier()._repr_html_() + square()._repr_html_()


def test_repr_says_what_is_shown():
    _, line, value = fit(34)
    says = f"At 34 the slope is {line[1] - line[0]:.2f} and the MSE {value:.2f}."
    assert repr(outlier()) == f"One outlier turns the line: {says}"


@pytest.mark.parametrize(("figure", "start"), [(outlier(), (27,)), (square(), (4, 2))], ids=["one", "two"])
def test_start_is_what_the_script_would_show(figure, start):
    """Without the script the page shows the sliders' start."""
    elements, changes = live(figure)
    for element, change in zip(elements, changes, strict=True):
        for name, parts in change.items():
            assert element[name] == at(parts, *start)


def test_every_position_is_what_lossbook_says():
    """Lines are drawn to a tenth of a pixel, numbers printed to the last digit."""
    _, changes = live(outlier())
    residuals, line, _, point, says, _, _ = (next(iter(change.values())) for change in changes)
    for k, last in enumerate(HEIGHTS):
        moved, fitted, value = fit(last)
        across = X / 8 * 3000
        down, fitted_down = (45 - moved) / 70 * 1800, (45 - fitted) / 70 * 1800
        drawn = np.array(at(line, k).split()[1:], float).reshape(-1, 2)
        np.testing.assert_allclose(drawn, np.c_[across, fitted_down], atol=0.51)
        drawn = np.array(re.findall(r"-?\d+", at(residuals, k)), float).reshape(-1, 4)
        np.testing.assert_allclose(drawn, np.c_[across, down, across, fitted_down], atol=0.51)
        drawn = np.array(re.findall(r"-?\d+", at(point, k))[:2], float)
        np.testing.assert_allclose(drawn, [(last + 25) / 70 * 3000, (100 - value) / 100 * 1800], atol=0.51)
        numbers = re.findall(r"−?\d+(?:\.\d+)?", at(says, k))
        assert numbers == [number(last, "g"), number(fitted[1] - fitted[0]), number(value)]


def test_every_position_of_two_sliders():
    """Each word follows the sliders it depends on."""
    _, changes = live(square())
    steps = np.linspace(0, 2, 9)
    for i, right in enumerate(steps):
        for j, up in enumerate(steps):
            text, says = changes[2], sentence(square())
            assert at(text[""], i, j) == f"({right:.2f}, {up:.2f})"
            assert at(text["x"], i, j) == f"{(right + 1) / 4 * 3000:.0f}"
            assert at(says, i, j).startswith(f"The area is {right * up:.2f}")
            assert at(says, i, j).endswith(", the largest.") == (right * up == 4)


def test_jupyterlab_leaves_the_keys_to_the_sliders():
    """JupyterLab has commands on the arrow keys, and deletes a cell on d d."""
    sliders = [e for e in Elements(square()).all if e["tag"] == "input"]
    assert len(sliders) == 2
    assert all("data-lm-suppress-shortcuts" in slider for slider in sliders)


def test_names_do_not_clash():
    ids = [e["id"] for figure in (outlier(), square()) for e in Elements(figure).all if "id" in e]
    assert len(set(ids)) == len(ids) == 7
    labels = [e["for"] for figure in (outlier(), square()) for e in Elements(figure).all if "for" in e]
    assert set(labels) < set(ids)


def test_sentences_may_be_broken_into_lines():
    broken = figure(lambda value: ([Points(0, 0)], "A point,\n    not more."))
    assert repr(broken) == "Point: A point, not more."


def test_words_are_escaped():
    page = square()._repr_html_()
    assert "a &lt; b &amp; c" in page
    assert "a < b" not in page


def test_no_word_ends_the_script():
    words = "</script><b>"
    shown = figure(lambda value: ([Points(0, 0)], f"{words} {number(value)}"))
    assert words not in shown._repr_html_()
    assert at(sentence(shown), 2) == f"{words} 2.00"


def test_gaps_and_what_lies_far_outside():
    panel = Panel((0, 1, ""), (0, 1, ""), "nothing")
    assert Curve([0, 0.5, np.nan, 1], [0, 1, 1, 1]).strings(panel) == {"d": "M 0 1800 1500 0 M 3000 0"}
    assert Curve([0, 0], [1, np.inf]).strings(panel) == {"d": "M 0 0 0 -100000"}
    assert Points(1, 1e300).strings(panel) == {"d": "M 3000 -100000 h 0"}
    assert Curve([], []).strings(panel) == {"d": ""}
    assert Text(0.5, 1, "half").strings(panel) == {"x": "1500", "y": "0", "": "half"}


@pytest.mark.parametrize(("length", "back"), [(1, 60), (0.02, 30)])
def test_an_arrow_has_a_head(length, back):
    """Two strokes from the tip, back and to both sides."""
    panel = Panel((0, 1, ""), (0, 1, ""), "an arrow", equal=True)
    path = Arrows([0, 0.6 * length], [0, 0.8 * length]).strings(panel)["d"]
    start, tip, one, again, other = np.array(re.findall(r"-?\d+", path), float).reshape(-1, 2)
    way = (tip - start) / np.linalg.norm(tip - start)
    assert way == pytest.approx([0.6, -0.8])  # down is positive
    assert (tip == again).all()
    for stroke, side in ((one - tip, -1), (other - tip, 1)):
        assert stroke @ way == pytest.approx(-back, abs=1)
        assert stroke @ [0.8, 0.6] == pytest.approx(0.7 * side * back, abs=1.1)


@pytest.mark.parametrize("colour", sorted(set(COLOURS.values())))
def test_colours_stand_out(colour):
    """Lines have a contrast of at least 3 : 1 on white paper and on that of dark mode."""
    light, dark = re.findall("#[0-9a-f]{6}", play._inks(colour))
    assert contrast(light, PAPERS["light"]) > 3
    assert contrast(dark, PAPERS["dark"]) > 3


def contrast(*colours):
    """Return the contrast of two colours as WCAG defines it."""
    rgb = np.array([[int(c[k : k + 2], 16) / 255 for k in (1, 3, 5)] for c in colours])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    low, high = sorted(linear @ [0.2126, 0.7152, 0.0722] + 0.05)
    return high / low


def figure(draw=lambda value: ([Points(0, 0)], "A point."), title="Point", panels=(DATA,), sliders=1):
    return RangeFigure(title, panels, [Slider("value", [0, 1, 2], start=1)] * sliders, draw)


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: Slider("", [0, 1], 0), "label"),
        (lambda: Slider("a", [1], 1), "increase"),
        (lambda: Slider("a", [0, 2, 1], 1), "increase"),
        (lambda: Slider("a", [0, 1, np.nan], 1), "increase"),
        (lambda: Slider("a", [0, 1, np.inf], 1), "finite"),
        (lambda: Slider("a", [0, 1, 2], 1.5), "start"),
        (lambda: Panel((1, 0, "x"), (0, 1, "y"), "alt"), "'x'"),
        (lambda: Panel((0, 1, "x"), (0, np.inf, "y"), "alt"), "'y'"),
        (lambda: Panel((0, 1, "x"), (0, 1, "y"), " "), "alt"),
        (lambda: Curve(0, 0, style="dotted"), "dashed"),
        (lambda: Area(0, 0, style="thin"), "styles"),
        (lambda: Points(0, 0, "blue").look, "#rrggbb"),
        (lambda: figure(title="?"), "title"),
        (lambda: figure(panels=()), "panels"),
        (lambda: figure(sliders=3), "sliders"),
        (lambda: figure(lambda value: [Points(0, 0)]), "sentence"),
        (lambda: figure(lambda value: ([Points(0, 0)], "")), "sentence"),
        (lambda: figure(lambda value: ([Points(0, 0)] * int(value), "One more.")), "position"),
        (lambda: figure(lambda value: ([Points(0, 0, label=f"{value}")], "Another.")), "position"),
        (lambda: figure(lambda value: ([Points([0, 1], [0, 1, 2])], "Uneven.")), "shape"),
    ],
)
def test_bad_input_is_refused(make, word):
    with pytest.raises(ValueError, match=word):
        make()


# What it does in a browser


@pytest.fixture
def show(browser, tmp_path):
    """Return a function that opens a page with both figures; at the end nothing has gone wrong in it."""
    contexts, faults = [], []
    path = tmp_path / "page.html"

    def open_page(theme="light", width=1280, **options):
        paper, ink = (PAPERS[theme], "#222832") if theme == "light" else (PAPERS[theme], "#ced6dd")
        path.write_text(
            f'<!doctype html><html lang="en" data-theme="{theme}"><title>Figures</title>'
            '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<body style='background:{paper};color:{ink};margin:1rem auto;max-width:43rem;padding:0 1rem'>"
            f"<main><h1>Figures</h1>{outlier()._repr_html_()}{square()._repr_html_()}</main>",
            encoding="utf-8",
        )
        contexts.append(browser.new_context(viewport={"width": width, "height": 800}, **options))
        page = contexts[-1].new_page()
        page.on("request", lambda r: r.url.startswith("file:") or faults.append(r.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults


SHOWN = """(figure) => ({
    values: [...figure.querySelectorAll("input")].map(input => input.getAttribute("aria-valuetext")),
    beside: [...figure.querySelectorAll(".play-sliders span")].map(span => span.textContent),
    drawn: [...figure.querySelectorAll("path[data-live]")].map(path => path.getAttribute("d")),
    texts: [...figure.querySelectorAll("svg svg text")].map(text => text.textContent),
})"""


def check(page, figure, *position):
    """The figure in the page shows this position: what it draws at once, what it says soon."""
    box = page.locator(f"#{figure.name}")
    elements, changes = live(figure)
    shown = box.evaluate(SHOWN)
    values = [slider.shown(k) for slider, k in zip(figure.sliders, position, strict=True)]
    assert shown["values"] == shown["beside"] == values
    assert shown["drawn"] == [at(change["d"], *position) for change in changes if "d" in change]
    texts = [c[""] for e, c in zip(elements, changes, strict=True) if e["tag"] == "text"]
    assert shown["texts"] == [at(text, *position) for text in texts]
    box.locator("[aria-live]").get_by_text(at(sentence(figure), *position), exact=True).wait_for(timeout=2000)


def test_keyboard(show):
    """The tabulator reaches each slider, keys move it, and nothing else moves."""
    page, one, two = show(), outlier(), square()
    page.keyboard.press("Tab")
    check(page, one, 27)
    for key, position in {"ArrowRight": 28, "Home": 0, "ArrowUp": 1, "End": 30, "ArrowLeft": 29}.items():
        page.keyboard.press(key)
        check(page, one, position)
    check(page, two, 4, 2)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    check(page, two, 5, 2)
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    check(page, two, 5, 8)
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("End")
    check(page, two, 8, 8)
    check(page, one, 29)


def test_says_what_lossbook_says(show):
    page = show()
    page.get_by_role("slider", name="outlier").press("Home")
    _, line, value = fit(-20)
    says = f"At −20 the slope is −{line[0] - line[1]:.2f} and the MSE {value:.2f}."
    page.get_by_text(says, exact=True).wait_for()


def test_mouse(show):
    page = show()
    box = page.get_by_role("slider", name="outlier").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    check(page, outlier(), 15)
    page.mouse.move(box["x"] + box["width"] + 50, box["y"])
    check(page, outlier(), 30)


def test_touch(show):
    page = show(width=390, has_touch=True)
    slider = page.get_by_role("slider", name="outlier")
    box = slider.bounding_box()
    slider.tap(position={"x": 2, "y": box["height"] - 4})
    check(page, outlier(), 0)


def test_spoken_a_few_times_a_second(show):
    """While a slider is pulled, the drawing follows at once and the text, which is read out, now and then."""
    page = show()
    spoken = page.evaluate(
        """async () => {
            const slider = document.querySelector("input"), says = document.querySelector("[aria-live]");
            let spoken = 0;
            new MutationObserver(() => spoken++).observe(says, {childList: true});
            for (slider.value = 0; slider.value < 30; slider.value++) {
                slider.dispatchEvent(new Event("input"));
                await new Promise(resolve => setTimeout(resolve, 20));
            }
            await new Promise(resolve => setTimeout(resolve, 400));
            return spoken;
        }"""
    )
    assert 2 <= spoken <= 8


LAYOUT = """() => {
    const all = selector => [...document.querySelectorAll(selector)], box = e => e.getBoundingClientRect();
    const size = text => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a;
    const cut = text => {
        const [inner, outer] = [box(text), box(text.ownerSVGElement)];
        return inner.left < outer.left || inner.right > outer.right || inner.bottom > outer.bottom;
    };
    return {
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        letters: Math.min(...all("svg text").map(size)),
        cut: all("svg text").filter(cut).map(text => text.textContent),
        targets: Math.min(...all("input").map(input => box(input).height)),
        columns: new Set(all("figure:first-of-type .play-panel").map(panel => box(panel).x)).size,
        strokes: all(".play svg svg path, .play p path").map(path => getComputedStyle(path).stroke),
    };
}"""


@pytest.mark.parametrize("theme", PAPERS)
@pytest.mark.parametrize(("width", "columns"), [(1280, 2), (390, 1), (320, 1)])
def test_layout(show, theme, width, columns):
    """Nothing is cut off, too wide, too small to read or hit, or too faint to see."""
    layout = show(theme, width).evaluate(LAYOUT)
    assert layout["overflow"] <= 0
    assert not layout["cut"]
    assert layout["letters"] >= (11 if width > 320 else 10)
    assert layout["targets"] >= 24
    assert layout["columns"] == columns
    rgb = [[int(part) for part in re.findall(r"\d+", stroke)] for stroke in layout["strokes"]]
    assert min(contrast("#{:02x}{:02x}{:02x}".format(*colour), PAPERS[theme]) for colour in rgb) > 3


def test_focus_is_seen(show):
    page = show()
    page.keyboard.press("Tab")
    assert page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2


@pytest.mark.parametrize("theme", PAPERS)
def test_accessible(axe, show, theme):
    page = show(theme)
    assert not [f["id"] for f in axe.run(page).response["violations"]]
    assert page.get_by_role("img", name=DATA.alt).count() == 1


def test_without_script(show):
    """The start is shown, and a note where the sliders would be."""
    page = show(java_script_enabled=False)
    assert page.get_by_text(play.STILL).first.is_visible()
    assert page.get_by_text(outlier().says).is_visible()
    assert page.locator("svg[role=img]").first.is_visible()
    assert not page.locator("input").first.is_visible()


@pytest.mark.parametrize("script", [True, False])
def test_print(show, script):
    """Paper shows the drawing and the text where they are, and no slider."""
    page = show("dark", java_script_enabled=script)
    page.emulate_media(media="print")
    assert page.get_by_text(outlier().says).is_visible()
    assert page.locator("svg[role=img]").first.is_visible()
    assert not page.locator("input").first.is_visible()
    assert not page.get_by_text(play.STILL).first.is_visible()
