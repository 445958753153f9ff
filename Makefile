# Two commands on a fresh machine with Python 3.11+, make and package registries:
#   make demo   a one-minute race on a real data set, with its report
#   make test   all tests
# Everything lives in .venv; nothing else is touched.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
export OMP_NUM_THREADS ?= 1
DEMO ?= .demo

.PHONY: demo test check bench results docs clean

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  (echo "Bestiary needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2)
	$(PYTHON) -m venv .venv

# torch first: the pinned version has a build for the CPU, which is all that is needed here
.venv/.core: .venv/bin/python constraints.txt pyproject.toml
	@echo "Installing Bestiary into .venv (a minute or two, once) ..."
	@$(PIP) torch==2.13.0
	@$(PIP) --editable .
	@touch $@

.venv/.dev: .venv/.core
	@echo "Installing what the tests need into .venv ..."
	@$(PIP) --editable '.[dev]'
	@touch $@

demo: .venv/.core
	@rm -rf $(DEMO)
	@$(BIN)/bestiary race digits --budget 60s --out $(DEMO)
	@echo
	@echo "The report:     file://$(CURDIR)/$(DEMO)/report.html"
	@echo "Your own data:  $(BIN)/bestiary race YOUR_FILE.csv --target COLUMN --budget 5m"

test: .venv/.dev
	$(BIN)/python -m pytest -n 2 --dist worksteal $(TESTS)

check: .venv/.dev
	$(BIN)/ruff check --no-cache .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/codespell
	$(BIN)/python -m pytest --doctest-modules bestiary

bench: .venv/.dev
	@failed=0; for file in benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || failed=1; done; exit $$failed

results: .venv/.dev
	$(BIN)/python -m tests.learning.results; status=$$?; $(BIN)/python -m tests.house.nine_ways; exit $$status

docs: .venv/.dev
	$(BIN)/python -m tests.house.nine_ways
	$(BIN)/python -m tests.house.hopfield_picture

clean:
	rm -rf .venv .demo .pytest_cache .ruff_cache .hypothesis
