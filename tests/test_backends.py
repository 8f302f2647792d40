"""The same numbers from every array library, in its own arrays; and automatic differentiation agrees."""

import contextlib
import sys
import tracemalloc
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from examples import (
    CALLS,
    CASES,
    FROM_LOGITS,
    KINKS,
    LIMITS,
    as_tuple,
    class_number,
    restricted,
    stacked,
)

from lossbook import (
    MSE,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Hinge,
    SparseCategoricalCrossEntropy,
    _loss,
)
from lossbook.accuracy import variables

# One case for each piece of code: the other hyperparameters and labels take the same way through it.
PATHS = {(type(case.loss), any(v is True for v in vars(case.loss).values())): case for case in CASES}
POINTS = 12  # everywhere: JAX compiles each operation once for each shape
each_case = pytest.mark.parametrize("case", PATHS.values(), ids=str)


@dataclass(frozen=True)
class Backend:
    """An array library: how to get arrays into it and out again."""

    name: str
    xp: Any

    def to(self, x):
        if self.name == "dask.array":
            return self.xp.from_array(np.asarray(x), chunks=(4, 2)[: np.ndim(x)])  # several, also across a row
        return self.xp.asarray(np.asarray(x))

    def back(self, arrays):
        """Return several results in NumPy's arrays, those of Dask computed together."""
        if self.name == "dask.array":
            arrays = sys.modules["dask"].compute(*arrays, scheduler="synchronous")
        return [np.asarray(x) for x in arrays]


@contextlib.contextmanager
def opened(name, need):
    """Bring a library in. JAX knows float64 only inside."""
    module = need(name)
    with need("jax").enable_x64(True) if name == "jax.numpy" else contextlib.nullcontext():
        yield Backend(name, module)


@pytest.fixture(params=["array_api_strict", "torch", "jax.numpy", "dask.array"])
def backend(request, need):
    with opened(request.param, need) as library:
        yield library


@pytest.fixture
def torch(need):
    return need("torch")


@pytest.fixture
def jax(need):
    jax = need("jax")
    with jax.enable_x64(True):
        yield jax


def assert_near(found, expected, ulps=8):
    """Elements may differ by their own rounding, or by that of 1 where they are smaller."""
    eps = ulps * np.finfo(expected.dtype).eps
    np.testing.assert_allclose(found, expected, rtol=eps, atol=eps, strict=True)


def assert_at_points(backend, loss, inputs, values, gradients):
    """Compare with what is known of several points."""
    arrays = list(map(backend.to, inputs))
    results = [loss(*arrays), loss.pointwise(*arrays), *as_tuple(loss.gradient(*arrays))]
    with np.errstate(all="ignore"):  # Dask computes later, and then NumPy warns of log 0 and of overflow
        mean, found, *parts = backend.back(results)
        assert_near(mean, np.sum(values) / POINTS)
        assert_near(found, values)
        for part, expected in zip(parts, gradients, strict=True):
            assert_near(part * POINTS, expected)


@each_case
def test_same_values_and_dtypes_in_own_arrays(case, backend):
    for dtype in (np.float64,) if backend.name == "jax.numpy" else (np.float64, np.float32):
        inputs = case.inputs(POINTS, dtype=dtype)
        arrays = [backend.to(x) for x in inputs]

        def results(loss, arrays):
            value, gradient = loss.value_and_gradient(*arrays)
            return [loss(*arrays), loss.pointwise(*arrays), value, *as_tuple(gradient)]

        found = results(case.loss, arrays)
        assert {type(x) for x in found} == {type(arrays[-1])}
        assert {x.dtype for x in found} == {arrays[-1].dtype}
        for x, expected in zip(backend.back(found), results(case.loss, inputs), strict=True):
            assert_near(x, np.asarray(expected))


@pytest.mark.parametrize("points", stacked(KINKS, POINTS), ids=lambda points: repr(points[0]))
def test_kinks(points, backend):
    assert_at_points(backend, *points)


@pytest.mark.parametrize("points", stacked(LIMITS, POINTS), ids=lambda points: repr(points[0]))
def test_limits(points, backend):
    assert_at_points(backend, *points)


@each_case
def test_nan_stays_where_it_is(case, backend):
    inputs = case.inputs(POINTS)
    if case.loss.inputs[-1] in restricted(case.loss):
        pytest.skip("NaN is refused")
    inputs[-1][(1, *[0] * (inputs[-1].ndim - 1))] = np.nan
    value, gradient = case.loss.value_and_gradient(*map(backend.to, inputs))
    value, *parts = backend.back([value, *as_tuple(gradient)])
    assert np.isnan(value)
    for part in parts:
        assert np.flatnonzero(np.isnan(part).reshape(POINTS, -1).any(axis=1)).tolist() == [1]


@pytest.mark.parametrize("backend", ["array_api_strict", "torch", "dask.array"], indirect=True)
@each_case
def test_a_single_point(case, backend):
    """For JAX the test of vmap shows it."""
    arrays = [backend.to(x) for x in case.inputs()]
    value, gradient = case.loss.value_and_gradient(*arrays)
    assert value.shape == case.loss.pointwise(*arrays).shape == ()
    for name, part in zip(variables(case.loss), as_tuple(gradient), strict=True):
        assert part.shape == arrays[case.loss.inputs.index(name)].shape


@each_case
def test_values_are_checked(case, backend):
    """All but Dask's, which are not there yet."""
    for name in restricted(case.loss):
        arrays = list(case.inputs(POINTS))
        position = case.loss.inputs.index(name)
        arrays[position].reshape(-1)[-1] = -7
        arrays = list(map(backend.to, arrays))
        if backend.name == "dask.array":
            case.loss.value_and_gradient(*arrays)
            continue
        for call in CALLS:
            with pytest.raises(ValueError, match=rf"\b{name}\b.*-7"):
                getattr(case.loss, call)(*arrays)


def test_a_row_sums_to_one_as_far_as_it_was_rounded(backend):
    """Numbers that were float32 before are off by more."""
    y, rounded, wrong = [0.0, 1.0], np.float32([0.5 + 1e-5, 0.5]).astype(float), [0.5, 0.75]
    loss = CategoricalCrossEntropy()
    assert float(loss(backend.to(y), backend.to(rounded))) == pytest.approx(np.log(2))
    if backend.name != "dask.array":
        with pytest.raises(ValueError, match=r"sum of 1\.25"):
            loss(backend.to(y), backend.to(wrong))


def test_integers_and_booleans_become_the_default_float(backend):
    default = backend.xp.asarray([0.5]).dtype
    for y, y_hat in [([1, 2], [3, 4]), ([True, False], [False, False])]:
        value, gradient = MSE().value_and_gradient(backend.to(y), backend.to(y_hat))
        assert value.dtype == gradient.dtype == default
    labels = backend.to([True, False])
    assert BinaryCrossEntropy()(labels, backend.to(np.float32([0.5, 0.5]))).dtype == backend.to(np.float32(0)).dtype
    narrow = backend.to(np.array([100], np.int8))  # cannot hold the number of classes
    value = SparseCategoricalCrossEntropy()(narrow, backend.to(np.full((1, 300), 1 / 300)))
    assert backend.back([value]) == pytest.approx([np.log(300)])


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "complex64"])
def test_other_dtypes_are_refused(kind, backend):
    dtype = getattr(backend.xp, kind, None)
    if dtype is None:
        pytest.skip(f"there is no {kind} here")
    y = backend.xp.ones(2, dtype=dtype)
    with pytest.raises(TypeError, match=f"dtype of y .*{kind}"):
        MSE()(y, y)


@pytest.mark.parametrize("wrong", [0.5, [0.5, 0.5], np.ones(2), np.float64(1)], ids=repr)
def test_nothing_else_goes_with_its_arrays(wrong, backend):
    array = backend.to(np.ones(np.shape(wrong)))
    for inputs in [(wrong, array), (array, wrong)]:
        with pytest.raises(TypeError, match="one array library"):
            MSE()(*inputs)


