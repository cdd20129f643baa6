# The two commands of the README: make lab, make test. Everything else is in their service.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
READY := $(VENV)/ready
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: lab test lint notebooks models benchmarks clean
.DEFAULT_GOAL := lab

lab: $(READY) models        ## set up and open JupyterLab on the series
	$(BIN)/jupyter lab $(AS_ROOT) --ServerApp.root_dir="$(CURDIR)" --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb

test: $(READY) lint models  ## every test, then every notebook on a fresh cache for what is trained and recorded
	RUNS="$$(mktemp -d)"; trap 'rm -rf "$$RUNS"' EXIT; export RVF_RUNS="$$RUNS"; \
	$(PY) -m pytest tests && \
	$(PY) -m pytest --nbval-lax --nbval-current-env --nbval-cell-timeout=1200 -p no:cacheprovider --durations=0 \
		-o testpaths= -o filterwarnings=default notebooks

lint: $(READY)              ## style of modules, tests and notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

notebooks: $(READY) models  ## run all notebooks again, in order, and store their outputs
	$(PY) -m utils.setup.notebooks

benchmarks: $(READY) models ## speed, as ratios to the obvious way
	$(PY) -m pytest -s tests/benchmarks

models: $(READY)
	@$(PY) -m utils.models small embedder

$(READY): requirements.txt constraints.txt
	@$(PYTHON) utils/setup/install.py
	@touch $(READY)

clean:                      ## remove the environment (the models stay in the user cache)
	rm -rf $(VENV) .pytest_cache .ruff_cache
