"""Gradient descent in a few lines, for the experiments of the book."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


def descend(
    objective: Callable[[np.ndarray], tuple[float, np.ndarray]],
    start: Any,
    step: float | Callable[[int], float],
    steps: int,
    reports: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Walk against the gradient; return where that ends, and the value before each step.

    Parameters
    ----------
    objective : function
        Takes the parameters and returns value and gradient.
    start : array
        The parameters to start from.
    step : float or function
        The step size, or a function of the number of the step.
    steps : int
        How many steps to take.
    reports : int
        How often to print how far it has come.

    Examples
    --------
    >>> bowl = lambda w: (w @ w, 2 * w)
    >>> end, values = descend(bowl, [1.0, -2.0], step=0.25, steps=3)
    >>> end, values
    (array([ 0.125, -0.25 ]), array([5.    , 1.25  , 0.3125]))
    """
    parameters, values = np.array(start, dtype=float), np.empty(steps)
    for t in range(steps):
        values[t], gradient = objective(parameters)
        parameters = parameters - (step(t) if callable(step) else step) * gradient
        if reports and (t + 1) % max(1, steps // reports) == 0:
            print(f"step {t + 1:5d} of {steps}   cost {values[t]:.5g}", flush=True)
    return parameters, values


def linear(
    loss: Any, x: np.ndarray, y: np.ndarray, step: float | Callable[[int], float], steps: int, reports: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Fit y by x @ weights with a loss; return the weights and the cost before each step.

    The chain rule is all there is to it: the gradient with respect to the weights is x.T @ gradient with respect
    to the predictions. A column of ones in x gives the intercept.

    >>> from lossbook import MSE
    >>> x = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    >>> weights, cost = linear(MSE(), x, np.array([1.0, 3.0, 5.0]), step=0.2, steps=200)
    >>> weights.round(6)
    array([1., 2.])
    """

    def objective(weights: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = loss.value_and_gradient(y, x @ weights)
        return value, x.T @ gradient

    return descend(objective, np.zeros(x.shape[1]), step, steps, reports)


def orthogonal(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return columns q at right angles, of mean square 1, that span those of x; and r, for which x = q @ r.

    Under the squared error they make a round bowl. Weights v for q are the weights solve(r, v) for x.

    >>> q, r = orthogonal(np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]))
    >>> np.abs(q.T @ q / 3).round(6)
    array([[1., 0.],
           [0., 1.]])
    """
    q, r = np.linalg.qr(x)
    scale = np.sqrt(len(x))
    return q * scale, r / scale


@dataclass(frozen=True)
class Network:
    """A network with one hidden layer of rectified units. Its parameters lie in one array, as ``descend`` wants them.

    Parameters
    ----------
    inputs, hidden, outputs : int
        How many numbers go in, how many units there are in between, how many numbers come out.

    Examples
    --------
    >>> net = Network(inputs=3, hidden=4, outputs=2)
    >>> parameters = net.start(np.random.default_rng(0))
    >>> outputs, back = net.vjp(parameters, np.zeros((5, 3)))
    >>> outputs.shape, back(np.ones((5, 2))).shape == parameters.shape
    ((5, 2), True)
    """

    inputs: int
    hidden: int
    outputs: int

    def start(self, rng: np.random.Generator) -> np.ndarray:
        """Return random parameters, of a size at which the outputs keep the scale of the inputs."""
        first = rng.normal(scale=np.sqrt(2 / self.inputs), size=(self.inputs + 1, self.hidden))
        second = rng.normal(scale=np.sqrt(1 / self.hidden), size=(self.hidden + 1, self.outputs))
        first[-1], second[-1] = 0, 0  # the last row is added, whatever the input
        return np.concatenate([first.ravel(), second.ravel()])

    def __call__(self, parameters: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Return the outputs, a row for each row of x."""
        return self.vjp(parameters, x)[0]

    def vjp(self, parameters: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
        """Return the outputs, and a function that takes a gradient back from them to the parameters.

        This is backpropagation: the chain rule, from the outputs to the first layer. What comes back is a
        vector-Jacobian product, which gives the method its usual name.
        """
        cut = (self.inputs + 1) * self.hidden
        first, second = parameters[:cut].reshape(-1, self.hidden), parameters[cut:].reshape(-1, self.outputs)
        units = np.maximum(x @ first[:-1] + first[-1], 0)

        def back(by_output: np.ndarray) -> np.ndarray:
            by_unit = (by_output @ second[:-1].T) * (units > 0)
            layers = [(x, by_unit), (units, by_output)]
            return np.concatenate([part.ravel() for x, by in layers for part in (x.T @ by, by.sum(axis=0))])

        return units @ second[:-1] + second[-1], back
