"""The figure to play with in each chapter of the built book: what a reader sees is what `lossbook` computes.

The numbers are computed here once more, and not as in the chapters: by numerical derivatives, general
minimisers, other grids. They are compared with the sentence and the drawing in the page, to the last digit.
"""

import re
from itertools import combinations
from math import exp
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.datasets import load_iris

from lossbook import (
    MAE,
    MSE,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Contrastive,
    Hinge,
    Huber,
    KLDivergence,
    Triplet,
)

BOOK = Path(__file__).parents[1] / "_build" / "html" / "book"
X = np.arange(1.0, 8.0)
SIX = np.array([2.5, 5.5, 6.0, 10.0, 10.5, 13.0])


# What is to be seen, of the sliders' values: the numbers of the sentence, words of it, points in each panel.


def derivative(f, x, step=1e-5):
    return (f(x + step) - f(x - step)) / (2 * step)


def lowest(cost, size):
    """Return where a smooth or smoothed cost is lowest, with its gradient known."""
    return minimize(cost, np.zeros(size), jac=True, method="BFGS", options={"gtol": 1e-9}).x


def least_squares(loss, x, y):
    """Return intercept and slope of the line with the smallest loss, by descent on its gradient."""
    columns = np.column_stack([np.ones(len(x)), x])

    def cost(weights):
        value, gradient = loss.value_and_gradient(y, columns @ weights)
        return value, columns.T @ gradient

    return lowest(cost, 2)


def mse(height):
    y = np.append(SIX, height)
    others, line = least_squares(MSE(), X[:-1], SIX), least_squares(MSE(), X, y)
    cost = MSE()(y, line[0] + line[1] * X)
    from_others = others[0] + others[1] * X
    pulls = np.abs(derivative(lambda t: MSE().pointwise(y, from_others + t), 0.0))
    numbers = [height, others[1], line[1], cost, 100 * pulls[-1] / pulls.sum()]
    return numbers, [], [[(7, height), (7, line @ [1, 7])], [(height, cost)]]


def mae(place):
    sample = np.array([0.0, 1.0, 4.0, place])
    predictions = np.arange(-5, 15, 0.25)
    costs = np.array([MAE()(sample, np.full(4, p)) for p in predictions])
    best = predictions[costs < costs.min() + 1e-12]
    ends = [best[0]] if len(best) == 1 else [best[0], best[-1]]
    slope = [MSE().gradient(sample, np.full(4, p)).sum() for p in (0.0, 1.0)]  # a straight line in p
    mean = slope[0] / (slope[0] - slope[1])
    word = "only the prediction" if len(ends) == 1 else "every prediction"
    return [place, *ends, costs.min(), mean], [word], [[(best[0], costs.min())], [(place, mean)]]


def huber(height, delta):
    y = np.append(SIX, height)
    through_two = [np.polyfit(X[[i, j]], y[[i, j]], 1) for i, j in combinations(range(7), 2)]
    absolute = min(through_two, key=lambda line: MAE()(y, np.polyval(line, X)))[0]
    line = least_squares(Huber(delta), X, y)
    fit = line[0] + line[1] * X
    pull = derivative(lambda t: Huber(delta)(y[-1:], fit[-1:] + t), 0.0)
    weight = pull / (fit[-1] - y[-1])
    numbers = [least_squares(MSE(), X, y)[1], absolute, line[1], delta, weight]
    return numbers, [], [[(7, height)], [(7, weight)]]


def binary_cross_entropy(logit, label):
    def cost(z):
        return BinaryCrossEntropy()([label], [1 / (1 + exp(-z))])

    chance, entropy = 1 / (1 + exp(-logit)), BinaryCrossEntropy()([label], [label])
    numbers = [logit, chance, cost(logit), chance, label, derivative(cost, logit), label, entropy]
    return numbers, [], [[(logit, cost(logit))], [(logit, chance)]]


def categorical_cross_entropy(first, temperature):
    def softmax(z):
        return np.exp(np.array([z, 1, 0]) / temperature) / np.exp(np.array([z, 1, 0]) / temperature).sum()

    def cost(z):
        return CategoricalCrossEntropy()([1, 0, 0], softmax(z))

    p = softmax(first)
    numbers = [first, 1, 0, temperature, *p, cost(first), derivative(cost, first)]
    return numbers, [], [[(0.7, p[0]), (2.3, p[1])], [(first, cost(first))]]


def kl_divergence(mean, width):
    fine = np.linspace(-20, 20, 2001)

    def bell(x, mu, sigma):
        return np.exp(-(((x - mu) / sigma) ** 2) / 2) / sigma / np.sqrt(2 * np.pi)

    p, q = (bell(fine, -3, 1) + bell(fine, 3, 1)) / 2, bell(fine, mean, width)
    p, q = p / p.sum(), q / q.sum()
    near = 0.4 * round(mean / 0.4)  # where the curve has a corner
    numbers = [mean, width, KLDivergence()(p, q), KLDivergence()(q, p)]
    return numbers, [], [[(near, bell(near, mean, width))], []]


