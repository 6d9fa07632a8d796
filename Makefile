# Two commands matter: `make demo` and `make test`. The rest serves them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test test-long check bench install lock clean
.DEFAULT_GOAL := test

demo: $(VENV)/.runtime
	@$(BIN)/arauto demo

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 3 -m "not long"

test-long: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto --timeout 900

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

# A brief run of every benchmark; docs/benchmarks.md has the figures of long ones.
bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks --short

install: $(VENV)/.dev

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Arauto needs Python 3.11 or newer; call make with PYTHON=...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements.txt
	$(PIP) --quiet install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.txt pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements-dev.txt
	$(PIP) --quiet install --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.runtime

# Needs uv. Hashes, and no download addresses: the lock works behind any package mirror.
lock:
	uv pip compile pyproject.toml --extra build --universal --generate-hashes --no-emit-index-url --no-header -o requirements.txt
	uv pip compile pyproject.toml --extra build --extra postgres --group dev --universal --generate-hashes --no-emit-index-url --no-header -o requirements-dev.txt

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache
