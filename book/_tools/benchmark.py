"""Measure how fast the losses are, beside PyTorch, JAX, scikit-learn and SciPy, and keep it on record for the book.

    python book/_tools/benchmark.py           run everything, about ten minutes; write lossbook/speed.json
    python book/_tools/benchmark.py --check   time nothing, only see that they agree in float64, without JAX
    python book/_tools/benchmark.py --only dask     run one part anew: see PARTS; can be given several times
    python book/_tools/benchmark.py --loss Huber    only losses whose name starts so, printed and not recorded

Each part runs in a process of its own, with the threads, memory and instructions that it is about. Rivals take turns,
and what is reported is the median of the ratios of one turn: a machine that is slower for a while is so for both.
"""

import argparse
import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import numpy as np

from lossbook import (
    MAE,
    MSE,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Contrastive,
    Hinge,
    Huber,
    KLDivergence,
    Loss,
    SparseCategoricalCrossEntropy,
    Triplet,
    _loss,
)

RECORD = Path(__file__).parents[2] / "lossbook" / "speed.json"
SIZES = [10**k for k in range(2, 8)]  # elements of the last input
DTYPES = ("float64", "float32")
FEW, MANY = (10, 1000), (64, 128)  # classes, and coordinates of embeddings

# An allocator that keeps its pages spares a process the page faults, from which the framework with the larger
# temporaries gains more. So it is the condition that favours PyTorch.
KEPT = {"MALLOC_MMAP_THRESHOLD_": str(2**32), "MALLOC_TRIM_THRESHOLD_": str(2**32)}
ONE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
AVX512 = "X86_V4 AVX512_ICL AVX512_SPR"  # as NumPy calls the instructions on 512 bits


# The losses, with inputs and with rivals that compute the same ----------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A loss, its inputs, and the same mean of it in other libraries."""

    loss: Loss
    make: Callable  # of a generator, the number of elements and a dtype
    torch: Callable  # of tensors in the order of lossbook
    optax: Callable | None = None  # of JAX arrays in that order, with jax.numpy and optax before them
    sklearn: Callable | None = None  # value and gradient of each point, with sklearn._loss first
    scipy: Callable | None = None  # the value alone, with scipy.special first
    variables: int = 1  # the last so many inputs have a gradient


def normal(rng, shape, dtype, scale=1.0):
    """Draw numbers, in the dtype from the start lest 1e7 of them take twice the memory."""
    return rng.standard_normal(shape, dtype) * np.dtype(dtype).type(scale)


def chances(rng, shape, dtype):
    """Draw probabilities, none of them sure."""
    return np.clip(rng.random(shape, dtype), 0.01, 0.99)


def labels(rng, n, dtype, low=0):
    """Draw labels, low or 1."""
    return np.where(rng.random(n, "float32") < 0.5, 1, low).astype(dtype)


def distribution(rng, shape, dtype):
    """Draw rows of probabilities."""
    e = np.exp(normal(rng, shape, dtype))
    return e / e.sum(axis=-1, keepdims=True)


def elements(*makers):
    """Return a function that makes inputs of one number an element."""
    return lambda rng, n, dtype: tuple(maker(rng, n, dtype) for maker in makers)


