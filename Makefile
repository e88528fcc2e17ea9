# make study: the whole study on the embedded smears.  make test: every check.  Both set up .venv first.
#
#   make study TORCH_INDEX=ADDRESS    # a torch without CUDA, from the index that its install page names
PYTHON ?= python3
BIN := .venv/bin
TORCH_INDEX ?=
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --dist loadscope
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt

.PHONY: study test coverage setup format clean

study: .venv/ready
	$(BIN)/python experiments/study.py experiment=quick

# The test workers fill the cores; threads of theirs would wait for each other. Each takes whole files, whose trainings
# many tests share.
test: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(PYTEST)

# What the tests reach; tracing makes them a third slower.
coverage: setup
	$(PYTEST) --cov --cov-report=term:skip-covered --cov-fail-under=90

# What the tests need besides what a user does.
setup: .venv/tested

.venv/tested: .venv/ready
	@echo "Adding the tools of the tests to .venv"
	$(INSTALL) --editable '.[dev]'
	@touch $@

.venv/ready: pyproject.toml constraints.txt
	@echo "Setting up .venv: some minutes and 7 GB the first time, most of it for torch; pip says below what it is at"
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "leukgan needs Python 3.11 or newer, this is %d.%d; name one with make PYTHON=..." % sys.version_info[:2])'
	$(PYTHON) -m venv .venv
	$(if $(TORCH_INDEX),$(INSTALL) --index-url $(TORCH_INDEX) torch torchvision)
	$(INSTALL) --editable '.[search,medmnist,joblib,slurm]'
	@touch $@

format:
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m leukgan.tools.argument_table

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache
