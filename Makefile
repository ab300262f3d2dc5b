# Everything a person or a build does here.
# Needs Python 3.11 or newer with venv, git and make; GNU make 3.81, as on macOS, is new enough.
VENV ?= .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready

# The newest Python of this machine that is new enough and can make an environment.
PROBE := import sys, ssl, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	if $$python -c '$(PROBE)' >/dev/null 2>&1; then echo $$python; break; fi; done)

.PHONY: help setup python demo dev test lint fmt bench generate guarantees lock clean

help:
	@echo 'make demo      see it work: real data, an accelerated clock, mail captured on this machine'
	@echo 'make dev       a shop to play with: send it events with curl and watch what happens'
	@echo 'make test      all tests, PostgreSQL included'
	@echo 'make lint      ruff and mypy, changing nothing'
	@echo 'make fmt       tidy the code'
	@echo 'make bench     measure speed'
	@echo 'make generate  write the generated files again: schemas/, docs/, README's pictures'
	@echo 'make guarantees  run the tests of every promise and write docs/guarantees.md from what they showed'
	@echo 'make lock      choose the dependencies anew from pyproject.toml'
	@echo 'make setup     only prepare $(VENV)'
	@echo 'make clean     remove what make made'

setup: $(READY)

# Says which Python makes the environment, or plainly that there is none.
python:
	@'$(PYTHON)' -c '$(PROBE)' >/dev/null 2>&1 || { \
		echo 'This needs Python 3.11 or newer with venv, and none was found. Install one' \
		'(Debian: apt install python3 python3-venv; macOS: brew install python@3.13),' \
		'or name it: make PYTHON=/path/to/python3' >&2; exit 1; }
	@echo 'Using $(PYTHON)'

# Runs only when what is to be installed has changed. An environment that works is kept;
# one that is half made, or whose Python has gone away, is made anew.
WORKS = $(PY) -c 'import sys, ssl, pip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
PIP_INSTALL = $(PY) -m pip install --quiet --disable-pip-version-check
$(READY): requirements-dev.lock pyproject.toml
	@$(WORKS) || $(MAKE) --silent python
	@$(WORKS) || $(PYTHON) -m venv --clear $(VENV)
	@echo 'Installing into $(VENV): the locked dependencies, then this project'
	@$(PIP_INSTALL) --require-hashes -r requirements-dev.lock
	@PYTHONWARNINGS=ignore $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup
	@$(PY) -m examples.demo

# A shop to play with: send it events with curl (docs/ingest.md) and watch; Ctrl-C ends it.
dev: setup
	@test -d build/shop || $(PY) runner.py init build/shop
	@$(PY) runner.py --workspace build/shop dev

# One file stays on one worker, so that a server it starts is started once.
test: setup
	$(PY) -m pytest -n auto --dist loadfile

lint: setup
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

fmt: setup
	$(PY) -m ruff check --fix-only --quiet .
	$(PY) -m ruff format .

bench: setup
	$(PY) -m benchmarks.run

generate: setup
	$(PY) -m engine.commands.main schema --write schemas
	$(PY) -m tests.golden.test_fault_reference --write
	$(PY) -m tests.golden.test_language_reference --write
	$(PY) -m tests.golden.test_file_reference --write
	$(PY) -m tests.golden.test_lint --write
	$(PY) -m tests.golden.test_api_description --write
	$(PY) -m tests.acceptance.test_readme --write
	$(PY) -m tests.unit.test_floors --write

# Some minutes: a promise is printed only with tests that have just passed.
guarantees: setup
	$(PY) -m tests.guarantees.page

# Without the settings of this machine: what is locked is what the public index holds.
PIP_COMPILE = env -u PIP_FIND_LINKS -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null \
	CUSTOM_COMPILE_COMMAND='make lock' $(PY) -m piptools compile --quiet --upgrade --generate-hashes \
	--allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host
lock: setup
	$(PIP_COMPILE) --output-file requirements.lock pyproject.toml
	$(PIP_COMPILE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
