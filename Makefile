# The two commands of the README are `make demo` and `make test`; the rest is for people who change the project.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help

help: ## say what there is
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(READY) ## make the virtual environment from the lock file

$(READY): requirements.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) from requirements.txt (a minute or two, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q src  # a start would do it each time where Python may not write bytecode
	@echo "compiling the kernels of the checker (a minute, once)"
	@$(BIN)/python -m lockwright.cli.warm
	@touch $@

demo: $(READY) ## prove a lock, break another
	@$(BIN)/python -m lockwright.cli.demo

test: $(READY) ## all tests but the slow ones
	$(BIN)/python -m pytest -n 2 -m "not slow"

test-slow: $(READY) ## the slow ones
	$(BIN)/python -m pytest -n 2 -m slow

check: $(READY) ## lint, format, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

golden: $(READY) ## write the expected outputs anew; read the diff before you commit it
	$(BIN)/python -m pytest -q --update-golden

bench: $(READY) ## speed, as ratios against peers
	$(BIN)/python benchmarks/command.py
	$(BIN)/python benchmarks/states_per_second.py
	$(BIN)/python benchmarks/peers.py
	$(BIN)/python benchmarks/simulate_peers.py

wheel: $(READY) ## a wheel with its kernels compiled, into dist/
	$(BIN)/python -m lockwright.cli.warm --pack src/lockwright/flat/kernels.pack
	$(BIN)/python -m hatchling build -t wheel

docs: $(READY) ## the pages, into docs/_build
	$(BIN)/python -m sphinx -n -W -b html docs docs/_build

clean: ## remove what was built
	rm -rf $(VENV) docs/_build dist build

.PHONY: help setup demo test test-slow check golden bench wheel docs clean
