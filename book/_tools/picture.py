"""Draw the nine losses, as lossbook computes them: book/_assets/losses.svg, and a picture of each beside it."""

from pathlib import Path

import numpy as np

import lossbook
from lossbook.figures import COLOURS, GREY

ASSETS = Path(__file__).parents[1] / "_assets"
N = 201
WIDTH, HEIGHT, MARGIN = 120, 72, 6  # of one picture
TITLE = 22  # the height of the line above it in the picture of all


def curves():
    """Yield, for each loss, its class, a title, the horizontal axis, and the loss along it."""
    error, p, z = np.linspace(-3, 3, N), np.linspace(0.01, 0.99, N), np.linspace(-4, 4, N)
    zero, one, origin = np.zeros(N), np.ones(N), np.zeros((N, 1))
    distance = np.linspace(0, 2.5, N)
    moved, near = distance[:, None], np.full((N, 1), 0.8)
    first, mixed = np.tile([1.0, 0.0], (N, 1)), np.tile([0.3, 0.7], (N, 1))
    for loss, title, label, x, inputs in (
        (lossbook.MSE(), "squared error", "error", error, (zero, error)),
        (lossbook.MAE(), "absolute error", "error", error, (zero, error)),
        (lossbook.Huber(), "Huber", "error", error, (zero, error)),
        (lossbook.BinaryCrossEntropy(), "binary cross-entropy", "probability", p, (one, p)),
        (lossbook.CategoricalCrossEntropy(from_logits=True), "cross-entropy", "logit", z, (first, np.c_[z, zero])),
        (lossbook.KLDivergence(), "KL divergence", "probability", p, (mixed, np.c_[p, 1 - p])),
        (lossbook.Hinge(), "hinge", "score", z, (one, z)),
        (lossbook.Contrastive(margin=1.5), "contrastive", "distance", distance, (one, origin, moved)),
        (lossbook.Triplet(), "triplet", "distance", distance, (origin, near, moved)),
    ):
        yield type(loss), title, label, x, loss.pointwise(*inputs)


def svg(width, height, inside):
    """Return a drawing as the text of its file."""
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n{inside}\n</svg>\n'


def curve(loss, x, y):
    """Return a curve over a line for no loss; the coordinates are rounded, so they are the same on every machine."""
    across = MARGIN + (WIDTH - 2 * MARGIN) * (x - x[0]) / (x[-1] - x[0])
    down = HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * y / y.max()
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across, down, strict=True))
    return (
        f'<path d="M0 {HEIGHT - MARGIN}H{WIDTH}" stroke="{GREY}" stroke-opacity=".4"/>'
        f'<polyline points="{points}" fill="none" stroke="{COLOURS[loss]}" stroke-width="3" stroke-linejoin="round"/>'
    )


def pictures():
    """Yield the name of each file and its text."""
    every = f'<rect width="100%" height="100%" fill="white"/><g font-family="sans-serif" font-size="11" fill="{GREY}">'
    for k, (loss, title, label, x, y) in enumerate(curves()):
        drawn = curve(loss, x, y)
        yield f"{loss.__module__.removeprefix('lossbook.')}.svg", svg(WIDTH, HEIGHT, drawn)
        every += f'<g transform="translate({k * (WIDTH + 16) + 8} {TITLE})" text-anchor="middle">{drawn}'
        every += f'<text x="{WIDTH / 2:g}" y="-6" fill="black">{title}</text>'
        every += f'<text x="{WIDTH / 2:g}" y="{HEIGHT + 9}">{label}</text></g>\n'
    yield "losses.svg", svg(9 * (WIDTH + 16), TITLE + HEIGHT + 16, every + "</g>")


def main():
    """Draw the pictures."""
    for name, text in pictures():
        (ASSETS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
