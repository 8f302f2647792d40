"""Gradient descent, as the experiments of the book use it."""

import numpy as np
import pytest

from lossbook import MAE, MSE, Huber
from lossbook.data import telephone_calls
from lossbook.fits import Network, descend, linear


def bowl(w):
    return w @ w, 2 * w


def test_a_step_of_one_half_reaches_the_bottom_of_a_bowl():
    end, values = descend(bowl, [3.0, -4.0], step=0.5, steps=2)
    assert (end == 0).all()
    assert values.tolist() == [25, 0]


def test_the_step_may_depend_on_its_number():
    _, values = descend(bowl, [1.0], step=lambda t: [0.25, 0.5][t], steps=2)
    assert values.tolist() == [1, 0.25]


def test_the_start_is_not_changed():
    start = np.array([1.0])
    descend(bowl, start, step=0.1, steps=3)
    assert start == 1


def test_long_fits_say_how_far_they_are(capsys):
    descend(bowl, [1.0], step=0.25, steps=100, reports=4)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[-1].startswith("step   100 of 100   cost ")


def test_short_fits_are_silent(capsys):
    descend(bowl, [1.0], step=0.25, steps=100)
    assert not capsys.readouterr().out


@pytest.mark.parametrize("loss", [MSE(), Huber(delta=1e6)], ids=repr)
def test_linear_finds_least_squares(loss):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 3)), rng.normal(size=30)
    weights, cost = linear(loss, x, y, step=0.3, steps=500)
    np.testing.assert_allclose(weights, np.linalg.lstsq(x, y)[0], rtol=1e-9)
    assert (np.diff(cost) <= 1e-15).all()


def test_linear_with_the_absolute_error_finds_the_median():
    weights, _ = linear(MAE(), np.ones((5, 1)), np.array([1, 2, 3, 50, 99.0]), step=lambda t: 20 / (1 + t), steps=400)
    assert abs(weights[0] - 3) < 0.1


def test_network_hands_the_gradient_back_through_its_layers():
    """Central differences of the cost, by each of the parameters."""
    rng = np.random.default_rng(0)
    net, x, y, loss = Network(inputs=3, hidden=5, outputs=2), rng.normal(size=(7, 3)), rng.normal(size=(7, 2)), MSE()
    parameters = net.start(rng) + rng.normal(scale=0.1, size=32)
    outputs, back = net.vjp(parameters, x)
    found = back(loss.gradient(y, outputs))
    steps = 1e-6 * np.eye(parameters.size)
    wanted = [(loss(y, net(parameters + h, x)) - loss(y, net(parameters - h, x))) / 2e-6 for h in steps]
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-9)
    assert np.count_nonzero(found) > 25


def test_network_keeps_the_scale_of_its_inputs():
    rng = np.random.default_rng(0)
    net = Network(inputs=100, hidden=400, outputs=50)
    start = net.start(rng)
    assert 0.9 < net(start, rng.normal(size=(200, 100))).std() < 1.1
    assert (net(start, np.zeros((1, 100))) == 0).all()


def test_telephone_calls_are_free_of_typing_errors():
    """A changed number would change the sum, or the line of least squares."""
    years, calls = telephone_calls()
    slope, intercept = np.polyfit(years - 1900, 10 * calls, 1)
    assert (round(slope, 3), round(intercept, 3)) == (5.041, -260.059)
    assert round(calls.sum(), 2) == 119.98
