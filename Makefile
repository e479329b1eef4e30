# `make read`, `make book` and `make test` need Python 3.11 to 3.13 and make, nothing else;
# everything stays in this folder.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
# Another environment, or settings of the user, must not reach this one before it can see to that itself
# (book/environment.py).
unexport PYTHONPATH PYTHONHOME PYTHONOPTIMIZE PYTHONINSPECT PYTHONWARNINGS PYTHONSAFEPATH VIRTUAL_ENV

.PHONY: help read book status lab test browser-test refresh authors bench peers lint format clean

help:
	@echo "make read     compile the book from the committed notebooks, execute nothing: _build/html/index.html"
	@echo "make book     execute the notebooks that changed, compile the book: _build/html/index.html"
	@echo "make status   tell which pages make book would execute, because of what, and for how long"
	@echo "make lab      turn the knobs of a network in JupyterLab: book/explore.ipynb; LAB=--no-browser tells its address"
	@echo "make test     unit tests, then every notebook against its reference outputs"
	@echo "make browser-test  every page of the book in Chromium: wide, narrow, dark, with axe; see _build/html"
	@echo "make lint     ruff, mypy and import-linter"
	@echo "make format   let ruff rewrite what it can"
	@echo "make refresh  execute the notebooks and make their outputs the new reference"
	@echo "make authors  run the combined readings anew, at most 90 minutes on two cores: book/authors.json"
	@echo "make bench    speed against what a user would pick instead; BENCH=--save keeps the results for the book"
	@echo "make peers    install the simulators and wavelet libraries that make bench compares with"
	@echo "make clean    remove all that was built, the environment included"

book: $(READY)
	$(BIN)/python book/execute.py

read: $(READY)
	$(BIN)/python book/execute.py --read

# It says with 1 that there are any.
status: $(READY)
	@$(BIN)/python book/execute.py --status || [ $$? = 1 ]

lab: $(READY)
	$(BIN)/python -m jupyterlab book/explore.ipynb $(LAB)

test: $(READY)
	$(BIN)/python -m pytest

# Of the book that is there, else of one from the committed notebooks.
browser-test: $(READY)
	[ -f _build/html/index.html ] || $(BIN)/python book/execute.py --read
	LSM_BOOK=_build/html $(BIN)/python -m pytest tests/browser

refresh: $(READY)
	$(BIN)/python book/execute.py --refresh

# Interrupted, it goes on where it was.
authors: $(READY)
	$(BIN)/python book/authors.py

# With the peers where they are installed; Brian2 needs an older NumPy and so an environment of its own.
PEERS := _build/peers/bin/python
bench: $(READY)
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 XLA_FLAGS=--xla_cpu_multi_thread_eigen=false \
	  $$(if [ -x $(PEERS) ]; then echo $(PEERS); else echo $(BIN)/python; fi) benchmarks/run.py $(BENCH)

peers: $(READY)
	$(BIN)/python -m venv --clear _build/peers
	$(PEERS) -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	$(BIN)/python -m venv --clear _build/brian
	_build/brian/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements-brian.txt

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) _build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks
	rm -rf build *.egg-info book/data book/*/data
	find lsm book tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

# The first of these commands that is a Python of the right version and can make environments; PYTHON=... chooses another.
# A half-installed environment has no file "ready" and is made anew.
$(READY): requirements.txt pyproject.toml book/environment.py
	@set -e; for python in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
	  if $$python -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
	    echo "making $(VENV) with $$($$python --version)"; \
	    $$python -m venv --clear $(VENV); \
	    $(BIN)/python book/environment.py; \
	    touch $@; exit 0; \
	  fi; \
	done; \
	echo "Python 3.11, 3.12 or 3.13 with the venv module is needed; none was found (make PYTHON=/path/to/python3.12 ...)" >&2; exit 1
