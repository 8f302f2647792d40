"""What all tests share."""

import importlib
import os
import shutil
import socket

import pytest

PROGRAMS = {"chromium", "pdftotext"}
FLAGS = (  # for Chromium: run as root, and ask nobody anything
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_configure(config):
    """Let no test and no doctest reach the network: what Python connects to is on this machine, or the test fails."""
    # JAX compiles for seconds what it runs for microseconds. Its cache is not to be shared: each worker has one.
    cache = config.rootpath / ".cache" / "jax" / os.environ.get("PYTEST_XDIST_WORKER", "main")
    os.environ |= {"JAX_COMPILATION_CACHE_DIR": str(cache), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}

    patch = pytest.MonkeyPatch()

    def guard(name):
        connect = getattr(socket.socket, name)

        def guarded(self, address):
            host = address[0] if isinstance(address, tuple) else "localhost"  # a path: a socket of the file system
            if host not in ("localhost", "127.0.0.1", "::1"):
                test = os.environ.get("PYTEST_CURRENT_TEST", "the collection of tests")
                pytest.fail(f"{test} asks for {host}; tests must not need the network")
            return connect(self, address)

        patch.setattr(socket.socket, name, guarded)

    guard("connect")
    guard("connect_ex")
    config.add_cleanup(patch.undo)


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
    """Open Chromium for the tests of a module: if it is there, the one that has no window, which does less work."""
    program = shutil.which("chromium-headless-shell") or need("chromium")
    playwright = need("playwright.sync_api")
    with playwright.sync_playwright() as engine:
        chromium = engine.chromium.launch(executable_path=program, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def axe(need):
    """Return axe, which checks how accessible a page is."""
    return need("axe_playwright_python.sync_playwright").Axe()
