"""What is on record about speed is of all losses, and all that were timed compute the same."""

import subprocess
import sys
from itertools import product

import benchmark
import pytest

from lossbook import LOSSES
from lossbook.speed import ratios, record


def test_every_part_and_every_loss_is_on_record(need):
    need("torch")
    assert set(record()) == {*benchmark.PARTS, "machine"}
    cases = benchmark.cases()
    assert {type(case.loss) for case in cases.values()} == set(LOSSES)
    assert list(record()["rivals"]) == list(record()["memory"]) == list(cases)
    for part, sizes in [("rivals", benchmark.SIZES), ("without AVX-512", benchmark.SIZES[::2])]:
        found = ratios(part, "PyTorch")
        assert [each[:3] for each in found] == list(product(cases, benchmark.DTYPES, sizes))
        assert all(1e-7 < each.seconds < 0.9 for each in found)


def test_all_compute_the_same(need):
    for peer in ("torch", "jax", "optax", "sklearn", "scipy"):
        need(peer)
    subprocess.run([sys.executable, benchmark.__file__, "--check"], check=True)


def test_a_rival_that_computes_something_else_is_found():
    def right():
        return 1.0, (2.0, 3.0)

    benchmark.same({"lossbook": right, "alike": lambda: (1.0, None)}, "float64")
    with pytest.raises(SystemExit, match="the other computes something else"):
        benchmark.same({"lossbook": right, "the other": lambda: (1.0, (2.0, 3.1))}, "float64")
    with pytest.raises(SystemExit, match="the other"):
        benchmark.same({"lossbook": right, "the other": lambda: (1.1, None)}, "float64")
