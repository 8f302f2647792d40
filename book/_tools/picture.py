"""Draw the nine losses, as lossbook computes them, into book/_assets/losses.svg."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import lossbook
from lossbook.figures import COLOURS

TARGET = Path(__file__).parents[1] / "_assets" / "losses.svg"
N = 201


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


def main():
    """Draw the picture."""
    plt.style.use("lossbook.book")
    plt.rcParams.update({"svg.hashsalt": "lossbook", "figure.facecolor": "white", "savefig.facecolor": "white"})
    figure, axes = plt.subplots(1, 9, figsize=(13, 1.9))
    for ax, (loss, title, label, x, y) in zip(axes.flat, curves(), strict=True):
        ax.plot(x, y, color=COLOURS[loss], lw=2.5)
        ax.set_title(title, fontsize=9)
        ax.set_xlabel(label, fontsize=8)
        ax.set(xticks=[], yticks=[], ylim=(-0.06 * y.max(), None))
    figure.savefig(TARGET, metadata={"Date": None})


if __name__ == "__main__":
    main()
