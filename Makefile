# Every target sets up what it needs; a second start skips what has not changed.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
PYTHON_BIN := .venv/bin/python

.PHONY: help setup run test faults fuzz check bench seed lock clean

help: ## Say what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

setup: ## Set up everything that `make run` needs
	@bin/setup

run: ## Serve on http://127.0.0.1:$PORT/ (8000), data in $CONSULTSUITE_VAR (var)
	@bin/setup
	@exec $(PYTHON_BIN) -m consultsuite.run --under-make

test: ## Run every test, browser tests included; ARGS="-k name" narrows
	@bin/setup --dev --browser
	@CHROMIUM="$${CHROMIUM:-$$(cat .make/chromium)}" $(PYTHON_BIN) bin/test.py $(ARGS)

fuzz: ## Try N times as many inputs as the tests do, others each time (N=20)
	@bin/setup --dev
	@FUZZ=$(or $(N),20) $(PYTHON_BIN) -m pytest -p no:cacheprovider tests/fuzz

faults: ## Kill, cut and restart everything at random moments: N=500 schedules, SEED=123 again, or MUTATIONS=1
	@bin/setup --dev --no-frontend
	@$(PYTHON_BIN) -m tests.faults $(if $(MUTATIONS),--mutations) $(if $(SEED),--seed $(SEED) --times $(or $(TIMES),1),--number $(or $(N),30))

check: ## Lint, types, layers, templates, migrations, production settings
	@bin/setup --dev --no-frontend
	@$(PYTHON_BIN) bin/check.py

bench: ## Measure, beside peers; B=fanout for one; QUICK=1 to try it out
	@bin/setup --dev
	@exec $(PYTHON_BIN) -m bench $(B)

seed: ## Make the demo cast in the embedded database
	@bin/setup
	@$(PYTHON_BIN) manage.py seed_demo

lock: ## Compile requirements/*.in into the hashed lists (needs uv)
	@bin/lock

clean: ## Remove what can be made again; keeps the data in var/
	rm -rf .venv .make node_modules static/build .mypy_cache .ruff_cache .pytest_cache \
		.import_linter_cache .coverage htmlcov
