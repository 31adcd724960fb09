# make demo: set up, then run the pipeline against the tenant simulator    make test: set up, then pass every test
# make help lists the rest.
SHELL := /bin/sh
PYTHON ?= $(shell scripts/find-python)
ifeq ($(strip $(PYTHON)),)
$(error no usable Python: see the line above)
endif
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
ifeq ($(strip $(VERSION)),)
$(error $(PYTHON) isn't a Python that runs; name another: make PYTHON=/path/to/python3.13)
endif
VENV ?= .venv-$(VERSION)
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Without kept bytecode each process of the tests would compile all of it anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help lint-style lint-types lint-layers campaigns coverage quick facts setup demo test lint unit test-azure crash damage drift-campaign model explore mutation test-durable2 pictures upgrade-test wheel-test package-test infra-check bench bench-full bench-instructions bench-beside audit lock snapshots clean release site
help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

setup: $(READY) ## Make the virtual environment

$(READY): requirements-dev.txt pyproject.toml tests/support/npm.py
	@echo "Setting up $(VENV) with Python $(VERSION); a minute or two, once"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements-dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@$(BIN)/python -m tests.support.npm
	@$(BIN)/python -m compileall -q upa_core upa_cli tenant_sim functions_host
	@touch $@

demo: $(READY) ## Run the whole pipeline here: HR=FILE takes your own feed, KEEP=1 leaves the tenant up
	@$(BIN)/python -m upa_cli demo $(if $(HR),--hr "$(HR)") $(if $(KEEP),--keep) $(DEMO)

PARALLEL = --numprocesses=$(or $(JOBS),auto) --dist=worksteal
QUICK = tests/domain tests/state tests/services tests/config tests/test_architecture.py

test: lint-style ## Pass every check and test
	@scripts/beside "$(MAKE) --no-print-directory lint-types lint-layers" "$(MAKE) --no-print-directory unit"

lint: lint-style lint-types lint-layers ## Format, lint, types, layers

lint-style: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .

lint-types: $(READY)
	@$(BIN)/mypy

lint-layers: $(READY)
	@$(BIN)/lint-imports --no-cache

unit: $(READY) ## Run the tests (TESTS=FOLDER; JOBS=N processes, by default one more than there are processors, up to four)
	@scripts/need-chromium
	@$(BIN)/python -m pytest $(PARALLEL) $(TESTS)

quick: $(READY) ## Run the tests that take no servers and no time: rules, documents, use cases (under a minute)
	@$(BIN)/python -m pytest -p no:schemathesis --numprocesses=$(or $(JOBS),logical) --dist=worksteal -m "not slow" $(QUICK)

coverage: $(READY) ## Run the tests with branch coverage, which takes half as long again
	@scripts/need-chromium
	@$(BIN)/python -m pytest $(PARALLEL) --cov --cov-report= $(TESTS)
	@$(BIN)/python -m coverage report --format=total | sed 's/^/coverage of upa_core, branches counted: /; s/$$/ %/'

test-azure: $(READY) ## Run contract, pipeline, kills and costs on Microsoft's own triggers and Azurite (16 minutes on two idle cores; JOBS=N, TESTS=FILE)
	@UPA_TEST_AZURE=1 $(BIN)/python -m pytest -p no:randomly --numprocesses=$(or $(JOBS),6) --dist=loadgroup \
		--no-loadscope-reorder --durations=15 --timeout=1500 $(or $(TESTS),tests/azure)

crash: $(READY) ## Die at every port call, be overtaken at every write and read (an hour and a half with JOBS=2 on two cores; EVERY=N, JOBS=N, SCENARIO=NAME)
	@$(BIN)/python -m tests.crash $(if $(EVERY),--every $(EVERY)) $(if $(JOBS),--jobs $(JOBS)) $(if $(SCENARIO),--scenario "$(SCENARIO)")

model: $(READY) ## Run N random schedules against the oracle (N=10000 takes long)
	@HYPOTHESIS_PROFILE=new UPA_MODEL_EXAMPLES=$(or $(N),1000) $(BIN)/python -m pytest tests/model --timeout=0

campaigns: $(READY) ## Run the full forms of what `make test` runs in short: all rivals, deaths, lives, phases, processes (hours)
	@UPA_FULL=1 $(BIN)/python -m pytest -m full --timeout=0
	@$(MAKE) --no-print-directory crash model damage explore

drift-campaign: $(READY) ## Find 1,000 hand edits among 100,000 profiles in 7 days, and raise no false alarm in 200 lives (minutes)
	@UPA_FULL=1 $(BIN)/python -m pytest -p no:randomly -s --timeout=0 tests/services/drift/test_proof.py

damage: $(READY) ## Damage stored documents N times and read them: healed or a clear error, nothing else (seconds)
	@$(BIN)/python -m tests.damage $(or $(N),6000)

explore: $(READY) ## Run the tests that generate their examples with new ones (minutes)
	@HYPOTHESIS_PROFILE=new $(BIN)/python -m pytest $(shell grep -rlE "^@given|^@SCHEMA|import run_state_machine" tests --include="test_*.py")

mutation: ## Mutate domain, state and services and print what the tests notice (hours; goes on where it was stopped; CHILDREN=N; MODULES='services/plan' alone)
	@PYTHON="$(PYTHON)" MODULES="$(MODULES)" TESTS="$(TESTS)" CHILDREN="$(CHILDREN)" ONLY="$(ONLY)" RETRY="$(RETRY)" scripts/mutation

test-durable2: ## Run the function app's suite on azure-functions-durable 2.0.0rc3
	@PYTHON="$(PYTHON)" scripts/test-durable2 $(TESTS)

bench: $(READY) ## Measure against floor and peers: pull, plan, settle, memory, a day, cold start (minutes)
	@$(BIN)/python -m bench

bench-full: $(READY) ## Measure with a million people
	@$(BIN)/python -m bench --full

bench-instructions: $(READY) ## Count instructions per person, whatever else the machine does (valgrind; BESIDE=FOLDER: another checkout too)
	@$(BIN)/python -m bench.compare.instructions $(BESIDE)

bench-beside: $(READY) ## Compare processor time with another checkout, in turns (BESIDE=FOLDER, PEOPLE=N, ROUNDS=N; a minute)
	@$(BIN)/python -m bench.compare.in_turns $(or $(BESIDE),$(error say which checkout: make bench-beside BESIDE=FOLDER)) \
		$(if $(PEOPLE),--people $(PEOPLE)) $(if $(ROUNDS),--rounds $(ROUNDS))

pictures: $(READY) ## Take README's pictures of the page and the terminal from a demo (needs Chromium)
	@$(BIN)/python scripts/pictures.py

upgrade-test: $(READY) ## Upgrade from an older release and roll back to it, on one state (minutes; FROM=COMMIT)
	@$(BIN)/python scripts/upgrade-test $(or $(FROM),$(error say which release: make upgrade-test FROM=COMMIT))

wheel-test: $(READY) ## Install the wheel in empty environments of every Python that is here, and use it
	@UPA_WHEEL_PYTHONS="$$(scripts/find-python --all)" $(BIN)/python -m pytest -v tests/distribution

package-test: $(READY) ## Build the deployment package and let the real worker index that folder alone
	@$(BIN)/python scripts/package-test

snapshots: $(READY) ## Predict anew what infra/ deploys (tests/infra/snapshots; needs the Bicep compiler)
	@$(BIN)/python -m tests.support.bicep_compiler

site: $(READY) ## Build docs/ as a site into dist/site, strictly
	@$(BIN)/uv tool run --quiet --python $(BIN)/python mkdocs==1.6.1 build --strict --quiet

release: $(READY) ## Build wheel, sdist, SBOM and checksums into dist/release; dates the changelog
	@$(BIN)/python scripts/release --date "$$(date -u +%F)"

infra-check: ## Run checkov and azure-functions-doctor, in environments of their own
	@PYTHON=$(PYTHON) scripts/infra-check

audit: $(READY) ## Judge what is deployed: pins, hashes, licences; nobody is asked
	@$(BIN)/python scripts/audit

facts: $(READY) ## Bring docs/facts up to date: who relies on each fact, and the simulator's copy
	@$(BIN)/python scripts/facts.py

lock: $(READY) ## Compile the requirements anew
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-emit-index-url --generate-hashes requirements.in -o requirements.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-emit-index-url requirements-dev.in -o requirements-dev.txt
	@$(BIN)/uv pip compile --quiet --no-header --no-emit-index-url --no-annotate --generate-hashes requirements-tools.in -o requirements-tools.txt

clean: ## Delete what was set up here
	rm -rf .venv-* .tools .demo .state .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
	find . -name __pycache__ -prune -exec rm -rf {} +
