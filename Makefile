# Every target sets itself up: a fresh Debian with Python 3.10 or newer and make is enough.
PYTHON ?= python3
# Another Python has an environment of its own: .venv-python3.12.
VENV := .venv$(if $(filter-out python3,$(PYTHON)),-$(notdir $(PYTHON)))
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TEST_ARGS ?=

# Hundreds of Python processes start in a run of the tests: none compiles again what another has.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo test test-live test-deep mutants test-frameworks downstream frameworks-page bench bench-compare lint docs compatibility release format clean

help:  ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 15

# uv comes from pip, in an environment of the project's own: nothing of the machine is changed.
$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
		|| { echo "imageshim needs Python 3.10 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
		|| { echo "python3 -m venv failed; on Debian: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --upgrade --group dev \
		-e ".[archive,cli,codemod,compression,fast,pillow,server,testing]"
	@touch $@

demo: $(READY)  ## real replies of several versions; LiteLLM's migration guide, run on real LiteLLM
	@$(BIN)/python demo/replies.py
	@$(BIN)/python demo/migration
	@$(BIN)/python demo/codemod.py

# SSL_CERT_FILE: see tests/conftest.py; processes that the tests start and a machine's own value.
test: $(READY)  ## the tests for everybody: the same in every run, without a network
	@SSL_CERT_FILE=$(CURDIR)/tests/support/certificate.pem $(BIN)/python -m pytest -n auto --dist worksteal -m "not live and not deep" --ignore=tests/live \
		$(if $(COVERAGE),--cov --cov-report=) $(TEST_ARGS)
	@$(if $(COVERAGE),$(BIN)/python tests/support/coverage_gate.py)

test-live: $(READY)  ## against real LiteLLM and OpenAI SDK releases, in environments kept in .live
	@$(BIN)/python -m pytest -n auto --dist loadscope -m live $(TEST_ARGS)

test-deep: $(READY)  ## random seeds, 10,000 examples, soaks: takes hours
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --group fuzz
	@HYPOTHESIS_PROFILE=deep IMAGESHIM_SOAK=100000 \
		$(BIN)/python -m pytest -n auto --dist worksteal -m "not live and not frameworks" $(TEST_ARGS)

mutants: $(READY)  ## 800 changes of the source, each of which has to fail a test: takes hours
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --group mutants
	@$(BIN)/python tests/support/mutants.py --count 500 core
	@$(BIN)/python tests/support/mutants.py --count 300 outer

test-frameworks: $(READY)  ## agent frameworks, each in an environment of its own kept in .live
	@$(BIN)/python -m pytest -m frameworks tests/live/frameworks $(TEST_ARGS)

downstream: $(READY)  ## the tests of projects near ours, with the shim installed and without
	@cd tests && ../$(BIN)/python -m live.frameworks.downstream

frameworks-page: $(READY)  ## the table of docs/frameworks.md, written anew
	@cd tests && ../$(BIN)/python -m live.frameworks.page

bench: $(READY)  ## the benchmarks, as ratios in one run
	@$(BIN)/python -m benchmarks

bench-compare: $(READY)  ## what the last `make bench` has worse than the baseline, by more than 15 %
	@$(BIN)/python -m benchmarks.compare

lint: $(READY)  ## ruff, mypy strict, pyright, import contracts, and the checkers of deploy/
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pyright
	@$(BIN)/lint-imports --no-cache --no-logo
	@$(BIN)/hadolint deploy/Dockerfile
	@$(BIN)/yamllint --strict -c deploy/.yamllint deploy
	@$(BIN)/kubernetes-validate --strict --quiet deploy/kubernetes.yaml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec deploy/compose.yaml

docs: $(READY)  ## the documentation as a site, in build/site
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --group docs
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build
	@echo "build/site/index.html; to search in it, serve it: python3 -m http.server -d build/site"

compatibility: $(READY)  ## docs/compatibility.json, from the live tests that it is about
	@rm -rf .live/outcomes
	@$(BIN)/python -m pytest -n auto --dist loadscope -m live tests/live/test_carriers.py \
		tests/live/test_clients.py tests/live/test_streams.py tests/live/test_wrapping.py
	@$(BIN)/python tests/live/outcomes.py

release: $(READY)  ## build, check and install what a release consists of; nothing is published
	@rm -rf dist
	@$(BIN)/uv build --quiet --python $(BIN)/python
	@$(BIN)/uv tool run --quiet twine check --strict dist/*
	@set -e; for made in dist/*.whl dist/*.tar.gz; do \
		empty=$$(mktemp -d); \
		$(BIN)/uv venv --quiet --python $(BIN)/python $$empty; \
		$(BIN)/uv pip install --quiet --python $$empty/bin/python $$made; \
		$$empty/bin/imageshim --version; \
		$$empty/bin/imageshim show tests/captures/proxy/1.76.3/b_text_image.json > /dev/null; \
		rm -rf $$empty; \
	done
	@set -e; unpacked=$$(mktemp -d); tar -xzf dist/*.tar.gz -C $$unpacked --strip-components 1; \
		$(MAKE) -C $$unpacked test; rm -rf $$unpacked

format: $(READY)  ## let ruff format and fix
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean:  ## remove everything that the targets made
	rm -rf .venv .venv-* .live build dist demo-output .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis
