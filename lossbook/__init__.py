"""Nine loss functions for machine learning: value and gradient, stable, checked, on any array library.

>>> from lossbook import Huber
>>> loss = Huber(delta=1.0)
>>> value, gradient = loss.value_and_gradient([3.0, 5.0], [2.5, 7.0])
>>> float(value), gradient
(0.8125, array([-0.25,  0.5 ]))
"""

from lossbook._loss import Loss
from lossbook.binary_cross_entropy import BinaryCrossEntropy
from lossbook.categorical_cross_entropy import CategoricalCrossEntropy, SparseCategoricalCrossEntropy
from lossbook.contrastive import Contrastive
from lossbook.hinge import Hinge
from lossbook.huber import Huber
from lossbook.kl_divergence import KLDivergence
from lossbook.mae import MAE
from lossbook.mse import MSE
from lossbook.triplet import Triplet

LOSSES = (
    MSE,
    MAE,
    Huber,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    SparseCategoricalCrossEntropy,
    KLDivergence,
    Hinge,
    Contrastive,
    Triplet,
)

__all__ = [*(loss.__name__ for loss in LOSSES), "LOSSES", "Loss"]
__version__ = "0.1.0"
