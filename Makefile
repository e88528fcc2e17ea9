# make study: the whole study on the embedded smears.  make test: every check.  Both set up .venv first.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: study test setup format clean

study: setup
	$(BIN)/python experiments/study.py experiment=quick

# The test workers fill the cores; threads of theirs would wait for each other. Each takes whole files, whose trainings
# many tests share.
test: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --dist loadscope --cov --cov-report=term:skip-covered --cov-fail-under=90

setup: .venv/ready

.venv/ready: pyproject.toml constraints.txt
	@echo "Setting up .venv (some minutes and 7 GB the first time)"
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "leukgan needs Python 3.11 or newer, this is %d.%d; name one with make PYTHON=..." % sys.version_info[:2])'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

format:
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache
