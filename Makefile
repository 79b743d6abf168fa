# `make demo` and `make test` are all that a fresh machine needs: each makes .venv and installs into it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 2

# One by one, because some may be missing: none is needed, and the tests that compare with it are skipped.
define PEERS
import tomllib
print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["peers"])
endef
export PEERS

.PHONY: help setup peers demo test test-long torture fuzz mutate test-gpu lint type docs golden picture bench clean
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,korean]'
	touch $(STAMP)
	@echo 'the command is $(BIN)/seqtool; ". $(BIN)/activate" makes it seqtool'

setup: $(STAMP) ## make .venv with everything that development needs

peers: $(STAMP) ## install the tools that the agreement tests compare with (kenlm and fasttext need a compiler)
	@for peer in $$($(BIN)/python -c "$$PEERS"); do \
	    $(BIN)/python -m pip install --quiet --constraint constraints.txt "$$peer" 2> $(VENV)/peer.log \
	        || echo "$$peer cannot be installed ($(VENV)/peer.log): the tests that compare with it are skipped"; \
	done

demo: $(STAMP) ## train a small language model, measure it, let it write, make a report
	SEQTOOL=$(BIN)/seqtool sh sample_corpora/demo.sh

test: lint type $(STAMP) ## lint, types and the tests, without the long ones (README: the test command)
	$(BIN)/python -m pytest -n $(WORKERS) -m "not long"

test-long: $(STAMP) ## the long tests: stress loops, every family, whole examples
	$(BIN)/python -m pytest -n $(WORKERS) -m long

torture: $(STAMP) ## kill commands and let their calls fail, for MINUTES (20) in all; prints counts
	$(BIN)/python tests/robust/torture.py --minutes $(or $(MINUTES),20)

mutate: $(STAMP) ## put small faults into the source, one at a time, and see which tests notice (MUTATIONS=300 SEED=1)
	cd tests/robust && PYTHONPATH=. $(abspath $(BIN))/python -m mutate --sample $(or $(MUTATIONS),300) --seed $(or $(SEED),1) --workers $(WORKERS)

fuzz: $(STAMP) ## fuzz every parser: counts, and what was found (MINUTES=60 SEED=1; with Atheris: GUIDED=--guided)
	cd tests/robust && PYTHONPATH=. $(abspath $(BIN))/python -m fuzz --minutes $(or $(MINUTES),60) --seed $(or $(SEED),1) $(GUIDED)

test-gpu: $(STAMP) ## the tests that need a CUDA device
	$(BIN)/python -m pytest -m gpu

lint: $(STAMP) ## ruff, stale generated docs, and habits of wording
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python docs/generate.py --check
	$(BIN)/python docs/stubs.py --check
	$(BIN)/python docs/wording.py

type: $(STAMP) ## mypy, strict, of the package and of calls of the Python API
	$(BIN)/mypy
	$(BIN)/mypy tests/typing/python_api.py

docs: $(STAMP) ## write docs/cli.md, the types of the Python functions and the results on pages anew from the commands
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/stubs.py
	SEQTOOL_GOLDEN=write $(BIN)/python -m pytest -n 0 -q tests/pipeline/test_pages.py

golden: $(STAMP) ## write the golden test files anew (read the diff before committing it)
	SEQTOOL_GOLDEN=write $(BIN)/python -m pytest -n 0 tests/golden

picture: $(STAMP) ## make docs/images/report.png anew, the picture in README.md (needs Chromium or Chrome)
	SEQTOOL=$(BIN)/seqtool sh docs/picture.sh

bench: $(STAMP) ## measure beside the peers (needs SEQTOOL_DATA; benchmarks/README.md)
	$(BIN)/python benchmarks/bench_preprocess.py
	$(BIN)/python benchmarks/bench_lm.py --profile
	$(BIN)/python benchmarks/bench_counts.py

clean: ## remove the environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache build *.egg-info
