"""Measure how exact value and gradient are, in lossbook and its peers, and keep it on record for the book to show.

    python book/_tools/accuracy.py          run what is installed, write lossbook/accuracy.json
    python book/_tools/accuracy.py --check  write nothing, fail if a library is not as exact as on record, or more
    python book/_tools/accuracy.py --library JAX  run only this one; can be given several times

All get the same numbers and are compared with the same 350 digits; lossbook/accuracy.py has the measure. A peer is
called with its default settings, and with a logarithm before it where it wants one.
"""

import argparse
import json
import os
import sys
import warnings
from importlib.metadata import version
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import numpy as np

from lossbook.accuracy import CASES, inputs, reference, worst

RECORD = Path(__file__).parents[2] / "lossbook" / "accuracy.json"
KINDS, DTYPES = ("ordinary", "extreme"), ("float64", "float32")
PACKAGES = {
    "lossbook": ["lossbook"],
    "PyTorch": ["torch"],
    "JAX": ["jax", "optax"],
    "Keras": ["keras", "jax"],
    "scikit-learn": ["scikit-learn"],
}
MODULES = {"scikit-learn": "sklearn"}  # where a package is imported by another name
# Errors depend a little on the processor, whose exponentials and logarithms round in their own way.
ALLOWANCE = 4


def of_lossbook():
    """Return, for each loss, a function of its inputs: values and the gradient of their sum."""

    def measured(loss):
        def run(*arrays):
            parts = loss.gradient(*arrays)
            n = len(arrays[-1])
            with np.errstate(over="ignore"):
                gradient = tuple(n * part for part in parts) if isinstance(parts, tuple) else n * parts
            return loss.pointwise(*arrays), gradient

        return run

    return {name: measured(loss) for name, loss in CASES.items()}


def of_torch():
    """PyTorch's functions, differentiated by PyTorch."""
    import torch
    from torch.nn import functional

    none = {"reduction": "none"}
    functions = {
        "MSE": lambda y, u: functional.mse_loss(u, y, **none),
        "MAE": lambda y, u: functional.l1_loss(u, y, **none),
        "Huber": lambda y, u: functional.huber_loss(u, y, **none),
        "Binary cross-entropy": lambda y, u: functional.binary_cross_entropy(u, y, **none),
        "Binary cross-entropy, logits": lambda y, z: functional.binary_cross_entropy_with_logits(z, y, **none),
        "Categorical cross-entropy, logits": lambda y, z: functional.cross_entropy(z, y, **none),
        "Sparse cross-entropy": lambda k, p: functional.nll_loss(p.log(), k, **none),
        "Sparse cross-entropy, logits": lambda k, z: functional.cross_entropy(z, k, **none),
        "KL divergence": lambda p, q: functional.kl_div(q.log(), p, **none).sum(-1),
        "Triplet": lambda a, p, n: functional.triplet_margin_loss(a, p, n, **none),
    }

    def differentiated(name, function):
        def run(*arrays):
            tensors = [torch.tensor(x) for x in arrays]
            moving = tensors if name == "Triplet" else tensors[-1:]
            for tensor in moving:
                tensor.requires_grad_()
            values = function(*tensors)
            values.sum().backward()
            return values.detach().numpy(), tuple(tensor.grad.numpy() for tensor in moving)

        return run

    return {name: differentiated(name, function) for name, function in functions.items()}


def by_jax(functions):
    """Differentiate functions of JAX arrays by JAX."""
    import jax

    def differentiated(name, function):
        places = (0, 1, 2) if name == "Triplet" else (1,)

        def run(*arrays):
            with jax.enable_x64(True):
                arrays = [jax.numpy.asarray(x) for x in arrays]
                values = function(*arrays)
                parts = jax.grad(lambda *args: function(*args).sum(), argnums=places)(*arrays)
                return np.asarray(values), tuple(np.asarray(part) for part in parts)

        return run

    return {name: differentiated(name, function) for name, function in functions.items()}


def of_jax():
    """Optax's functions, differentiated by JAX."""
    import jax.numpy as jnp
    import optax

    return by_jax(
        {
            "MSE": lambda y, u: optax.squared_error(u, y),
            "Huber": lambda y, u: optax.huber_loss(u, y),
            "Binary cross-entropy, logits": lambda y, z: optax.sigmoid_binary_cross_entropy(z, y),
            "Categorical cross-entropy, logits": lambda y, z: optax.softmax_cross_entropy(z, y),
            "Sparse cross-entropy, logits": lambda k, z: optax.softmax_cross_entropy_with_integer_labels(z, k),
            "KL divergence": lambda p, q: optax.kl_divergence(jnp.log(q), p),
            "Hinge": lambda y, u: optax.hinge_loss(u, y),
            "Triplet": optax.losses.triplet_margin_loss,
        }
    )


def of_keras():
    """Keras's functions on JAX. They average over the last axis, so elements stand in rows of one."""
    os.environ["KERAS_BACKEND"] = "jax"
    import keras
    from keras import losses

    def elements(function):
        return lambda y, u: function(y[:, None], u[:, None])

    def wide(function):
        def run(*arrays):
            keras.config.set_floatx(str(arrays[-1].dtype))
            return function(*arrays)

        return run

    functions = {
        "MSE": elements(losses.mean_squared_error),
        "MAE": elements(losses.mean_absolute_error),
        "Huber": elements(losses.huber),
        "Binary cross-entropy": elements(losses.binary_crossentropy),
        "Binary cross-entropy, logits": elements(lambda y, z: losses.binary_crossentropy(y, z, from_logits=True)),
        "Categorical cross-entropy": losses.categorical_crossentropy,
        "Sparse cross-entropy": losses.sparse_categorical_crossentropy,
        "Categorical cross-entropy, logits": lambda y, z: losses.categorical_crossentropy(y, z, from_logits=True),
        "Sparse cross-entropy, logits": lambda k, z: losses.sparse_categorical_crossentropy(k, z, from_logits=True),
        "KL divergence": losses.kl_divergence,
        "Hinge": elements(losses.hinge),
    }
    measured = {name: wide(run) for name, run in by_jax(functions).items()}
    # These two divide each row by its sum. That changes no value where the sum is 1, but the slope is of another
    # function, and is not compared.
    for name in ("Categorical cross-entropy", "Sparse cross-entropy"):
        measured[name] = value_only(measured[name])
    return measured


def value_only(run):
    """Leave out the gradient."""
    return lambda *arrays: (run(*arrays)[0], None)


def of_sklearn():
    """Return the losses inside its estimators, which have gradients, and its metrics, a point at a time, without."""
    from sklearn import _loss, metrics

    def inner(loss, factor=1):
        def run(y, raw):
            values, gradients = loss.loss_gradient(y.astype(raw.dtype), np.ascontiguousarray(raw))
            return factor * values, factor * gradients

        return run

    def log_loss(y, u):
        labels = [0, 1] if u.ndim == 1 else [0, 1, 2]
        y = y.argmax(axis=1) if y.ndim == 2 else y
        return np.array([metrics.log_loss(y[i : i + 1], u[i : i + 1], labels=labels) for i in range(len(u))]), None

    def hinge(y, u):
        """Both labels must be there, so each point has one beside it that costs nothing."""
        return np.array([2 * metrics.hinge_loss([a, -a], [b, -2 * a]) for a, b in zip(y, u, strict=True)]), None

    return {
        "MSE": inner(_loss.HalfSquaredError(), factor=2),
        "MAE": inner(_loss.AbsoluteError()),
        "Huber": inner(_loss.HuberLoss(delta=1.0)),
        "Binary cross-entropy, logits": inner(_loss.HalfBinomialLoss()),
        "Binary cross-entropy": log_loss,
        "Categorical cross-entropy": log_loss,
        "Sparse cross-entropy": log_loss,
        "Sparse cross-entropy, logits": inner(_loss.HalfMultinomialLoss(n_classes=3)),
        "Hinge": hinge,
    }


LIBRARIES = {"lossbook": of_lossbook, "PyTorch": of_torch, "JAX": of_jax, "Keras": of_keras, "scikit-learn": of_sklearn}


def rounded(error):
    """Return an error with two digits, in a form that JSON knows."""
    return None if error is None else str(float(f"{error:.2g}"))


def installed(package):
    """Tell whether a package is there."""
    return find_spec(MODULES.get(package, package)) is not None


def measure(libraries):
    """Return the worst errors of libraries, of values and gradients: by library, kind of input, dtype and loss."""
    errors = {library: {kind: {dtype: {} for dtype in DTYPES} for kind in KINDS} for library in libraries}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of log 0 and overflow, in libraries that compute with them
        functions = {library: LIBRARIES[library]() for library in libraries}
        for kind, dtype, (name, loss) in product(KINDS, DTYPES, CASES.items()):
            arrays = inputs(loss, kind, dtype)
            right = reference(loss, arrays)
            for library in libraries:
                if name in functions[library]:
                    found = worst(right, *functions[library][name](*arrays))
                    errors[library][kind][dtype][name] = [*map(rounded, found)]
    return errors


def alike(one, other):
    """Tell whether two errors are the same, up to what a processor changes."""
    if one is None or other is None:
        return one == other
    one, other = float(one), float(other)
    return one == other or (one <= ALLOWANCE * (1 + other) and other <= ALLOWANCE * (1 + one))


def differences(old, new):
    """Return what is no longer as on record, a line for each error."""
    return [
        f"{library}, {name}, {kind}, {dtype}: {was} on record, {now} in a new run"
        for library, errors in new.items()
        for kind, dtype in product(KINDS, DTYPES)
        for name, now in errors[kind][dtype].items()
        for was in [old[library][kind][dtype].get(name)]
        if was is None or not all(map(alike, was, now))
    ]


def main():
    """Run the command described above."""
    parser = argparse.ArgumentParser(description="Measure how exact value and gradient are.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail if an error differs")
    parser.add_argument("--library", action="append", choices=LIBRARIES, help="run only this one")
    options = parser.parse_args()
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    chosen = options.library or [name for name, packages in PACKAGES.items() if all(map(installed, packages))]
    old = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {"versions": {}, "errors": {}}
    new = measure(chosen)
    if options.check:
        sys.exit("\n".join(differences(old["errors"], new)) or None)
    versions = {
        library: ", ".join(f"{p} {version(p).partition('+')[0]}" for p in PACKAGES[library]) for library in chosen
    }
    record = {"versions": old["versions"] | versions, "errors": old["errors"] | new}
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"{RECORD.name}: {', '.join(chosen)} run")


if __name__ == "__main__":
    main()