def test_shapes_are_checked(backend):
    for y, y_hat, words in [(np.ones(3), np.ones((3, 1)), "shape"), (np.ones(0), np.ones(0), "empty")]:
        with pytest.raises(ValueError, match=words):
            MSE()(backend.xp.asarray(y), backend.xp.asarray(y_hat))


# Automatic differentiation ---------------------------------------------------------------------------------


def assert_autograd(differentiate, loss, inputs):
    """The library's derivative of the value is what `gradient` computes with NumPy."""
    places = [loss.inputs.index(name) for name in variables(loss)]
    expected = as_tuple(loss.gradient(*inputs))
    for place, found, part in zip(places, differentiate(loss, inputs, places), expected, strict=True):
        assert found.shape == np.shape(inputs[place])
        assert_near(found, part)


def by_torch(torch):
    def differentiate(loss, inputs, places):
        tensors = [torch.asarray(np.asarray(x)) for x in inputs]
        for place in places:
            tensors[place].requires_grad_()
        loss(*tensors).backward()
        return [tensors[place].grad.numpy() for place in places]

    return differentiate


def by_jax(jax):
    def differentiate(loss, inputs, places):
        arrays = [jax.numpy.asarray(x) for x in inputs]
        return [np.asarray(part) for part in jax.grad(loss, argnums=tuple(places))(*arrays)]

    return differentiate


@each_case
def test_autograd_agrees(case, torch, jax):
    for differentiate in (by_torch(torch), by_jax(jax)):
        assert_autograd(differentiate, case.loss, case.inputs(POINTS))


@pytest.mark.parametrize("points", stacked(KINKS, POINTS), ids=lambda points: repr(points[0]))
def test_autograd_agrees_at_kinks(points, torch, jax):
    loss, inputs, *_ = points
    for differentiate in (by_torch(torch), by_jax(jax)):
        assert_autograd(differentiate, loss, inputs)


@each_case
def test_tensors_that_record_their_history(case, torch):
    """A model's output can be given as it is; the closed form needs no graph."""
    inputs = case.inputs(POINTS)
    *others, last = map(torch.asarray, inputs)
    gradient = case.loss.gradient(*others, last.requires_grad_())
    for part, expected in zip(as_tuple(gradient), as_tuple(case.loss.gradient(*inputs)), strict=True):
        assert_near(part.detach().numpy(), expected)


# JAX -------------------------------------------------------------------------------------------------------


@each_case
def test_jit_grad_and_vmap(case, jax):
    inputs = case.inputs(POINTS)
    places = tuple(case.loss.inputs.index(name) for name in variables(case.loss))

    @jax.jit
    def transformed(*arrays):
        alone = jax.vmap(jax.value_and_grad(case.loss, argnums=places))(*arrays)
        return case.loss.value_and_gradient(*arrays), alone

    (value, gradient), (values, gradients) = transformed(*map(jax.numpy.asarray, inputs))
    expected, parts = case.loss.value_and_gradient(*inputs)
    assert_near(np.asarray(value), np.asarray(expected))
    assert_near(np.asarray(values), case.loss.pointwise(*inputs))
    for part, alone, y in zip(as_tuple(gradient), gradients, as_tuple(parts), strict=True):
        assert_near(np.asarray(part), y)
        assert_near(np.asarray(alone), POINTS * y)  # each point is a mean of its own


@each_case
def test_labels_known_while_jax_traces_are_no_trouble(case, jax):
    """In jit(lambda z: loss(y, z)) only z is unknown."""
    *known, last = map(jax.numpy.asarray, case.inputs(POINTS))
    value, gradient = jax.jit(jax.value_and_grad(lambda z: case.loss(*known, z)))(last)
    assert_near(np.asarray(value), np.asarray(case.loss(*case.inputs(POINTS))))
    assert_near(np.asarray(gradient), as_tuple(case.loss.gradient(*case.inputs(POINTS)))[-1])


def test_wrong_labels_are_refused_while_jax_traces(jax):
    z, rows = jax.numpy.zeros(2), jax.numpy.zeros((2, 2))
    with pytest.raises(ValueError, match="label"):
        jax.grad(lambda scores: Hinge()(z, scores))(z)
    for loss, y, predictions in [
        (BinaryCrossEntropy(**FROM_LOGITS), [0.0, 3.0], z),
        (BinaryCrossEntropy(**FROM_LOGITS), [0, 3], z),
        (Hinge(), [0.0, 1.0], z),
        (Hinge(), [0, 1], z),
        (CategoricalCrossEntropy(**FROM_LOGITS), [[0, 1], [2, 3]], rows),
        (SparseCategoricalCrossEntropy(**FROM_LOGITS), [0, 2], rows),
    ]:
        labels = jax.numpy.asarray(y)
        for transform in (jax.jit, lambda f: jax.jit(jax.grad(f))):
            with pytest.raises(ValueError, match="label"):
                transform(lambda z, loss=loss, labels=labels: loss(labels, z))(predictions)


@pytest.mark.parametrize("case", [case for case in CASES if class_number in case.makers], ids=str)
def test_jax_without_float64(case, need):
    """As JAX is when it starts: floats and class numbers have 32 bits, and nothing warns of it."""
    jax = need("jax")
    inputs = case.inputs(POINTS, dtype=np.float32)
    value, gradient = case.loss.value_and_gradient(*map(jax.numpy.asarray, inputs))
    assert value.dtype == "float32"
    assert_near(np.asarray(value), case.loss(*inputs))
    for part, expected in zip(as_tuple(gradient), as_tuple(case.loss.gradient(*inputs)), strict=True):
        assert_near(np.asarray(part), expected)


# Dask ------------------------------------------------------------------------------------------------------


@each_case
def test_dask_computes_nothing_before_it_is_asked(case, need):
    dask, da = need("dask"), need("dask.array")

    def refuse(graph, keys, **options):
        pytest.fail("something was computed")

    with dask.config.set(scheduler=refuse):
        for call in CALLS:
            getattr(case.loss, call)(*(da.from_array(x, chunks=4) for x in case.inputs(5)))


@each_case
def test_dask_in_threads_does_not_warn_of_finite_losses(case, need):
    da = need("dask.array")
    inputs = case.inputs(5)
    value, gradient = case.loss.value_and_gradient(*(da.from_array(x, chunks=4) for x in inputs))
    value, *_ = need("dask").compute(value, *as_tuple(gradient), scheduler="threads")
    assert value == pytest.approx(case.loss(*inputs), rel=1e-14)


def test_dask_arrays_of_unknown_length_are_refused(need):
    x = need("dask.array").ones(4, chunks=2)
    for y, y_hat in [(x[x > 0], x[x > 0]), (x, x[x > 0]), (x[x > 0], x)]:
        with pytest.raises(ValueError, match=r"unknown shape.*compute_chunk_sizes"):
            MSE()(y, y_hat)


@pytest.mark.parametrize("case", [case for case in CASES if not case.loss.point_ndim], ids=str)
def test_dask_holds_a_few_chunks_at_a_time(case, need):
    """Not all of them until the end, as it does where one operation after the other waits for all chunks."""
    da, chunk, count = need("dask.array"), 20_000, 50
    small = case.inputs(chunk)
    inputs = [da.concatenate([da.from_array(x + 0 * i, chunks=chunk) for i in range(count)]) for x in small]
    value, gradient = case.loss.value_and_gradient(*inputs)
    inputs[0][:1].compute(scheduler="sync")  # what Dask imports at its first computation does not count
    tracemalloc.start()
    with np.errstate(all="ignore"):
        need("dask").compute(value, abs(gradient).sum(), scheduler="sync")
    _, height = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert height < count * small[-1].nbytes / 2


def test_dask_arrays_larger_than_a_block(need):
    da = need("dask.array")
    x = da.ones((_loss.BLOCK + 1, 2), chunks=10_000)
    assert MSE()(x, 3 * x).compute() == 4
