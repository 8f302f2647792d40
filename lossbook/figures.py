"""One colour for each loss throughout the book. The style beside it is ``plt.style.use("lossbook.book")``."""

from lossbook import (
    MAE,
    MSE,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Contrastive,
    Hinge,
    Huber,
    KLDivergence,
    SparseCategoricalCrossEntropy,
    Triplet,
)

# Okabe and Ito's palette, which colour-blind readers can tell apart; its yellow, too pale for a line, is left
# out. The two cross-entropies for classes are one loss and share a colour; four losses that never meet in one
# figure of curves borrow a second palette's colours (Paul Tol, "bright" and "muted").
COLOURS = {
    MSE: "#0072B2",
    MAE: "#D55E00",
    Huber: "#009E73",
    BinaryCrossEntropy: "#CC79A7",
    Hinge: "#E69F00",
    CategoricalCrossEntropy: "#56B4E9",
    SparseCategoricalCrossEntropy: "#56B4E9",
    KLDivergence: "#882255",
    Contrastive: "#332288",
    Triplet: "#999933",
}
GREY = "#666666"
