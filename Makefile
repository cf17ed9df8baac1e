# The hub's commands; `make help` lists them. Everything lives in .venv and in HUB_DATA (var).
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13,$(shell command -v $(name))) python3)
BIN := .venv/bin
RUNS := .venv/runs
# Images often forbid it: then every process that a test starts compiles what it imports, 3 s of CPU in place of 1.
export PYTHONDONTWRITEBYTECODE :=
INSTALLED := .venv/installed

.DEFAULT_GOAL := help
.PHONY: help run install test test-fast check coverage static compiled setup setup-browser statements bench release-data docs lock format clean

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(RUNS)  ## start the hub with demo data: web server, background worker, PostgreSQL; Ctrl-C stops all
	@$(BIN)/python manage.py serve --migrate --demo

# Compiled, since a service may not write there: without, each of its processes compiles anew, 3 s of CPU.
install: $(RUNS)  ## make .venv for real use: what the hub runs on, no tests, no demo data
	@$(BIN)/python -m compileall -q -j 0 $(wildcard .venv/lib/python*/site-packages) hub tenants customers orders products
	@echo "$$($(BIN)/python -c 'from hub.version import VERSION; print("Data hub", VERSION)') is installed. Next:"
	@echo
	@echo "  .venv/bin/python manage.py init     prepares the database, makes the first superuser, shows a link to log in"
	@echo "  .venv/bin/python manage.py serve    starts the hub"
	@echo
	@echo "docs/operating.md says how it becomes a service, with a database and TLS."
	@$(BIN)/python -c '$(REACHED)' || echo "No other user can reach this Python, $$(readlink -f $(BIN)/python). For a service's user: rm -rf .venv && make install PYTHON=/usr/bin/python3" >&2

test: setup  ## run the tests
	$(BIN)/pytest -n auto

test-fast: setup  ## run the tests that start no server and no browser, with a tenth of the random examples
	$(BIN)/pytest -n auto -m "not slow and not browser" --hypothesis-profile=fast

check: setup  ## all that CI runs: format, lint, types, imports, migrations, tests
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target static compiled
	$(BIN)/pytest -n auto

coverage: setup  ## measure how much of the code the tests reach that start no server and no browser: 95 % at least
	$(BIN)/pytest -n auto -m "not slow and not browser" --hypothesis-profile=fast --cov --cov-report=term-missing:skip-covered

static: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-cache
	$(BIN)/python manage.py makemigrations --check --dry-run

# Every process of pytest's would compile all tests for itself; mypy leaves a core free to do it once.
compiled: setup
	@$(BIN)/pytest -n 0 --collect-only --quiet --no-header >/dev/null || true

setup: $(INSTALLED)  ## make .venv with everything the hub and its tests need

# uv where it is present (seconds), else pip; both check the lock file's hashes. What fails is said in a line, the last one.
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
REACHED := import os, pathlib, sys; sys.exit(not all(os.stat(part).st_mode & 1 for part in pathlib.Path(sys.executable).resolve().parents))
NEEDS := The hub needs Python 3.11, 3.12 or 3.13
define install
	@test -x $(BIN)/python || $(PYTHON) -c '$(FITS)' || { echo "$(NEEDS). Where one has another name: make $(MAKECMDGOALS) PYTHON=python3.13" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; echo "$(NEEDS) with its module venv; Debian has it in the package python3-venv." >&2; exit 1; }
	@$(BIN)/python -c '$(FITS)' || { echo "$(NEEDS), and .venv has another: rm -rf .venv, then make again." >&2; exit 1; }
	@if command -v uv >/dev/null 2>&1; \
	then uv pip install --quiet --python $(BIN)/python --require-hashes -r $<; \
	else $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r $<; fi \
	|| { echo "The packages of $< could not be installed; the lines above say why. They come from PyPI, or from where pip's settings say." >&2; exit 1; }
	@touch $@
endef

$(RUNS): requirements.txt
	$(install)

$(INSTALLED): requirements-dev.txt
	$(install)

setup-browser:  ## install Debian's chromium, node and php for the tests that skip without them
	apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-noto-core fonts-noto-cjk nodejs php-cli

statements: setup  ## write tests/statements anew: every statement the hub sends, as it runs
	$(BIN)/python -m tests.statements.write

bench: setup  ## measure ingest side by side with the raw statements (about 5 minutes; QUICK=1: under one)
	$(BIN)/python -m benchmarks $(if $(QUICK),--quick)
	$(BIN)/python -m benchmarks.files --rows $(if $(QUICK),100000,1000000)

release-data: setup  ## keep the data of this version, once it is released, for the tests of upgrades from it
	$(BIN)/python -m tests.system.releases.write

docs: setup  ## write the field tables of docs/api.md anew from the schemas
	WRITE=1 $(BIN)/pytest tests/docs/test_fields.py

lock:  ## write the lock files anew (needs uv)
	uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate requirements.in -o requirements.txt
	uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate requirements-dev.in -o requirements-dev.txt
	uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate requirements-tracing.in -o requirements-tracing.txt

format:  ## format the code and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## remove .venv and caches; data in var stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
