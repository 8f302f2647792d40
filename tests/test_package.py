"""What `import lossbook` brings in, and what a loss is as a Python object."""

import copy
import dataclasses
import importlib.resources
import inspect
import itertools
import pickle
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from examples import CASES

import lossbook
from lossbook import LOSSES, MAE, MSE, Huber, Loss, Triplet

ROOT = Path(__file__).parents[1]
EVERY = list(dict.fromkeys(case.loss for case in CASES))


def test_the_import_is_light():
    heavy = "sympy matplotlib torch jax dask scipy pandas keras sklearn array_api_strict"
    code = f"import sys, lossbook; print(*set(sys.modules) & set({heavy!r}.split()))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []
    assert loaded.stderr == ""


def test_a_formula_needs_no_figure_and_no_framework():
    code = "import sys, lossbook; lossbook.MSE().expression(); print(*{'matplotlib', 'torch'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []


def test_the_losses_are_public_and_in_the_order_of_the_book():
    names = [loss.__name__ for loss in LOSSES]
    assert names == [
        "MSE",
        "MAE",
        "Huber",
        "BinaryCrossEntropy",
        "CategoricalCrossEntropy",
        "SparseCategoricalCrossEntropy",
        "KLDivergence",
        "Hinge",
        "Contrastive",
        "Triplet",
    ]
    assert set(lossbook.__all__) >= {*names, "LOSSES"}
    for name in lossbook.__all__:
        assert hasattr(lossbook, name)


def test_the_package_is_typed():
    assert importlib.resources.files("lossbook").joinpath("py.typed").is_file()


@pytest.mark.parametrize("loss", LOSSES)
def test_the_docstring_says_what_a_reader_asks(loss):
    text = inspect.getdoc(loss)
    for heading in ("Inputs", "Returns", "References", "Examples", *(["Parameters"] * bool(dataclasses.fields(loss)))):
        assert f"\n{heading}\n{'-' * len(heading)}\n" in text
    for field in dataclasses.fields(loss):
        assert f"\n{field.name} : " in text
    assert ">>> " in text
    assert text.splitlines()[0].endswith(".")


@pytest.mark.parametrize("loss", LOSSES)
def test_every_hyperparameter_has_a_default(loss):
    assert loss() == loss()
    assert issubclass(loss, Loss)


@pytest.mark.parametrize("loss", EVERY, ids=repr)
def test_a_loss_is_a_value(loss):
    """It can be compared, put in a set, copied, stored, and written down in the form it prints as."""
    for same in (
        eval(repr(loss), vars(lossbook).copy()),
        pickle.loads(pickle.dumps(loss)),
        copy.deepcopy(loss),
        dataclasses.replace(loss),
    ):
        assert same == loss
        assert hash(same) == hash(loss)
        assert repr(same) == repr(loss)
    assert [other for other in EVERY if other == loss] == [loss]


def test_a_loss_has_a_formula_and_an_array_code():
    with pytest.raises(NotImplementedError):
        Loss().expression()
    with pytest.raises(NotImplementedError):
        Loss()(1.0, 2.0)


def test_a_loss_does_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Huber().delta = 2.0
    with pytest.raises(ValueError, match="delta"):
        dataclasses.replace(Huber(), delta=-1.0)


def test_losses_differ_by_kind_and_by_hyperparameters():
    assert MSE() != MAE()
    assert Huber() == Huber(delta=1)
    assert len({Huber(), Huber(1.0), Huber(2.0), Triplet(), Triplet(squared=True)}) == 4


def requirements(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_the_oldest_versions_tested_are_the_oldest_allowed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    allowed = [*project["dependencies"], *project["optional-dependencies"]["book"]]
    oldest = requirements("requirements-oldest.txt")
    assert oldest[: len(allowed)] == sorted(one.replace(">=", "==") for one in allowed)
    strict, *others = oldest[len(allowed) :]
    assert strict.startswith("array-api-strict==")
    assert set(others) <= set(requirements("requirements.txt"))


def test_the_style_of_the_figures_is_there():
    style = pytest.importorskip("matplotlib.style")
    with style.context("lossbook.book"):
        pass


def test_no_test_reaches_the_network(request):
    """The guard is in conftest.py. 192.0.2.1 is an address that nobody has."""
    for call, host in itertools.product(("connect", "connect_ex"), ("192.0.2.1", "example.org")):
        with socket.socket() as unconnected:
            unconnected.settimeout(1)
            with pytest.raises(pytest.fail.Exception, match=f"{request.node.name}.*{host}"):
                getattr(unconnected, call)((host, 80))
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
