"""What value, pointwise and gradient owe to each other, whatever the shape, the layout or the blocks."""

import numpy as np
import pytest
from examples import CALLS, CASES, as_tuple, restricted

from lossbook import MAE, MSE, Huber, SparseCategoricalCrossEntropy, _loss
from lossbook.accuracy import variables

each_case = pytest.mark.parametrize("case", CASES, ids=str)

SHAPES = [(), (7,), (2, 3, 4), (1, 5)]


def everything(loss, inputs):
    """Return mean, points and the parts of the gradient, from all four calls."""
    value, gradient = loss.value_and_gradient(*inputs)
    return [
        loss(*inputs),
        value,
        loss.pointwise(*inputs),
        *as_tuple(loss.gradient(*inputs)),
        *as_tuple(gradient),
    ]


def assert_same(found, expected, ulps=0):
    """Compare within some ulps of the number, or of 1 where terms of about that size cancel."""
    for x, y in zip(found, expected, strict=True):
        allowed = ulps * np.finfo(y.dtype).eps
        np.testing.assert_allclose(x, y, rtol=allowed, atol=allowed, strict=True)


@each_case
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_mean_and_its_gradient_carry_one_over_the_number_of_points(case, shape):
    inputs = case.inputs(*shape)
    mean, value, points, *gradients = everything(case.loss, inputs)
    assert points.shape == shape
    assert mean == value == pytest.approx(np.sum(points) / points.size, rel=1e-15)
    parts = len(variables(case.loss))
    assert_same(gradients[:parts], gradients[parts:])
    for name, part in zip(variables(case.loss), gradients[:parts], strict=True):
        assert part.shape == inputs[case.loss.inputs.index(name)].shape
    for index in np.ndindex(shape):  # each point by itself gives n times what it has in the mean
        alone, gradient = case.loss.value_and_gradient(*(x[index] for x in inputs))
        assert points[index] == pytest.approx(alone, rel=1e-15)
        for part, whole in zip(as_tuple(gradient), gradients, strict=False):
            np.testing.assert_allclose(whole[index] * points.size, part, rtol=1e-15)


def test_all_elements_are_counted_not_the_rows():
    value, gradient = MSE().value_and_gradient(np.zeros((4, 3)), np.ones((4, 3)))
    assert value == 1
    assert (gradient == 2 / 12).all()


LAYOUTS = {
    "list": np.ndarray.tolist,
    "columns first": np.asfortranarray,
    "every second": lambda x: np.repeat(x, 2, axis=0)[::2],
    "backwards": lambda x: x[::-1].copy()[::-1],
    "transposed": lambda x: x.T.copy().T,
    "other byte order": lambda x: x.astype(x.dtype.newbyteorder()),
    "unaligned": lambda x: np.frombuffer(b"." + x.tobytes(), x.dtype, offset=1).reshape(x.shape),
}


@each_case
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_layout_in_memory_does_not_matter(case, layout, monkeypatch):
    """Sums may run in another order, nothing else changes."""
    inputs = case.inputs(6, 5)
    plain = everything(case.loss, inputs)
    for block in (20, 10**6):
        monkeypatch.setattr(_loss, "BLOCK", block)
        assert_same(everything(case.loss, [LAYOUTS[layout](x) for x in inputs]), plain, ulps=8)


@each_case
@pytest.mark.parametrize("block", [20, 10**6])
def test_inputs_are_left_alone(case, block, monkeypatch):
    """They may be read-only, are not written to, and are not what is returned."""
    monkeypatch.setattr(_loss, "BLOCK", block)
    inputs, copies = case.inputs(6, 5), case.inputs(6, 5)
    for x in inputs:
        x.flags.writeable = False
    results = everything(case.loss, inputs)
    for x, copy in zip(inputs, copies, strict=True):
        np.testing.assert_array_equal(x, copy, strict=True)
    assert not any(np.shares_memory(x, result) for x in inputs for result in results)


@each_case
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("size", [3, 40])
def test_blocks_give_what_one_piece_gives(case, size, dtype, monkeypatch):
    """Also blocks that do not divide the points, that hold one row, and that are smaller than a row."""
    inputs = case.inputs(5, 7, size=size, dtype=dtype)
    whole = everything(case.loss, inputs)
    for block in (1, 7, 12, 34, 35, 36, 104, 105, 120, 1399):
        monkeypatch.setattr(_loss, "BLOCK", block)
        assert_same(everything(case.loss, inputs), whole, ulps=8)


@each_case
def test_large_arrays_go_through_blocks(case):
    """Against the same points a few at a time, just above the size of a block."""
    n = 30_001 if case.loss.point_ndim else 70_001
    assert n * 3**case.loss.point_ndim > _loss.BLOCK
    inputs = case.inputs(n)
    mean, _, points, *gradients = everything(case.loss, inputs)
    assert mean == pytest.approx(points.mean(), rel=1e-12)
    for part in np.array_split(np.arange(n), 5):
        few = [x[part] for x in inputs]
        np.testing.assert_allclose(points[part], case.loss.pointwise(*few), rtol=1e-14)
        for whole, piece in zip(gradients, as_tuple(case.loss.gradient(*few)), strict=False):
            np.testing.assert_allclose(whole[part] * n, piece * len(part), rtol=1e-13, atol=1e-15)


@each_case
@pytest.mark.parametrize("call", CALLS)
def test_a_wrong_value_in_the_last_block_is_found(case, call, monkeypatch):
    monkeypatch.setattr(_loss, "BLOCK", 9)
    for name in restricted(case.loss):
        inputs = case.inputs(10)
        position = case.loss.inputs.index(name)
        inputs[position].reshape(-1)[-1] = -7
        with pytest.raises(ValueError, match=rf"\b{name}\b.*-7"):
            getattr(case.loss, call)(*inputs)


@pytest.mark.parametrize("loss", [MSE(), MAE(), Huber()], ids=repr)
def test_a_mean_in_float32_keeps_its_digits_over_many_blocks(loss, monkeypatch):
    monkeypatch.setattr(_loss, "BLOCK", 4)
    y_hat = np.full(10_000, 1.1, np.float32)
    exact = loss(np.zeros(1), y_hat[:1].astype(float))
    assert loss(0 * y_hat, y_hat) == pytest.approx(exact, rel=2e-7)
    assert loss.value_and_gradient(0 * y_hat, y_hat)[0] == pytest.approx(exact, rel=2e-7)


def test_the_sum_over_blocks_does_not_overflow_before_the_mean(monkeypatch):
    monkeypatch.setattr(_loss, "BLOCK", 1)
    y_hat = np.full(9, 1e19, np.float32)
    assert MSE()(0 * y_hat, y_hat) == pytest.approx(1e38)
    assert MSE().value_and_gradient(0 * y_hat, y_hat)[0] == pytest.approx(1e38)


def test_a_row_longer_than_a_block():
    size = _loss.BLOCK + 1
    value, gradient = SparseCategoricalCrossEntropy(from_logits=True).value_and_gradient(3, np.zeros(size))
    assert value == pytest.approx(np.log(size))
    assert gradient[3] == pytest.approx(1 / size - 1)
    assert gradient.shape == (size,)


@each_case
@pytest.mark.parametrize("call", CALLS)
def test_dtypes(case, call):
    """The last input decides, whatever the labels or targets are made of."""

    def dtypes(*inputs):
        result = getattr(case.loss, call)(*inputs)
        parts = [part for x in as_tuple(result) for part in as_tuple(x)]
        return {part.dtype.name for part in parts}

    wide, narrow = case.inputs(4), case.inputs(4, dtype=np.float32)
    assert dtypes(*wide) == {"float64"}
    assert dtypes(*narrow) == {"float32"}
    assert dtypes(*wide[:-1], narrow[-1]) == {"float32"}
    assert dtypes(*narrow[:-1], wide[-1].astype(">f8")) == {"float64"}


@each_case
@pytest.mark.parametrize("call", CALLS)
def test_float32_is_computed_in_float32(case, call, monkeypatch):
    """A wider array on the way would be rounded before it is returned, and would cost time and memory unseen."""
    seen = set()
    plain = type(case.loss)._value_then_gradient

    def watched(self, xp, *arrays):
        for terms in plain(self, xp, *arrays):
            seen.update(part.dtype.name for part in as_tuple(terms))
            yield terms

    monkeypatch.setattr(type(case.loss), "_value_then_gradient", watched)
    getattr(case.loss, call)(*case.inputs(4, dtype=np.float32))
    assert seen == {"float32"}
