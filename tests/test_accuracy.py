"""The errors that the book shows are those of a new run, and no peer's are smaller."""

import json
import subprocess
import sys
from itertools import product

import accuracy as tool
import numpy as np
import pytest

from lossbook import LOSSES, Hinge, accuracy
from lossbook.accuracy import CASES, CAUSES, FAR, POINTS, cause, inputs, record, reference, table, variables, worst

ERRORS = record()["errors"]
GOOD = 4  # units in the last place
ROUNDING = 1.25  # NumPy's exponential in 32 bits is off by more than the peers'


def test_every_loss_and_every_library_is_on_record():
    assert {type(loss) for loss in CASES.values()} == set(LOSSES)
    assert list(ERRORS) == list(record()["versions"]) == list(tool.LIBRARIES)
    for kind in tool.KINDS:
        for dtype in tool.DTYPES:
            assert list(ERRORS["lossbook"][kind][dtype]) == list(CASES)


def test_a_new_run_gives_the_same_errors(need):
    libraries = [name for name, packages in tool.PACKAGES.items() if all(map(tool.installed, packages))]
    if libraries != list(tool.LIBRARIES):
        need("torch"), need("jax"), need("keras"), need("optax")
    done = subprocess.run([sys.executable, tool.__file__, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("dtype", tool.DTYPES)
@pytest.mark.parametrize("kind", tool.KINDS)
@pytest.mark.parametrize("name", CASES)
def test_no_peer_is_more_exact(name, kind, dtype):
    ours = [float(error) for error in ERRORS["lossbook"][kind][dtype][name]]
    assert max(ours) <= GOOD
    for library in ERRORS:
        theirs = ERRORS[library][kind][dtype].get(name, [])
        for own, other in zip(ours, theirs, strict=False):
            assert other is None or own <= float(other) + ROUNDING


def test_a_large_error_has_a_cause_and_a_cause_a_large_error():
    seen = set()
    for library, kind, dtype in product(ERRORS, tool.KINDS, tool.DTYPES):
        for name, found in ERRORS[library][kind][dtype].items():
            if any(float(error) >= FAR for error in found if error is not None):
                assert cause(library, name, kind, dtype), (library, name, kind, dtype)
                seen |= {(library, name, letter) for letter in cause(library, name, kind, dtype)}
    assert seen == {(*where, letter) for where, letters in CAUSES.items() for letter in letters}


@pytest.mark.parametrize("dtype", tool.DTYPES)
@pytest.mark.parametrize("name", CASES)
def test_no_extreme_point_is_left_out(name, dtype):
    assert len(accuracy._extreme(CASES[name], np.dtype(dtype))[-1]) <= accuracy.POINTS


@pytest.mark.parametrize("dtype", tool.DTYPES)
@pytest.mark.parametrize("name", CASES)
def test_the_inputs_are_what_they_are_called(name, dtype):
    """All are good inputs with a finite loss. The extreme ones are of other orders of magnitude."""
    loss = CASES[name]
    reach = {}
    for kind in tool.KINDS:
        arrays = inputs(loss, kind, dtype)
        assert {len(x) for x in arrays} == {POINTS}
        assert arrays[-1].dtype == dtype
        assert np.isfinite(loss.pointwise(*arrays)).all()
        size = np.abs(np.concatenate([arrays[loss.inputs.index(wrt)].ravel() for wrt in variables(loss)]))
        reach[kind] = size[size > 0].min(), size.max()
    (low, high), (lowest, highest) = reach["ordinary"], reach["extreme"]
    assert lowest < 1e-3 * low or highest > 100 * high


def test_a_loss_that_is_wrong_is_found():
    arrays = inputs(Hinge(), "ordinary")
    right = reference(Hinge(), arrays)
    values, gradient = Hinge().pointwise(*arrays), len(arrays[0]) * Hinge().gradient(*arrays)
    assert max(worst(right, values, gradient)) < 1
    assert worst(right, values, gradient * 1.001)[1] > 1e12
    assert worst(right, values + 1e-9)[0] > 1e5
    assert worst(right, np.full_like(values, np.nan))[0] == np.inf


def test_infinite_is_right_only_where_it_is():
    huge = np.array([1e200]), np.array([-1e200])
    right = reference(CASES["MSE"], huge)
    assert worst(right, [np.inf])[0] == 0
    assert worst(right, [-np.inf])[0] == worst(right, [np.nan])[0] == np.inf


def test_a_difference_is_seen():
    other = json.loads(json.dumps(ERRORS))
    assert not tool.differences(ERRORS, other)
    other["JAX"]["extreme"]["float32"]["Triplet"][0] = "0.5"
    assert len(tool.differences(ERRORS, other)) == 1
    other["PyTorch"]["ordinary"]["float64"]["MSE"][1] = "inf"
    assert len(tool.differences(ERRORS, other)) == 2


def test_the_table_has_a_line_for_each_loss():
    head, rule, *lines = table("extreme")._repr_markdown_().splitlines()
    assert head == "| loss | lossbook | PyTorch | JAX | Keras | scikit-learn |"
    assert rule.count("|") == head.count("|")
    assert [line.split(" | ")[0].removeprefix("| ") for line in lines] == list(CASES)
    assert "✗" in lines[3]
    assert "–" in lines[-1]
