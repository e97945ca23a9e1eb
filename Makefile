# `make` alone prints the targets. Python 3.11 or newer and make are all that must be there.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help report test test-slow lint lab demo lock clean

# The first of these that runs and is new enough: a name on the PATH may be a shim that leads nowhere.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

# What `make report` runs on: PARAMS=params/<file>.yaml, BILLING='path/*.parquet', MONTH=2018-11.
# Without PARAMS and BILLING it is the embedded demo account. OUTPUTS=s3://bucket/prefix keeps the run there too.
REPORT := $(if $(or $(PARAMS),$(BILLING)),report,demo)
FLAGS   = $(if $(PARAMS),--params '$(PARAMS)') $(if $(BILLING),--billing '$(BILLING)') $(if $(MONTH),--month $(MONTH)) $(if $(OUTPUTS),--outputs '$(OUTPUTS)')

help: ## print the targets, one line each
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

report: $(READY) ## five reports: the demo account, or PARAMS=…, or BILLING='…' MONTH=YYYY-MM
	@$(BIN)/finops $(REPORT) $(FLAGS)

test: $(READY) ## every test but the slow ones (under 10 minutes)
	@$(BIN)/pytest -n 2 --dist loadfile -m "not slow and not spark"

test-slow: $(READY) ## the slow suites: Spark, a simulated year, crash tests
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint requirements.lock -e ".[spark]"
	@$(BIN)/pytest -n 2 --dist loadfile -m "slow or spark"

lint: $(READY) ## ruff and mypy
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

lab: $(READY) ## JupyterLab on the notebooks
	@$(BIN)/finops lab

lock: $(READY) ## pin what the pinned dependencies need in turn (after a change of pyproject.toml)
	@$(BIN)/pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --no-annotate --no-header pyproject.toml -o requirements.lock

clean: ## remove the environment and every output
	@rm -rf $(VENV) outputs/*

$(READY): requirements.lock pyproject.toml
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer is needed; name one with make PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11; name a newer one with make PYTHON=…"; exit 1; }
	@echo "Setting up $(VENV) (once, about a minute) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@
