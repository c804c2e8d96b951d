# Everything a user or developer does here by name; `make` alone prints the list.
# .venv is the service as a user gets it, .venv-dev the tools and an editable install, .venv-demo the demo,
# .venv-fuzz an editable install with atheris.

VENV     ?= .venv
DEV      ?= .venv-dev
DEMO     ?= .venv-demo
FUZZ     ?= .venv-fuzz
INTERPRETED ?= .venv-interpreted
EXAM     ?= ../shared/exam
# Where the Collector of the end-to-end tests is built, and found the next time.
CACHE    ?= .cache
# auto: with mypyc where a C compiler is found; require: or fail; never: interpreted.
GENAI_COST_COMPILE ?= auto
PYTHON   ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

export GENAI_COST_COMPILE
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_BUILD_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport PYTHONPATH PYTHONHOME

SOURCES   := pyproject.toml setup.py constraints.txt \
	$(shell find processor pricing proto_gen -name '__pycache__' -prune -o \( -type f -o -type d \) -print)
INSTALLED := $(VENV)/.installed-$(GENAI_COST_COMPILE)
PYTEST    := $(VENV)/bin/pytest
OTELCOL   := $(abspath $(CACHE))/otelcol/otelcol
BENCHCOL  := $(abspath $(CACHE))/otelcol-bench/otelcol
RESULTS   ?= $(abspath $(CACHE))/bench
BENCH     := $(VENV)/bin/python -m tests.bench
HOPS      := $(VENV)/.test $(INTERPRETED)/.interpreted $(BENCHCOL)
SIDES     := --compiled $(VENV)/bin/genai-cost --interpreted $(INTERPRETED)/bin/genai-cost --otelcol $(BENCHCOL)
TIME      ?= 30
# How long `make soak` is: kills, Hypothesis's examples, minutes at half of capacity, requests of each of 1,000 connections.
KILLS     ?= 200
EXAMPLES  ?= 1000
MINUTES   ?= 10
ROUNDS    ?= 20
DRIVERS   := $(abspath $(CACHE))/drivers
CODE      := processor pricing tests setup.py

# $(call needs,PATH,WHAT IT IS): a suite that is not there yet fails by its name instead of passing.
needs = @test -e $(1) || { echo "make $@: $(2) is not in this checkout yet ($(1))" >&2; exit 2; }

.DEFAULT_GOAL := help
.PHONY: help run demo install hooks fmt lint types test unit exam e2e drive fuzz test-wire golden prices prices-update \
	check-prices costs bench bench-rest bench-memory bench-page bench-parts soak smoke proto docs check dev clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

## --- using it

run: install ## the service on its embedded defaults (ARGS="--config FILE" for others)
	@exec $(VENV)/bin/genai-cost run $(ARGS)

demo: $(DEMO)/.installed ## realistic traffic for it, from a second terminal
	@$(DEMO)/bin/python deploy/demo $(ARGS)

install: $(INSTALLED) ## .venv with the service; touches nothing else

test: $(VENV)/.test ## the whole suite that needs only Python
	$(PYTEST) $(ARGS)

## --- working on it

dev: $(DEV)/.installed ## .venv-dev: an editable install with every tool
hooks: dev ## pre-commit, for those who work on it
	$(DEV)/bin/pre-commit install

fmt: dev ## ruff format and the safe fixes
	$(DEV)/bin/ruff format .
	$(DEV)/bin/ruff check --fix .

