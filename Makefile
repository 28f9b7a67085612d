# `make help` lists the commands. Each one makes its own virtual environment in .venv the first
# time, from complete lists of pins and hashes, installed as they stand: nothing is resolved. By uv
# where it is there (UV= goes without), else by the pip that comes with Python. WHEELS=dir installs
# from that folder, without an index (`make wheels` fills ./wheels); PYTHON=python3.13 names another
# Python.

PYTHON ?= python3
WHEELS ?=
ARGS ?=
SLOW ?=
UV ?= $(shell uv --version >/dev/null 2>&1 && echo uv)

VENV := .venv
BIN := $(VENV)/bin
LOG := build/install.log
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --retries 2 --timeout 15
INSTALL := $(if $(UV),$(UV) pip install --python $(BIN)/python,$(PIP) install) --no-deps
FROM := $(if $(WHEELS),--no-index --find-links "$(WHEELS)")
KEEP := metadata.papermill cell.metadata.papermill cell.metadata.execution \
	metadata.language_info.version
PUBLISHED := figures,fields,team_size,fractional,coverage
PINS := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --custom-compile-command "make pins"

export MPLBACKEND := Agg
# Kernels of this environment come before those of the user.
export JUPYTER_PREFER_ENV_PATH := 1
unexport JUPYTER_PATH
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help refresh sample report lab check test coverage test-lowest faults notebooks readme publish venv venv-dev venv-spark \
	wheels pins clean

help: ## list these commands
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

refresh: $(VENV)/run.stamp ## ask OpenAlex, build tables and figures (ARGS="--all --budget 0.10" adds options)
	$(BIN)/python -m bibliometrics refresh $(ARGS)

sample: $(VENV)/run.stamp ## the same from the synthetic sample into build/sample, without network
	@echo "Counting an invented snapshot by the questions of the study: tables, figures, half a minute"
	$(BIN)/python -m bibliometrics refresh --source sample --to build/sample $(ARGS)
	@echo "Open next: build/sample/figures (pictures) and build/sample/README.md (the tables)."
	@echo "One HTML file of it all: make report ARGS=\"--from build/sample\". Real figures: make refresh"

report: $(VENV)/run.stamp ## one HTML file for readers, data/processed/report.html (ARGS="--from build/sample": of another build)
	$(BIN)/python -m bibliometrics report $(ARGS)

lab: $(VENV)/run.stamp ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab notebooks

define check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
endef

# Runs every notebook, two at a time, and writes it, executed, into build/notebooks.
define run_notebooks
	@mkdir -p build/notebooks
	@ls notebooks/[0-9][0-9]_*.ipynb | MPLBACKEND=module://matplotlib_inline.backend_inline xargs -P 2 -I BOOK sh -c \
		'echo "papermill BOOK"; log=build/$$(basename BOOK).log; \
		$(BIN)/papermill --no-progress-bar --cwd notebooks BOOK build/BOOK >$$log 2>&1 \
		|| { tail -n 40 $$log >&2; exit 255; }'
endef

check: $(VENV)/dev.stamp ## style, types, rooms and the quick tests, in a minute
	$(call check)
	$(BIN)/python -m pytest -n auto -m quick $(ARGS)

test: $(VENV)/dev.stamp ## the same with all tests and notebooks (SLOW=1: the slow tests, the sample and its report too)
	$(call check)
	$(BIN)/python -m pytest -n auto --durations 15 -m "not slow" $(ARGS)
	$(if $(SLOW),$(BIN)/python -m pytest -n auto --dist worksteal --durations 15 -m slow $(ARGS))
	$(BIN)/nbstripout --verify --keep-output --keep-count --extra-keys "$(KEEP)" notebooks/*.ipynb
	$(call run_notebooks)
	$(if $(SLOW),$(BIN)/python -m bibliometrics refresh --source sample --to build/sample --quiet)
	$(if $(SLOW),$(BIN)/python -m bibliometrics report --from build/sample)

coverage: $(VENV)/dev.stamp ## which lines the tests reach (without the slow ones): 90 % at least, ten minutes
	$(BIN)/python -m pytest -n auto --cov -m "not slow" $(ARGS)

faults: $(VENV)/dev.stamp ## every fault at every position, kills, hostile input: a long run (SEED=2: other examples)
	BIBLIOMETRICS_FAULTS=all $(BIN)/python -m pytest -n auto tests/faults tests/builds/test_publish.py $(if $(SEED),--hypothesis-seed=$(SEED)) $(ARGS)

notebooks: $(VENV)/dev.stamp ## execute the committed notebooks again on data/processed
	$(call run_notebooks)
	$(BIN)/nbstripout --keep-output --keep-count --extra-keys "$(KEEP)" build/notebooks/*.ipynb
	cp build/notebooks/*.ipynb notebooks/

# What changed is told against the build that was there first, also where a run goes on with another.
publish: $(VENV)/dev.stamp ## all that follows a pull: tables, coverage, notebooks, README, report, what changed (ARGS=--all)
	@mkdir -p build
	@test -d build/before || cp -r data/processed build/before
	$(BIN)/python -m bibliometrics refresh $(or $(ARGS),--parts $(PUBLISHED))
	$(MAKE) notebooks readme
	$(BIN)/python -m bibliometrics report
	$(BIN)/python -m bibliometrics compare --format md build/before data/processed >build/changes.md
	@rm -r build/before
	@echo "What changed: build/changes.md"; head -n 20 build/changes.md

readme: $(VENV)/dev.stamp ## write the computed parts of README.md anew
	$(BIN)/python -m tests.support.readme_blocks
	$(BIN)/python -m tests.support.reference

# pytest alone, with the lowest versions that pyproject.toml allows.
test-lowest: $(VENV)/dev.stamp
	@mkdir -p build
	$(BIN)/uv venv --quiet --clear --python 3.11 build/lowest
	$(BIN)/uv pip compile pyproject.toml --extra all --group dev --quiet --python-version 3.11 \
		--resolution lowest-direct --generate-hashes --output-file build/lowest.txt
	$(BIN)/uv pip install --quiet --python build/lowest/bin/python --no-deps --require-hashes -r build/lowest.txt
	$(BIN)/uv pip install --quiet --python build/lowest/bin/python --no-build-isolation --no-deps -e .
	build/lowest/bin/python -m pytest -m "not slow"

# ------------------------------------------------------------------ the virtual environment ----

# One line for the reader instead of the installer's; the whole output is in the log.
define install
	@mkdir -p build
	@echo "Installing $(1) into $(VENV) with $(if $(UV),uv,pip) (up to a few minutes the first time; log: $(LOG))"
	@$(INSTALL) $(FROM) --require-hashes $(2) -r $(1) >$(LOG) 2>&1 || { $(blame); }
	@$(INSTALL) --no-index --no-build-isolation -e . >>$(LOG) 2>&1 || { $(blame); }
	@$(PIP) check >>$(LOG) 2>&1 || { $(blame); }
endef

define blame
	if grep -qiE 'NewConnectionError|ConnectTimeout|ConnectionError|ProxyError|name resolution|dns error|error sending request|No matching distribution|no versions? of|not found in the' $(LOG); \
	then echo "$(if $(WHEELS),$(WHEELS) lacks a pinned wheel,no package index can be reached) (log: $(LOG))." >&2; \
	else echo "installing failed: $$(grep -iE '^ *(×|error|[A-Za-z]+Error)|has requirement|requires' $(LOG) | tail -1 || true) (log: $(LOG))" >&2; \
	fi; exit 1
endef

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "bibliometrics needs Python 3.11 or newer, but $(PYTHON) is $$(command -v $(PYTHON) >/dev/null && $(PYTHON) --version 2>&1 || echo missing); name another: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
		echo "$(PYTHON) can't make a virtual environment in $(VENV); see the lines above" >&2; exit 1; }

$(VENV)/run.stamp: requirements.txt pyproject.toml | $(VENV)/bin/python
	$(call install,requirements.txt,--only-binary :all:)
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt pyproject.toml | $(VENV)/bin/python
	$(call install,requirements-dev.txt,--only-binary :all:)
	@touch $(VENV)/run.stamp $@

# PySpark comes as a source archive only: it is built by the pinned setuptools, in half a minute.
$(VENV)/spark.stamp: requirements-spark.txt $(VENV)/dev.stamp
	$(call install,requirements-spark.txt,--no-build-isolation)
	@touch $@

venv: $(VENV)/run.stamp ## the environment in .venv, all that the commands need

venv-dev: $(VENV)/dev.stamp ## the same with what the tests need

venv-spark: $(VENV)/spark.stamp ## the same with PySpark, for `--engine spark`; it needs Java 17

wheels: | $(VENV)/bin/python ## fill ./wheels for this Python and system, for WHEELS=wheels elsewhere
	@mkdir -p build wheels
	@echo "Downloading the pinned wheels into ./wheels (log: $(LOG))"
	@$(PIP) download --no-deps --require-hashes --only-binary :all: -d wheels -r requirements-dev.txt >$(LOG) 2>&1 || { $(blame); }

pins: $(VENV)/dev.stamp ## write requirements*.txt anew with today's newest, for Python 3.11 to 3.14
	$(PINS) pyproject.toml --extra all --group dev --only-binary :all: --upgrade --output-file requirements-dev.txt
	$(PINS) pyproject.toml --extra all --group build --only-binary :all: --constraint requirements-dev.txt --output-file requirements.txt
	echo pyspark | $(PINS) - --upgrade --output-file requirements-spark.txt

clean: ## remove .venv, build and caches; data and wheels stay
	rm -rf $(VENV) build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	find bibliometrics tests -name __pycache__ -prune -exec rm -rf {} +
