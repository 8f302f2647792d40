"""What all tests share."""

import importlib
import os
import shutil

import pytest

PROGRAMS = {"chromium"}


@pytest.fixture(scope="session")
def need():
    """Return a function that brings in what not every machine has: a module or a program, by its name.

    Where it is missing the test is skipped, in sight; with LOSSBOOK_REQUIRE_PEERS set it fails.
    """

    def bring(name):
        try:
            found = shutil.which(name) if name in PROGRAMS else importlib.import_module(name)
        except ImportError:
            found = None
        if found:
            return found
        if os.environ.get("LOSSBOOK_REQUIRE_PEERS"):
            pytest.fail(f"{name} is required here and missing")
        return pytest.skip(f"{name} is not installed")

    return bring