def hinge(angle, width):
    rows = np.r_[50:70, 100:120]
    petals, y = load_iris().data[rows][:, 2:], np.repeat([-1.0, 1.0], 20)
    w = 2 / width * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])

    def edge(goes_on):  # of the stretch of intercepts that are best, by bisection on the slope of the loss
        low, high = -50.0, 50.0
        while high - low > 1e-13 * 50:
            b = (low + high) / 2
            low, high = (b, high) if goes_on(Hinge().gradient(y, petals @ w + b).sum()) else (low, b)
        return b

    b = (edge(lambda slope: slope < -1e-9) + edge(lambda slope: slope < 1e-9)) / 2
    margins, cost = y * (petals @ w + b), Hinge()(y, petals @ w + b)
    objective = cost + 0.1 / 2 * (w @ w)
    counts = [(margins < 1 - 1e-9).sum(), 40, 1, (margins < 1e-9).sum()]
    return [width, 2 / width, *counts, cost, objective], [], [[], [(width, cost), (width, objective)]]


def contrastive(place, margin):
    def cost(friends, strangers):
        return Contrastive(margin).pointwise([0, 1], [[friends], [strangers]], [[0.0], [1.0]]).sum()

    pull, push = -derivative(lambda x: cost(x, place), place), -derivative(lambda x: cost(place, x), place)
    total = pull + push
    way = "it rests" if abs(total) < 1e-6 else f"it moves {'right' if total > 0 else 'left'}"
    value = cost(place, place)
    return [place, margin, value, pull, push], [way], [[(place, 0), (place + pull, 0.25)], [(place, value)]]


def triplet(angle, distance):
    members = np.array([[0, 0], [1, 0], [distance * np.cos(np.radians(angle)), distance * np.sin(np.radians(angle))]])
    cost = Triplet(margin=0.8)(*members)
    forces = np.zeros((3, 2))
    for at in np.ndindex(3, 2):
        nudge = np.zeros((3, 2))
        nudge[at] = 1
        forces[at] = derivative(lambda t, nudge=nudge: Triplet(margin=0.8)(*(members + t * nudge)), 0.0)
    kind = "is easy" if cost == 0 else "is semi-hard" if cost < 0.8 else "is hard"
    gap = [] if cost > 0.8 else [0.8]
    numbers = [distance, *gap, cost, *np.linalg.norm(forces, axis=1)]
    return numbers, [kind], [[members[2]], [(distance, cost)]]


CHAPTERS = [
    mse,
    mae,
    huber,
    binary_cross_entropy,
    categorical_cross_entropy,
    kl_divergence,
    hinge,
    contrastive,
    triplet,
]

# What is seen: the words; and of each panel the ticks, numbers and where their lines are, and the corners of what
# moves, in pixels.
SEEN = """figure => {
    const panels = [...figure.querySelectorAll("svg[role=img]")].map(panel => {
    const place = (node, x, y) => {
        const point = new DOMPoint(x, y).matrixTransform(node.getScreenCTM());
        return [point.x, point.y];
    };
    const labels = anchor => [...panel.querySelectorAll(`:scope > text[text-anchor=${anchor}]`)]
        .map(text => parseFloat(text.textContent.replace("−", "-"))).filter(Number.isFinite);
    const grid = panel.querySelector(".grid"), lines = grid.getAttribute("d");
    const down = [...lines.matchAll(/M([\\d.]+) [\\d.]+V/g)].map(m => place(grid, m[1], 0)[0]);
    const across = [...lines.matchAll(/M[\\d.]+ ([\\d.]+)H/g)].map(m => place(grid, 0, m[1])[1]);
    const corners = [...panel.querySelectorAll("svg path[data-live]")].flatMap(path =>
        [...path.getAttribute("d").matchAll(/(-?\\d+) (-?\\d+)/g)].map(m => place(path, m[1], m[2])));
    return {x: [labels("middle"), down], y: [labels("end"), across], corners};
    });
    const beside = [...figure.querySelectorAll(".play-sliders span")].map(span => span.textContent);
    const spoken = [...figure.querySelectorAll("input")].map(input => input.getAttribute("aria-valuetext"));
    return {panels, beside, spoken, says: figure.querySelector("[aria-live]").textContent};
}"""


def as_number(text):
    return float(text.replace("−", "-"))


def differences(seen, chapter):
    """Return in what a figure, as it is seen, differs from what its sliders' values lead to."""
    shown, spoken, says = seen["beside"], seen["spoken"], seen["says"]
    values = [as_number(re.match(r"−?[\d.]+", text)[0]) for text in shown]
    numbers, words, points = chapter(*values)
    printed = re.findall(r"−?\d+(?:\.\d+)?", says)
    faults = [f"{word!r} is not in {says!r}" for word in words if word not in says]
    if spoken != shown or len(printed) != len(numbers):
        return [*faults, f"{shown} beside the sliders, {spoken} read out, and {says!r}, for {numbers}"]
    for text, value in zip(printed, numbers, strict=True):
        digits = len(text.partition(".")[2])
        if abs(as_number(text) - value) > 0.5 * 10**-digits + 1e-6:
            faults.append(f"{text} for {value} in {says!r}")
    for panel, expected in zip(seen["panels"], points, strict=True):
        (x, at_x), (y, at_y), corners = panel["x"], panel["y"], np.array(panel["corners"])
        for point in expected:
            pixels = np.polyval(np.polyfit(x, at_x, 1), point[0]), np.polyval(np.polyfit(y, at_y, 1), point[1])
            if np.hypot(*(corners - pixels).T).min() > 0.6:
                faults.append(f"nothing is drawn at {point}, for {values}")
    return faults


