# `make run` starts the page, `make test` checks everything. Both make .venv and install on their own.
# Without a GPU, a smaller PyTorch:
#   make run PIP_ARGS="--extra-index-url https://download.pytorch.org/whl/cpu"

PYTHON ?= python3
VENV ?= .venv
PIP_ARGS ?=
ARGS ?=
BIN := $(VENV)/bin
NODE_BIN := .ci/node_modules/.bin

.PHONY: run test lint js

run: $(VENV)/.installed
	$(BIN)/python app.py $(ARGS)

test: lint
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.installed-dev js
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The page's scripts: types, style, unit tests. The page needs no node; without one they are skipped,
# unless REQUIRE_NODE is set.
js:
	@if ! command -v npm >/dev/null; then why="there is no node (18 or newer) with npm here"; \
	elif ! $(MAKE) --no-print-directory .ci/node_modules/.installed; then why="its tools cannot be installed"; \
	fi; \
	if [ -n "$$why" ]; then echo "js: skipped, $$why"; [ -z "$$REQUIRE_NODE" ]; \
	else $(MAKE) --no-print-directory js-checks; fi

.PHONY: js-checks
js-checks: .ci/node_modules/.installed
	$(NODE_BIN)/tsc -p .ci/tsconfig.json
	$(NODE_BIN)/eslint -c .ci/eslint.config.mjs doodle/ui tests/js
	node --test tests/js/

.ci/node_modules/.installed: .ci/package.json .ci/package-lock.json
	cd .ci && npm ci --no-audit --no-fund --loglevel=error
	touch $@

$(VENV)/.installed: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -r requirements.txt
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed .ci/requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -r .ci/requirements-dev.txt
	touch $@
