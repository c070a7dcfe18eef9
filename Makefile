# Every target creates what it needs. PYTHON may name another interpreter (3.11 or newer).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
# One thread a process: two busy BLAS pools on two cores run many times slower than one thread each.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
SEED ?= 0

CHROMIUM := chromium chromium-browser google-chrome

.PHONY: help demo test bench check fix clean browser docs docs-figures docs-peers bench-peers

help:
	@echo "make demo    install into $(VENV) and run a whole campaign on the virtual laboratory"
	@echo "make test    everything that guards a change: lint, types, layers, sizes, tests"
	@echo "make check   lint, types, layers and sizes alone"
	@echo "make fix     format, and mend what the linter can"
	@echo "make docs    build the documentation into build/site; open build/site/index.html"
	@echo "make docs-peers  run the other programs' code of the documentation, each in its own environment (gigabytes)"
	@echo "make bench-peers  other programs and matloop on the same work (gigabytes, days in full): ARGS='--seeds 3 --work branin-snr10'"
	@echo "make bench   the slow figures: backtests on real data, kill test, timings (hours in full): ARGS='liang kill_run'"

$(VENV)/core: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "matloop needs Python 3.11 or newer; run make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) -e .
	@touch $@

$(VENV)/dev: $(VENV)/core
	$(PIP) -e '.[dev]'
	@touch $@

$(VENV)/docs: $(VENV)/core
	$(PIP) -e '.[docs]'
	@touch $@

demo: $(VENV)/core
	$(ONE_THREAD) $(BIN)/matloop demo --out demo --seed $(SEED)

check: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# A test opens the report in a headless browser.
browser:
	@for name in $(CHROMIUM); do command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; \
	else \
	  echo "The tests need Chromium: install the package chromium (apt-get install chromium), or Google Chrome."; exit 1; \
	fi

test: check browser
	$(ONE_THREAD) $(BIN)/pytest -n 2

fix: $(VENV)/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/dev
	$(ONE_THREAD) $(BIN)/python benchmarks/run_all.py $(ARGS)

docs: $(VENV)/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
	@echo "Open build/site/index.html; it needs no network."

docs-figures: $(VENV)/docs
	$(PIP) matplotlib
	$(ONE_THREAD) $(BIN)/python docs/figures/draw.py

docs-peers: $(VENV)/dev
	$(ONE_THREAD) $(BIN)/python -m tests.docs.peers

# Each program has an environment of its own below build/peers; runs that are done are kept there, and a killed command goes on.
bench-peers: $(VENV)/dev
	$(ONE_THREAD) $(BIN)/python -m benchmarks.peers --write $(ARGS)

clean:
	rm -rf $(VENV) demo build dist
