# The two commands are `make run` and `make test`; `make nightly` is `make run` for a machine that does it each
# night. Each sets up .venv first, and is quick when nothing changed. `make help` prints what stands behind `##`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
RUN_OPTIONS ?= --bs 8
WORKERS ?= 2

# Chips with a README's numbers, on this machine's stand-ins; without card or network this is what runs.
DOCUMENTED := ascend310 or ascend310p or t4 or vacc or mlu370

# What a night runs of them (empty: every documented batch size), and where its files go.
NIGHT_OPTIONS ?=
# What its scores are asked for beside that: `--until sure` where a night would not end.
NIGHT_SCORES ?=
NIGHT := build/nightly

# The release that `make changelog` writes; without one it writes nothing.
VERSION ?=

# Ends a recipe with the status of what went before, given as a list: the first that is neither 0 nor 6, else 6
# where there is one. 6 is the machine's (docs/ci.md), so that it stands only where nothing else failed.
define exit_with
for status in $(1); do case $$status in 0|6) ;; *) exit $$status;; esac; done; \
for status in $(1); do test $$status -eq 0 || exit $$status; done
endef

# A run is several processes, and the tests are hundreds: none is to compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run nightly test check changelog minis venv clean help
.DEFAULT_GOAL := run

# pip reads its own environment variables (PIP_INDEX_URL, PIP_FIND_LINKS, ...): make passes them on.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "zoocheck needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,train]'
	touch $(STAMP)

# Accuracy and conformance in parallel, then throughput alone; one report of both. The report comes even
# when something fails, and the exit status is pytest's: 6 only where all that failed was the machine.
run: $(STAMP) ## every documented chip at batch 8 on what this machine has, then the report (RUN_OPTIONS, WORKERS)
	@id=$$($(BIN)/python -c 'import time; print(time.strftime("%Y%m%dT%H%M%SZ-make", time.gmtime()))'); \
	first=0; second=0; \
	$(BIN)/python -m pytest suites/ -n $(WORKERS) --dist worksteal -q --no-header -m '($(DOCUMENTED)) and not throughput' \
	    $(RUN_OPTIONS) --run-id $$id || first=$$?; \
	$(BIN)/python -m pytest suites/ -q -m '($(DOCUMENTED)) and throughput' \
	    $(RUN_OPTIONS) --run-id $$id --benchmark-disable-gc --benchmark-columns=median,iqr,rounds || second=$$?; \
	$(BIN)/zoocheck report --run $$id; \
	$(call exit_with,$$first $$second)

# A night: accuracy and conformance in parallel, throughput alone, each case in a process of its own and for
# 10 s and 64 calls, with the audits of it, the preprocessing with ten times the examples; then one report, the results as JSON, and
# what is worse than the last night, a line each. All of it comes even when something fails. The exit status is
# the first that is not 0, of the sessions, the reports and the comparison; 6 only where all that failed was
# the machine.
nightly: $(STAMP) ## a night: every batch size, the audits, what is worse than the last night (NIGHT_OPTIONS, NIGHT_SCORES)
	@id=$$($(BIN)/python -c 'import time; print(time.strftime("%Y%m%dT%H%M%SZ-nightly", time.gmtime()))'); \
	accuracy=0; throughput=0; preprocessing=0; report=0; worse=0; \
	$(BIN)/python -m pytest suites/ -n $(WORKERS) --dist worksteal -q --no-header -m '($(DOCUMENTED)) and not throughput' \
	    $(NIGHT_OPTIONS) $(NIGHT_SCORES) --run-id $$id --junitxml $(NIGHT)/accuracy.xml || accuracy=$$?; \
	$(BIN)/python -m pytest suites/ -q -m '($(DOCUMENTED)) and throughput' --isolate --stamp nightly \
	    $(NIGHT_OPTIONS) --run-id $$id --junitxml $(NIGHT)/throughput.xml --benchmark-disable-gc \
	    --benchmark-columns=median,iqr,rounds --benchmark-json $(NIGHT)/benchmark.json || throughput=$$?; \
	$(BIN)/python -m pytest suites/ -n $(WORKERS) --dist worksteal -q --no-header -m preprocessing --hypothesis-profile nightly \
	    --run-id $$id --junitxml $(NIGHT)/preprocessing.xml || preprocessing=$$?; \
	$(BIN)/zoocheck report --run $$id || report=$$?; \
	$(BIN)/zoocheck report --run $$id --format json --out $(NIGHT)/results.json || report=$$?; \
	$(BIN)/zoocheck nightly --run $$id || worse=$$?; \
	$(call exit_with,$$accuracy $$throughput $$preprocessing $$report $$worse)

test: $(STAMP) ## zoocheck's own tests, everything under tests/
	$(BIN)/python -m pytest tests/ -n $(WORKERS) --dist loadfile

# .pre-commit-config.yaml has the same commands; a test holds the two together.
check: $(STAMP) ## ruff, format, mypy and the import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_import_directions.py

# Without VERSION it prints what the next release has so far; with one it writes that into CHANGELOG.md and takes
# the files away, in git's index, too (changelog.d/README.md).
changelog: $(STAMP) ## what changelog.d/ holds; with VERSION=1.2.0 into CHANGELOG.md
	$(BIN)/python -m towncrier build $(if $(VERSION),--version $(VERSION) --yes,--version unreleased --draft)

# Needs ZOOCHECK_DATA (see fixtures/minis/README.md).
minis: $(STAMP) ## train the embedded checkpoints anew
	$(BIN)/python -m training

venv: $(STAMP) ## .venv with everything the others need, from constraints.txt

clean: ## remove .venv, build/ and every cache
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
