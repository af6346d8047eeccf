# Two commands: `make run` starts the portal, `make test` runs the tests. Both install what they need first.

PYTHON ?= python3
ARGS ?=
PYTEST_ARGS ?=
BOOTSTRAP = $(PYTHON) portal/bootstrap.py
VENV = .venv/bin
# Two processes, each with real parts of its own: while one waits for an engine the other goes on.
SIDE_BY_SIDE = --numprocesses 2 --dist loadgroup
TEMPLATES = $(sort $(shell find templates -name "*.html" 2>/dev/null))
# Every check of `make lint`, one a line; each runs, and all that failed are named at the end.
define LINT_CHECKS
ruff format --check .
ruff check .
mypy .
lint-imports
djade --check $(TEMPLATES)
python manage.py check --deploy --fail-level WARNING
python manage.py makemigrations --check --dry-run
endef
export LINT_CHECKS
LOCK = $(VENV)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	--no-emit-index-url

.PHONY: help run test test-long test-postgres lint format bench lock clean
.DEFAULT_GOAL := help

help:
	@echo "make run            set up and start the portal (ARGS=--demo passes options on)"
	@echo "make test           set up and run every test (PYTEST_ARGS='-k words -x' passes options on)"
	@echo "make test-long      the same with the long tests, and once more on PostgreSQL"
	@echo "make test-postgres  the tests that need no real part, on PostgreSQL instead of SQLite"
	@echo "make lint           every check of style, types, imports, templates and settings"
	@echo "make format         let ruff and djade write the style that lint checks"
	@echo "make bench          the measurements of docs/bench.md"
	@echo "make lock           pin the newest versions that requirements*.in and package.json allow"
	@echo "make clean          remove what set-up and tests made; var/ with your data stays"

run:
	@$(BOOTSTRAP)
	@exec $(VENV)/python manage.py up $(ARGS)

test:
	@$(BOOTSTRAP) --dev
	@$(VENV)/python -m tests.lab.install
	@$(VENV)/python -m tests.lab.session $(VENV)/pytest $(SIDE_BY_SIDE) $(PYTEST_ARGS)

test-long:
	@$(BOOTSTRAP) --dev
	@$(VENV)/python -m tests.lab.install
	@$(VENV)/python -m tests.lab.session $(VENV)/pytest $(SIDE_BY_SIDE) --long $(PYTEST_ARGS)
	@$(MAKE) --no-print-directory test-postgres

test-postgres:
	@$(BOOTSTRAP) --dev
	@$(VENV)/python -m tests.lab.install
	@$(VENV)/python -m tests.lab.session --postgres $(VENV)/pytest \
		-m "not engine and not registry and not browser and not windows" $(PYTEST_ARGS)

lint:
	@$(BOOTSTRAP) --dev
	@PATH="$(CURDIR)/$(VENV):$$PATH" PIERHEAD_DATA_DIR="$$(mktemp -d)" tests/lint.sh

format:
	@$(BOOTSTRAP) --dev
	$(VENV)/ruff format .
	$(VENV)/ruff check --fix .
	$(VENV)/djade $(TEMPLATES) || true

bench:
	@$(BOOTSTRAP) --dev
	@$(VENV)/python -m tests.lab.install
	@$(VENV)/python -m tests.lab.session $(VENV)/python -m tests.bench $(ARGS)

lock:
	@$(BOOTSTRAP) --dev
	$(LOCK) --upgrade --output-file requirements.txt requirements.in
	$(LOCK) --upgrade --constraint requirements.txt --output-file requirements-dev.txt requirements-dev.in
	$(LOCK) --upgrade --output-file requirements-node.txt requirements-node.in
	npm install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund

clean:
	rm -rf .venv node_modules build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
