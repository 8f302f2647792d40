# `make help` says what there is to make.
# `make PYTHON=python3.12 …` picks another Python (3.11 or later).
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

# pip compiles nothing here, so Python must be allowed to keep what it compiles: it is used in every build.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help venv book pdf test coverage test-oldest test-newest lab notebooks clean distclean

help:  ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

book: $(READY)  ## Build the book: _build/html/index.html
	@# Pages that warned must be read again, or the next build would not see the warning.
	$(BIN)/jupyter-book build . -W -n --keep-going || { rm -rf _build/.doctrees; exit 1; }

pdf: book  ## Print the book into one PDF, and build again: its first page then offers it
	$(BIN)/python book/_tools/pdf.py
	$(MAKE) book

LONG_TESTS := $(patsubst %,tests/test_%.py,site accuracy frameworks site_on_a_telephone figures_in_browser)
test: export OMP_NUM_THREADS := 1
test: book  ## Build the book, then check everything: style, package, site, notebooks
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	@# A file, or notebook, stays with one worker: JAX compiles anew in each. Those that take long come first.
	$(BIN)/pytest $(LONG_TESTS) tests lossbook book --nbval --nbval-cell-timeout=120 -n logical --dist loadfile \
	  --no-loadscope-reorder -rs

test-oldest:  ## Test the package with the oldest versions that it allows, on Python 3.11 or 3.12
test-newest:  ## Test the package with the newest versions there are, on any Python

# In an environment without the book's tools; what needs those is tested by `make test` alone.
BOOK_TESTS := $(patsubst %,tests/test_%.py,book_equations deliberate_errors figures_in_browser frameworks notebooks pdf play reading site site_on_a_telephone speed stylesheet)
test-oldest: WANTED = --requirement requirements-oldest.txt
test-newest: WANTED = $$(sed -n 's/==.*//p' requirements-oldest.txt)
test-oldest test-newest: test-%:
	$(PYTHON) -m venv --clear .venv-$*
	.venv-$*/bin/python -m pip install --quiet --no-compile --editable . $(WANTED)
	.venv-$*/bin/python -m pip list
	.venv-$*/bin/pytest -n logical $(filter-out $(BOOK_TESTS),$(wildcard tests/test_*.py)) lossbook

coverage: $(READY)  ## Check that the package's own tests run every line and branch of it; needs the frameworks
	$(BIN)/pytest -n logical --dist loadfile --cov=lossbook $(filter-out $(BOOK_TESTS),$(wildcard tests/test_*.py)) \
	  $(patsubst %,tests/test_%.py,book_equations frameworks play) lossbook

lab: $(READY)  ## Open the notebooks in JupyterLab
	$(BIN)/jupyter lab book

notebooks: $(READY)  ## Execute the notebooks and normalise them, before a commit
	$(BIN)/python book/_tools/notebooks.py

venv: $(READY)  ## Only set up the virtual environment

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit(1)' || \
	  { echo 'Python 3.11 or later is needed: make PYTHON=python3.x'; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@# The list is complete: without a look at dependencies and without compiling it takes half the time.
	$(BIN)/python -m pip install --quiet --no-deps --no-compile --requirement requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

clean:  ## Remove what was built
	rm -rf _build .pytest_cache .ruff_cache .hypothesis .coverage* mutants

distclean: clean  ## Remove also what was set up
	rm -rf .venv .venv-oldest .venv-newest .cache *.egg-info