def rows(size, *makers):
    """Return a function that makes inputs of rows, of so many elements in all."""
    return lambda rng, n, dtype: tuple(maker(rng, (max(1, n // size), size), dtype) for maker in makers)


def classes(rng, shape, dtype):
    """Draw class numbers, one a row."""
    return rng.integers(0, shape[1], shape[0])


def one_hot(rng, shape, dtype):
    """Draw rows with a 1 for the class."""
    y = np.zeros(shape, dtype)
    y[np.arange(shape[0]), classes(rng, shape, dtype)] = 1
    return y


def of_rows(maker):
    """Return the maker of one number a row."""
    return lambda rng, shape, dtype: maker(rng, shape[0], dtype)


def cases():
    """Return all cases, by name."""
    import torch
    from torch.nn import functional

    wide = partial(normal, scale=2.0)
    near = partial(normal, scale=0.1)
    found = {
        "MSE": Case(
            MSE(),
            elements(normal, normal),
            lambda y, u: functional.mse_loss(u, y),
            lambda jnp, optax, y, u: optax.squared_error(u, y),
            lambda sk, y, u: sk.HalfSquaredError().loss_gradient(y, u),
        ),
        "MAE": Case(
            MAE(),
            elements(normal, normal),
            lambda y, u: functional.l1_loss(u, y),
            lambda jnp, optax, y, u: jnp.abs(u - y),
            lambda sk, y, u: sk.AbsoluteError().loss_gradient(y, u),
        ),
        "Huber": Case(
            Huber(),
            elements(normal, normal),
            lambda y, u: functional.huber_loss(u, y),
            lambda jnp, optax, y, u: optax.huber_loss(u, y),
            lambda sk, y, u: sk.HuberLoss(delta=1.0).loss_gradient(y, u),
            lambda special, y, u: special.huber(1.0, u - y),
        ),
        "Binary cross-entropy": Case(
            BinaryCrossEntropy(),
            elements(labels, chances),
            lambda y, u: functional.binary_cross_entropy(u, y),
            lambda jnp, optax, y, u: -(y * jnp.log(u) + (1 - y) * jnp.log1p(-u)),
            scipy=lambda special, y, u: -(special.xlogy(y, u) + special.xlog1py(1 - y, -u)),
        ),
        "Binary cross-entropy, logits": Case(
            BinaryCrossEntropy(from_logits=True),
            elements(labels, wide),
            lambda y, z: functional.binary_cross_entropy_with_logits(z, y),
            lambda jnp, optax, y, z: optax.sigmoid_binary_cross_entropy(z, y),
            lambda sk, y, z: sk.HalfBinomialLoss().loss_gradient(y, z),
            lambda special, y, z: -(y * special.log_expit(z) + (1 - y) * special.log_expit(-z)),
        ),
        "Hinge": Case(
            Hinge(),
            elements(partial(labels, low=-1), wide),
            lambda y, u: torch.relu(1 - y * u).mean(),
            lambda jnp, optax, y, u: optax.hinge_loss(u, y),
        ),
    }
    for size in FEW:
        multinomial = f"{size} classes"
        found[f"Categorical cross-entropy, {multinomial}"] = Case(
            CategoricalCrossEntropy(),
            rows(size, one_hot, distribution),
            lambda y, p: -(y * p.log()).sum(-1).mean(),
            lambda jnp, optax, y, p: -(y * jnp.log(p)).sum(-1),
        )
        found[f"Categorical cross-entropy, logits, {multinomial}"] = Case(
            CategoricalCrossEntropy(from_logits=True),
            rows(size, one_hot, wide),
            lambda y, z: functional.cross_entropy(z, y),
            lambda jnp, optax, y, z: optax.softmax_cross_entropy(z, y),
            scipy=lambda special, y, z: -(y * special.log_softmax(z, axis=-1)).sum(-1),
        )
        found[f"Sparse cross-entropy, {multinomial}"] = Case(
            SparseCategoricalCrossEntropy(),
            rows(size, classes, distribution),
            lambda k, p: functional.nll_loss(p.log(), k),
            lambda jnp, optax, k, p: -jnp.log(jnp.take_along_axis(p, k[:, None], axis=1)[:, 0]),
        )
        found[f"Sparse cross-entropy, logits, {multinomial}"] = Case(
            SparseCategoricalCrossEntropy(from_logits=True),
            rows(size, classes, wide),
            lambda k, z: functional.cross_entropy(z, k),
            lambda jnp, optax, k, z: optax.softmax_cross_entropy_with_integer_labels(z, k),
            lambda sk, k, z, size=size: sk.HalfMultinomialLoss(n_classes=size).loss_gradient(k.astype(z.dtype), z),
            lambda special, k, z: -special.log_softmax(z, axis=-1)[np.arange(len(k)), k],
        )
        found[f"KL divergence, {multinomial}"] = Case(
            KLDivergence(),
            rows(size, distribution, distribution),
            lambda p, q: functional.kl_div(q.log(), p, reduction="batchmean"),
            lambda jnp, optax, p, q: optax.kl_divergence(jnp.log(q), p),
            scipy=lambda special, p, q: special.rel_entr(p, q).sum(-1),
        )

    def spring(y, a, b):
        distance = functional.pairwise_distance(a, b, eps=0)
        return ((1 - y) * distance**2 + y * torch.relu(1 - distance) ** 2).mean() / 2

    def spring_jax(jnp, optax, y, a, b):
        distance = jnp.sqrt(((a - b) ** 2).sum(-1))
        return ((1 - y) * distance**2 + y * jnp.maximum(1 - distance, 0) ** 2) / 2

    def squared(a, p, n):
        return torch.relu(((a - p) ** 2).sum(-1) - ((a - n) ** 2).sum(-1) + 1).mean()

    def squared_jax(jnp, optax, a, p, n):
        return jnp.maximum(((a - p) ** 2).sum(-1) - ((a - n) ** 2).sum(-1) + 1, 0)

    for size in MANY:
        coordinates = f"{size} coordinates"
        found[f"Contrastive, {coordinates}"] = Case(
            Contrastive(), rows(size, of_rows(labels), near, near), spring, spring_jax, variables=2
        )
        found[f"Triplet, {coordinates}"] = Case(
            Triplet(),
            rows(size, near, near, near),
            lambda a, p, n: functional.triplet_margin_loss(a, p, n, eps=0),
            lambda jnp, optax, a, p, n: optax.losses.triplet_margin_loss(a, p, n, eps=0),
            variables=3,
        )
        found[f"Triplet, squared, {coordinates}"] = Case(
            Triplet(squared=True), rows(size, near, near, near), squared, squared_jax, variables=3
        )
    return found


def rivals(case, inputs, wanted):
    """Return what is to be timed, by name: functions without arguments that return value and gradients, or one."""
    import torch

    k, loss = case.variables, case.loss
    found = {
        "lossbook": lambda: loss.value_and_gradient(*inputs),
        "value": lambda: (loss(*inputs), None),
        "gradient": lambda: (None, loss.gradient(*inputs)),
    }
    tensors = [torch.from_numpy(x) for x in inputs]

    def leaves():
        """Return tensors that record what happens to them, as the output of a model does."""
        return [x.detach().requires_grad_(i >= len(inputs) - k) for i, x in enumerate(tensors)]

    def backward(function):
        arguments = leaves()
        value = function(*arguments)
        value.backward()
        return value.detach(), tuple(x.grad for x in arguments[-k:])

    found["PyTorch"] = lambda: backward(case.torch)
    found["lossbook on tensors, closed form"] = lambda: loss.value_and_gradient(*tensors)
    found["lossbook on tensors, autograd"] = lambda: backward(loss)
    if {"JAX", "lossbook in JAX, closed form"} & wanted and case.optax:
        import jax
        import optax

        arrays = [jax.numpy.asarray(x) for x in inputs]
        places = tuple(range(len(inputs) - k, len(inputs)))

        def mean(*args):
            return case.optax(jax.numpy, optax, *args).mean()

        def ready(function):
            return lambda: jax.block_until_ready(function(*arrays))

        found["JAX"] = ready(jax.jit(jax.value_and_grad(mean, argnums=places)))
        found["lossbook in JAX, closed form"] = ready(jax.jit(loss.value_and_gradient))
        found["lossbook in JAX, autograd"] = ready(jax.jit(jax.value_and_grad(loss, argnums=places)))
    if "scikit-learn" in wanted and case.sklearn:
        from sklearn import _loss as sk

        def sums():
            values, gradients = case.sklearn(sk, *inputs)
            factor = 2 if isinstance(loss, MSE) else 1  # scikit-learn takes half of the square
            return factor * values.mean(), factor * gradients / len(gradients)

        found["scikit-learn"] = sums
    if "SciPy" in wanted and case.scipy:
        from scipy import special

        found["SciPy"] = lambda: (case.scipy(special, *inputs).mean(), None)
    if "in one piece" in wanted:

        def whole():
            block, _loss.BLOCK = _loss.BLOCK, sys.maxsize
            try:
                return loss.value_and_gradient(*inputs)
            finally:
                _loss.BLOCK = block

        found["in one piece"] = whole
    return {name: function for name, function in found.items() if name in wanted | {"lossbook"}}


def same(functions, dtype):
    """Fail unless all compute what lossbook does."""

    def numbers(result):
        value, gradient = result
        parts = gradient if isinstance(gradient, tuple) else (gradient,)
        return [None if x is None else np.asarray(x, "float64") for x in (value, *parts)]

    allowed = 1e-9 if dtype == "float64" else 2e-3
    right = numbers(functions["lossbook"]())
    for name, function in functions.items():
        for found, expected in zip(numbers(function()), right, strict=False):
            if found is not None and not np.allclose(found, expected, allowed, allowed * np.abs(expected).max()):
                raise SystemExit(f"{name} computes something else: {found}, not {expected}")


def turns(functions, seconds):
    """Time functions in turn; return the median seconds of each, and of the ratio of lossbook's to it.

    The order changes from turn to turn: who comes after itself finds the cache as it left it.
    """
    times = {name: [] for name in functions}
    order, shuffle = list(functions), random.Random(0).shuffle
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times[order[0]]) < 7:
        shuffle(order)
        for name in order:
            function = functions[name]
            start = time.perf_counter()
            function()
            times[name].append(time.perf_counter() - start)
    ours = times.get("lossbook", times[order[0]])
    return {
        name: [statistics.median(t), statistics.median(a / b for a, b in zip(ours, t, strict=True))]
        for name, t in times.items()
    }


def measure(wanted, sizes, chosen="", dtypes=DTYPES, seconds=0.25):
    """Return seconds and ratios: by case, dtype, size and rival."""
    rng = np.random.default_rng(0)
    found = {}
    for name, case in cases().items():
        if not name.startswith(chosen):
            continue
        found[name] = {dtype: {} for dtype in dtypes}
        for dtype, n in product(dtypes, sizes):
            inputs = case.make(rng, n, dtype)
            functions = rivals(case, inputs, wanted)
            same(functions, dtype)
            result = turns(functions, seconds if n < 10**7 else 4 * seconds) if seconds else {}
            found[name][dtype][str(n)] = {
                rival: [float(f"{t:.4g}"), float(f"{ratio:.4g}")] for rival, (t, ratio) in result.items()
            }
            if seconds:
                ratios = "  ".join(
                    f"{rival} {ratio:.2f}" for rival, (_, ratio) in result.items() if rival != "lossbook"
                )
                print(f"{name}, {dtype}, {n:.0e}: {ratios}", file=sys.stderr, flush=True)
    return found


# The parts ---------------------------------------------------------------------------------------------------------

RIVALS = {"PyTorch", "JAX", "scikit-learn", "SciPy", "value"}
TENSORS = {
    "PyTorch",
    "lossbook on tensors, closed form",
    "lossbook on tensors, autograd",
    "JAX",
    "lossbook in JAX, closed form",
    "lossbook in JAX, autograd",
}


def limits():
    """Return nanoseconds an element of what the machine can do at best: adding, exponentials, logarithms."""
    found = {}
    for dtype, n in product(DTYPES, SIZES):
        x, y = chances(np.random.default_rng(0), (2, n), dtype)
        out = np.empty_like(x)
        functions = {
            "add": partial(np.add, x, y, out=out),
            "exp": partial(np.exp, x, out=out),
            "log": partial(np.log, x, out=out),
            "MSE": partial(MSE().value_and_gradient, x, y),
        }
        result = turns(functions, 0.3)
        found.setdefault(dtype, {})[str(n)] = {name: float(f"{t / n * 1e9:.3g}") for name, (t, _) in result.items()}
    return found


def memory():
    """Return the bytes that a call takes at its height beyond the gradient that it returns, for 1e7 elements."""
    rng = np.random.default_rng(0)
    found = {}
    for (name, case), dtype in product(cases().items(), DTYPES):
        inputs = case.make(rng, 10**7, dtype)
        tracemalloc.start()
        _, gradient = case.loss.value_and_gradient(*inputs)
        _, height = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        parts = gradient if isinstance(gradient, tuple) else (gradient,)
        found.setdefault(name, {})[dtype] = height - sum(part.nbytes for part in parts)
    return found


def reasons():
    """Return nanoseconds an element for what makes a difference: branches, page faults, blocks."""
    n = 10**6
    r = np.random.default_rng(0).standard_normal(n)
    ordered, large = np.sort(r), np.ones(10 * n)
    out, blocks = np.empty_like(large), np.array_split(large, len(large) // _loss.BLOCK)

    def in_blocks():
        for block in blocks:
            np.add(block, block)

    functions = {
        "where, residuals in any order": lambda: np.where(np.abs(r) <= 1, r, 1.0),
        "where, residuals in order": lambda: np.where(np.abs(ordered) <= 1, ordered, 1.0),
        "clip, residuals in any order": lambda: np.clip(r, -1.0, 1.0),
    }
    passes = {
        "add, into the same memory": lambda: np.add(large, large, out=out),
        "add, into new memory": lambda: np.add(large, large),
        "add, into new memory, a block at a time": in_blocks,
    }
    return {
        name: float(f"{seconds / size * 1e9:.3g}")
        for group, size in ((functions, n), (passes, len(large)))
        for name, (seconds, _) in turns(group, 2).items()
    }


def dask_part(scheduler, n=10**9, chunk=10**6):
    """Compute a loss over a thousand million predictions, and the length of its gradient."""
    import dask
    import dask.array as da
    from dask.diagnostics import ProgressBar

    loss = Huber()
    rng = da.random.default_rng(0)
    y, noise = rng.standard_normal(n, chunks=chunk), rng.standard_normal(n, chunks=chunk)
    value, gradient = loss.value_and_gradient(y, y + 2 * noise)  # the same call as for NumPy
    wanted = value, da.sum(gradient * gradient) ** 0.5
    start = time.perf_counter()
    if scheduler == "threads":
        with ProgressBar(out=sys.stderr):
            value, length = dask.compute(*wanted, scheduler="threads")
        peaks = [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]
    else:
        from dask.distributed import Client, progress

        with Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
            futures = client.compute(wanted)
            progress(futures, notebook=False)
            value, length = client.gather(futures)
            peaks = list(client.run(lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss).values())
    return {
        "elements": n,
        "chunk": chunk,
        "value": float(f"{value:.6g}"),
        "length of the gradient": float(f"{length:.6g}"),
        "seconds": round(time.perf_counter() - start, 1),
        "megabytes": [round(peak / 1024) for peak in peaks],
    }


PARTS = {
    "rivals": (KEPT | ONE, lambda only: measure(RIVALS, SIZES, only)),
    "parts": (KEPT | ONE, lambda only: measure({"value", "gradient"}, SIZES[::2], only)),
    "default allocator": (ONE, lambda only: measure({"PyTorch", "in one piece"}, SIZES[-2:], only)),
    "two threads": (KEPT, lambda only: measure({"PyTorch"}, SIZES[2::2], only)),
    "without AVX-512": (
        KEPT | ONE | {"NPY_DISABLE_CPU_FEATURES": AVX512},
        lambda only: measure({"PyTorch"}, SIZES[::2], only),
    ),
    "tensors": (KEPT | ONE, lambda only: measure(TENSORS, [10**4, 10**6], only)),
    "limits": (KEPT | ONE, lambda only: limits()),
    "reasons": (ONE, lambda only: reasons()),
    "memory": (ONE, lambda only: memory()),
    "dask threads": ({}, lambda only: dask_part("threads")),
    "dask distributed": ({}, lambda only: dask_part("distributed")),
}


def machine():
    """Return the names of the processor and of the versions."""
    cpu = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text(encoding="utf-8").splitlines()
        cpu = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), cpu)
    packages = ["numpy", "torch", "jax", "optax", "scikit-learn", "scipy", "dask", "distributed"]
    versions = {name: version(name).partition("+")[0] for name in packages}
    return {"processor": cpu, "cores": os.cpu_count(), "Python": platform.python_version()} | versions


def work(part, only):
    """Run one part in this process and print what it found."""
    variables, run = PARTS[part]
    if "OMP_NUM_THREADS" in variables and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one processor, whatever threads somebody starts
    if find_spec("torch"):
        import torch

        torch.set_num_threads(1 if "OMP_NUM_THREADS" in variables else 2)
    if find_spec("jax"):
        import jax

        jax.config.update("jax_enable_x64", True)
    print(json.dumps(run(only)))


def main():
    """Run the command described above."""
    parser = argparse.ArgumentParser(description="Measure how fast the losses are.")
    parser.add_argument("--check", action="store_true", help="time nothing, only see that all agree")
    parser.add_argument("--only", action="append", choices=PARTS, help="run this part anew; can be given several times")
    parser.add_argument("--loss", default="", help="only losses whose name starts so; nothing is recorded")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.check:
        measure(RIVALS - {"JAX"} | {"lossbook on tensors, autograd"}, [1000], options.loss, DTYPES[:1], seconds=0)
        return
    if options.part:
        work(options.part, options.loss)
        return
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    for part in options.only or PARTS:
        print(f"{part}:", file=sys.stderr)
        command = [sys.executable, __file__, "--part", part, "--loss", options.loss]
        environment = {k: v for k, v in os.environ.items() if k not in KEPT | ONE} | PARTS[part][0]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        record[part] = json.loads(done.stdout.splitlines()[-1])  # Dask shows its progress before
    if not options.loss:
        record["machine"] = machine()
        RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