lint: dev ## ruff, format check, import layers, codespell
	$(DEV)/bin/ruff check .
	$(DEV)/bin/ruff format --check .
	$(DEV)/bin/lint-imports
	$(DEV)/bin/codespell README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md docs deploy processor pricing/*.py tests

types: dev $(DEMO)/.installed ## mypy strict and pyright strict
	$(DEV)/bin/mypy --explicit-package-bases $(CODE)
	$(DEV)/bin/mypy --no-explicit-package-bases --python-executable $(DEMO)/bin/python deploy/demo
	$(DEV)/bin/pyright --pythonpath $(DEV)/bin/python $(CODE)
	$(DEV)/bin/pyright --pythonpath $(DEMO)/bin/python deploy/demo

unit: dev ## unit tables and laws on the sources as they are, in seconds
	$(DEV)/bin/pytest --ignore=tests/e2e --ignore=tests/docs --ignore=tests/deploy --ignore=tests/bench -q $(ARGS)

exam: install ## the bill exam of ../shared/exam (EXAM=DIR) against this checkout
	@test -f $(EXAM)/exam.py || { echo "make exam: NOT HELD: there is no exam in $(EXAM)." >&2; \
		echo "It is kept beside this repository, in shared/exam; EXAM=DIR names another place." >&2; exit 2; }
	$(VENV)/bin/python $(EXAM)/exam.py --cmd '$(VENV)/bin/genai-cost run --config {config}' \
		--fail-under 70 --max-extra 20 $(ARGS)

e2e: $(VENV)/.test $(DEMO)/.installed $(OTELCOL) ## a real Collector each side, SDKs in front, the demo (needs Go or PyPI; npm)
	@PYTHON=$(PYTHON) tests/e2e/drivers/install $(DRIVERS) otlp_exporters || true
	GENAI_COST_OTELCOL=$(OTELCOL) GENAI_COST_NODE_EXPORTERS=$(DRIVERS)/otlp_exporters \
		GENAI_COST_DEMO_PYTHON=$(abspath $(DEMO))/bin/python $(PYTEST) tests/e2e tests/deploy $(ARGS)

drive: $(VENV)/.test ## published instrumentations through the service (PyPI, npm; venvs in CACHE)
	PYTHON=$(PYTHON) tests/e2e/drivers/install $(DRIVERS)
	GENAI_COST_DRIVERS=$(DRIVERS) $(PYTEST) tests/e2e/test_instrumentations.py $(ARGS)

fuzz: $(FUZZ)/.installed ## any bytes for TIME seconds, held to the promises (ARGS=FILE: one that broke one)
	$(FUZZ)/bin/python -m tests.fuzz --seconds $(TIME) --corpus $(abspath $(CACHE))/fuzz --exam $(EXAM) $(ARGS)

smoke: $(VENV)/.test $(OTELCOL) ## one Collector each side, one span through
	GENAI_COST_OTELCOL=$(OTELCOL) $(PYTEST) tests/e2e -k one_span $(ARGS)

test-wire: $(VENV)/.test ## real ports on localhost, with a fake next hop
	$(call needs,tests/wire,the wire suite)
	$(PYTEST) tests/wire $(ARGS)

golden: dev ## rewrites the corpus's expected files; review the diff like code
	$(call needs,tests/golden,the golden corpus)
	$(DEV)/bin/python -m tests.golden.rewrite

prices: dev ## rebuilds the tables from their sources
	$(call needs,pricing/tables/build.py,the build of the price tables)
	$(DEV)/bin/python -m pricing.tables.build $(ARGS)

prices-update: dev ## the sources' newest releases: rebuild, check, say what changed (WHEELS=DIR keeps the downloads)
	$(DEV)/bin/python -m pricing.tables.update $(if $(WHEELS),--wheels $(WHEELS)) $(ARGS)

check-prices: dev ## schema, units, overlaps, lost rows, disagreements (ARGS="--wheels DIR": their sources too)
	$(call needs,pricing/tables/check.py,the check of the price tables)
	$(DEV)/bin/python -m pricing.tables.check $(ARGS)

costs: dev ## a file of golden costs (FILE=..., default: that of ../shared/golden)
	$(DEV)/bin/python -m tests.pricing.golden_runner $(FILE)

# Each writes its results to RESULTS; bench-page makes docs/performance.md of them. They gate nothing: compare within one run.
bench: $(HOPS) ## CPU per span of five hops in one run (needs Go or PyPI); beside it: bench-rest, -memory, -page, -parts
	$(BENCH).hop $(SIDES) --json $(RESULTS)/hops.json $(ARGS)

bench-rest: $(HOPS) ## other transports, a Collector's bytes, pipelines, latency, reloads, growth: some 20 minutes
	$(BENCH).hop $(SIDES) --rounds 3 --seconds 1.2 --written collector --json $(RESULTS)/hops-collector.json
	$(BENCH).hop $(SIDES) --rounds 3 --seconds 1.2 --transports grpc+gzip,http,http+gzip --json $(RESULTS)/hops-transports.json
	$(BENCH).hop $(SIDES) --rounds 5 --seconds 1.2 --workloads e --hops bare,compiled,compiled+batch,transform,transform+batch \
		--json $(RESULTS)/hops-together.json
	$(BENCH).pipelines $(SIDES) --json $(RESULTS)/pipelines.json
	$(BENCH).latency $(SIDES) --json $(RESULTS)/latency.json
	$(BENCH).growth $(SIDES) --json $(RESULTS)/growth.json

bench-memory: $(HOPS) ## resident memory after MINUTES (10) at half of capacity
	$(BENCH).memory $(SIDES) --minutes $(MINUTES) --json $(RESULTS)/memory.json $(ARGS)

bench-page: .venv-bench/.installed ## docs/performance.md and its charts from RESULTS (default CACHE/bench)
	.venv-bench/bin/python -m tests.bench.page $(RESULTS)

bench-parts: $(VENV)/.test ## single parts of the service: prices, table, questions, ledger (PEERS=PYTHON)
	$(BENCH).pricing $(if $(PEERS),--peers $(PEERS))
	$(BENCH).table_load
	$(BENCH).quotes --command $(VENV)/bin/genai-cost
	$(BENCH).packed --command $(VENV)/bin/genai-cost
	$(VENV)/bin/python tests/bench/ledger.py

soak: $(VENV)/.test ## the long runs: 200 kills, faults, hostile input, 1,000 connections, MINUTES (10) at half of capacity
	GENAI_COST_KILLS=$(KILLS) GENAI_COST_EXAMPLES=$(EXAMPLES) GENAI_COST_ROUNDS=$(ROUNDS) MINUTES=$(MINUTES) \
		$(PYTEST) -s tests/faults $(ARGS)

proto: dev ## regenerates proto_gen/ from its .proto files
	$(call needs,$(firstword $(wildcard proto_gen/*.proto) proto_gen/*.proto),our .proto files)
	$(DEV)/bin/python -m grpc_tools.protoc -I. --python_out=. --pyi_out=. proto_gen/*.proto

docs: dev ## the tables in docs/ that are made from the code
	$(DEV)/bin/python -m tests.docs.tables

check: lint types test check-prices ## lint, types, tests, prices: what CI runs

clean: ## removes what make made
	rm -rf .venv .venv-dev .venv-demo .venv-fuzz .venv-interpreted build dist ./*.egg-info .cache

## --- how the environments are made

$(VENV)/bin/python $(DEV)/bin/python $(DEMO)/bin/python $(FUZZ)/bin/python:
	@test -n "$(PYTHON)" || { echo "make: needs Python 3.11 or newer; PYTHON=/path/to/python names one" >&2; exit 1; }
	$(PYTHON) -m venv $(@D:/bin=) || { rm -rf $(@D:/bin=); exit 1; }

# A left-over build/ would put deleted modules into the wheel.
$(INSTALLED): $(SOURCES) | $(VENV)/bin/python
	@echo "installing into $(VENV) (GENAI_COST_COMPILE=$(GENAI_COST_COMPILE)) ..."
	@rm -rf build ./*.egg-info
	@$(VENV)/bin/pip install --quiet .
	@rm -rf build ./*.egg-info $(VENV)/.installed-*
	@touch $@

# The extra's list straight from pyproject.toml: `pip install .[test]` would build the service twice.
$(VENV)/.test: pyproject.toml constraints.txt $(INSTALLED)
	@$(VENV)/bin/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["test"], sep="\n")' > $(VENV)/test.txt
	@$(VENV)/bin/pip install --quiet --requirement $(VENV)/test.txt
	@touch $@

$(INTERPRETED)/.interpreted: $(SOURCES)
	@$(MAKE) --no-print-directory install VENV=$(INTERPRETED) GENAI_COST_COMPILE=never
	@touch $@

$(DEV)/.installed: pyproject.toml setup.py constraints.txt | $(DEV)/bin/python
	GENAI_COST_COMPILE=never $(DEV)/bin/pip install --quiet --editable '.[dev]'
	@touch $@

$(DEMO)/.installed: deploy/demo/requirements.txt constraints.txt | $(DEMO)/bin/python
	$(DEMO)/bin/pip install --quiet --requirement deploy/demo/requirements.txt
	@touch $@

# Editable and interpreted: atheris sees which lines of Python are reached.
$(FUZZ)/.installed: pyproject.toml setup.py constraints.txt | $(FUZZ)/bin/python
	@$(FUZZ)/bin/pip install --quiet atheris || { \
		echo "!!! NO FUZZING: atheris does not install on $$($(FUZZ)/bin/python --version)" >&2; exit 1; }
	GENAI_COST_COMPILE=never $(FUZZ)/bin/pip install --quiet --editable '.[test]'
	@touch $@

$(OTELCOL): tests/e2e/collector/manifest.yaml tests/e2e/collector/build
	PYTHON=$(PYTHON) tests/e2e/collector/build $(@D)

# Only what draws: the rest of the extra are peers, which nobody needs for that.
.venv-bench/.installed: pyproject.toml constraints.txt
	@test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/pip install --quiet "$$(grep -o 'matplotlib==[0-9.]*' pyproject.toml)"
	@touch $@

$(BENCHCOL): tests/bench/collector.yaml tests/e2e/collector/build
	PYTHON=$(PYTHON) tests/e2e/collector/build $(@D) tests/bench/collector.yaml
