"""What `import lossbook` brings in, and what a loss is as a Python object."""

import copy
import dataclasses
import importlib.resources
import inspect
import pickle
import subprocess
import sys

import pytest
from examples import CASES

import lossbook
from lossbook import LOSSES, MAE, MSE, Huber, Loss, Triplet

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


def test_a_loss_does_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Huber().delta = 2.0
    with pytest.raises(ValueError, match="delta"):
        dataclasses.replace(Huber(), delta=-1.0)


def test_losses_differ_by_kind_and_by_hyperparameters():
    assert MSE() != MAE()
    assert Huber() == Huber(delta=1)
    assert len({Huber(), Huber(1.0), Huber(2.0), Triplet(), Triplet(squared=True)}) == 4
