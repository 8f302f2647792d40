"""What all tests share."""

import importlib
import os
import shutil

import pytest

PROGRAMS = {"chromium"}
FLAGS = (  # for Chromium: run as root, and ask nobody anything
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


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


@pytest.fixture(scope="module")
def browser(need):
    """Open Chromium for the tests of a module."""
    program = need("chromium")
    playwright = need("playwright.sync_api")
    with playwright.sync_playwright() as engine:
        chromium = engine.chromium.launch(executable_path=program, args=FLAGS)
        yield chromium
        chromium.close()