def agrees(page, figure, chapter):
    """The figure agrees with `lossbook` once the sentence has followed a slider, within a fifth of a second."""
    page.clock.run_for(200)
    faults = differences(figure.evaluate(SEEN), chapter)
    assert not faults, "\n".join(faults)


def name(chapter):
    return chapter.__name__


def opened(context, chapter):
    page = context.new_page()
    page.goto((BOOK / f"{chapter.__name__}.html").as_uri())
    return page, page.locator("figure.play")


FAINT = """figure => {
    const parts = colour => colour.match(/[\\d.]+/g).map(Number);
    const light = colour => parts(colour).slice(0, 3).map(c => c / 255)
        .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0.05);
    let paper = figure;
    while (parts(getComputedStyle(paper).backgroundColor)[3] === 0) paper = paper.parentElement;
    const back = light(getComputedStyle(paper).backgroundColor);
    const inks = [...figure.querySelectorAll("svg svg path")].map(path => getComputedStyle(path).stroke);
    return inks.filter(ink => Math.max(light(ink) / back, back / light(ink)) < 3);
}"""


# The last place before a figure that the tabulator stops at gets the focus.
BEFORE = """figure => {
    const stops = [...document.querySelectorAll("a[href], button, input, summary")];
    const before = stop => stop.compareDocumentPosition(figure) === Node.DOCUMENT_POSITION_FOLLOWING;
    stops.filter(stop => before(stop) && stop.checkVisibility()).at(-1).focus();
}"""


def stopped(context):
    """Have time pass in the pages of a context when a test says so, and then at once."""
    context.clock.install()
    return context


@pytest.fixture(scope="module")
def desk(browser):
    return stopped(browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light"))


@pytest.fixture(scope="module")
def telephone(browser):
    screen = {"width": 390, "height": 760}
    return stopped(browser.new_context(viewport=screen, color_scheme="dark", has_touch=True, is_mobile=True))


@pytest.mark.parametrize("chapter", CHAPTERS, ids=name)
def test_at_the_desk(desk, chapter):
    """Tab leads to each slider; keys and mouse move it; every time the figure says and draws what is right."""
    page, figure = opened(desk, chapter)
    agrees(page, figure, chapter)
    figure.evaluate(BEFORE)
    for slider in figure.get_by_role("slider").all():
        page.keyboard.press("Tab")
        assert slider.evaluate("slider => slider === document.activeElement")
        assert slider.evaluate("slider => parseFloat(getComputedStyle(slider).outlineWidth)") >= 2
        steps = int(slider.get_attribute("max")) + 1
        for key, position in {"Home": 0, "ArrowRight": 1, "End": -1, "ArrowLeft": -2}.items():
            page.keyboard.press(key)
            assert int(slider.input_value()) == position % steps
            agrees(page, figure, chapter)
    assert not figure.evaluate(FAINT)
    for slider in figure.get_by_role("slider").all():
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        left, right, middle = box["x"] + 8, box["x"] + box["width"] - 8, box["y"] + box["height"] / 2
        page.mouse.move(right, middle)
        page.mouse.down()
        page.mouse.move(left, middle, steps=3)
        page.mouse.up()
        assert slider.input_value() == "0"
    agrees(page, figure, chapter)
    page.close()


@pytest.mark.parametrize("chapter", CHAPTERS, ids=name)
def test_on_a_telephone(telephone, chapter):
    """On a telephone, in the dark, a finger moves each slider, and the sentence is seen all the while."""
    page, figure = opened(telephone, chapter)
    for slider in figure.get_by_role("slider").all():
        slider.evaluate("slider => slider.scrollIntoView({block: 'end', behavior: 'instant'})")
        before, box = slider.input_value(), slider.bounding_box()
        middle = box["y"] + box["height"] / 2
        left = int(before) > int(slider.get_attribute("max")) / 2
        page.touchscreen.tap(box["x"] + box["width"] * (0.1 if left else 0.9), middle)
        assert slider.input_value() != before
        agrees(page, figure, chapter)
        assert slider.bounding_box() == box, "the slider moves away from under the finger"
        says = figure.locator("[aria-live]").bounding_box()
        assert says["y"] > 60, "the sentence is off the screen"
        assert says["y"] + says["height"] <= box["y"], "the hand covers the sentence"
    assert not figure.evaluate(FAINT)
    page.close()
