# The two commands of the README: make lab, make test. Everything else is in their service.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
READY := $(VENV)/ready
RVF_PACE ?= quick
CELL_SECONDS := $(if $(filter full,$(RVF_PACE)),3600,600)
NBVAL = PYTHONPATH="$(CURDIR)/utils/setup/offline" $(PY) -m pytest --nbval-lax --nbval-current-env --nbval-cell-timeout=$(CELL_SECONDS) -p no:cacheprovider --durations=0 \
	-o testpaths= -o filterwarnings=default
TRAINING := $(wildcard notebooks/02_*.ipynb notebooks/03_*.ipynb)  # on small when quick: they train medium for minutes
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
# An environment whose Python is gone isn't ready, whatever it was: install.py makes it anew.
$(shell $(PY) -c "" 2>/dev/null || rm -f $(READY))

.PHONY: lab test lint notebooks models benchmarks clean
.DEFAULT_GOAL := lab

lab: $(READY) models        ## set up and open JupyterLab on the series
	$(BIN)/jupyter lab $(AS_ROOT) --ServerApp.root_dir="$(CURDIR)" --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb

test: $(READY) lint models  ## every test, then every notebook, at quick pace unless RVF_PACE says full, with nothing trained yet
	RUNS="$$(mktemp -d)"; trap 'rm -rf "$$RUNS"' EXIT; export RVF_RUNS="$$RUNS"; \
	$(PY) -m pytest tests && \
	export RVF_PACE=$(RVF_PACE) && \
	$(NBVAL) $(filter-out $(TRAINING),$(wildcard notebooks/*.ipynb)) && \
	RVF_LLM=$(or $(RVF_LLM),$(if $(filter full,$(RVF_PACE)),,small)) $(NBVAL) $(TRAINING)

lint: $(READY)              ## style of modules, tests and notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

notebooks: $(READY) models  ## run all notebooks again at full pace, in order, and store their outputs
	$(PY) -m utils.setup.notebooks

benchmarks: $(READY) models ## speed, as ratios to the obvious way
	$(PY) -m pytest -s tests/benchmarks

models: $(READY)
	@$(PY) -m utils.models small medium embedder

$(READY): requirements.txt constraints.txt
	@$(PYTHON) utils/setup/install.py
	@touch $(READY)

clean:                      ## remove the environment (the models stay in the user cache)
	rm -rf $(VENV) .pytest_cache .ruff_cache
