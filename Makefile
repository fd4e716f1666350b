# Kedang: `make run` starts it with the demo company, `make test` runs everything.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run setup setup-runtime vendor test test-sqlite test-postgres test-tools lint format check bench soak soak-ci lock

PY := .venv/bin/python
HOST ?= 127.0.0.1
PORT ?= 8000
# Both passes together must fit a CI run on two cores.
WORKERS ?= 2
PYTEST := $(PY) -m pytest -q -n $(WORKERS) --dist worksteal

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1|/' | column -t -s '|'

run: setup-runtime vendor ## serve on 127.0.0.1:8000, with the demo company in an empty database
	@$(PY) -m kedang.cli run --demo --host $(HOST) --port $(PORT)

setup: ## make .venv with everything for development, and fetch the front-end files
	@bash scripts/setup.sh dev
	@python3 scripts/vendor.py

setup-runtime:
	@bash scripts/setup.sh runtime

vendor: ## fetch the front-end files (Tabler, Alpine, …) from npm
	@python3 scripts/vendor.py

test: test-sqlite test-postgres ## run the whole suite on SQLite, then on PostgreSQL

test-sqlite: setup test-tools
	@KEDANG_TEST_DB=sqlite $(PYTEST) -m "not postgres" $(ARGS)

test-postgres: setup test-tools
	@KEDANG_TEST_DB=postgres $(PYTEST) -m "not browser" $(ARGS)

test-tools:
	@bash scripts/test-tools.sh

lint: setup ## style, types, layers
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy kedang/kernel
	@.venv/bin/lint-imports --no-logo

format: setup ## let ruff put the code in order
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

check: setup ## Django's own checks, missing migrations, and every pack
	@$(PY) manage.py check --fail-level WARNING
	@$(PY) manage.py makemigrations --check --dry-run
	@for pack in packs/*/; do $(PY) -m kedang.cli pack check "$$pack"; done

bench: setup ## measure; the figures go to docs/performance.json
	@$(PY) -m bench $(ARGS)

soak: setup test-tools ## kill, fill disks, cut the power, tamper, restore, fuzz; the counts go to docs/trust-report.json
	@$(PY) -m soak $(ARGS)

soak-ci: ## the same in the amounts that a CI run bears; writes no file
	@$(MAKE) --no-print-directory soak ARGS="--ci $(ARGS)"

lock: ## resolve the dependencies anew
	@bash scripts/lock.sh
