# Every target makes .venv first if it is missing or older than what it is made from.
# Python 3.11 or newer with venv and pip is all that has to be there: make PYTHON=python3.13 test

PYTHON ?= python3
KAFKA_PORT ?= 9092
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
KAFKA := $(BIN)/python tests/kafka/kafka_server.py
LOCK := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --custom-compile-command "make update" --quiet

# The tests use the Kafka that `make kafka` started, looked for when they begin; without one they
# say what they did not run.
WITH_KAFKA = LOGLOOM_TEST_KAFKA="$${LOGLOOM_TEST_KAFKA:-$$(ls .kafka/server.json 2>/dev/null)}"

.PHONY: help demo install test check format lint types imports specs docs fmt nightly bench bench-speed \
	profile golden update kafka kafka-stop

help:  ## what there is to make
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' | \
		while IFS='|' read -r target does; do printf '  make %-12s %s\n' "$$target" "$$does"; done

demo: $(INSTALLED)  ## the whole way of a record on this machine, with no server
	@$(BIN)/python -m engine demo

install: $(INSTALLED)  ## .venv with exactly what requirements.lock says, and Logloom in it

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Logloom needs Python 3.11 or newer; try: make PYTHON=python3.12 install" >&2; \
		exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

test: $(INSTALLED)  ## all tests; those that need a real Kafka if `make kafka` runs one
	@$(WITH_KAFKA) $(BIN)/python -m pytest --numprocesses=auto $(ARGS)

check: format lint types imports specs docs  ## all that can be said without running: no network, no server

format: $(INSTALLED)
	$(BIN)/ruff format --check .

lint: $(INSTALLED)
	$(BIN)/ruff check .

types: $(INSTALLED)
	$(BIN)/mypy

imports: $(INSTALLED)
	$(BIN)/lint-imports

specs: $(INSTALLED)
	$(BIN)/python -m engine validate systems/
	$(BIN)/python -m engine test systems/ --fail-under 100

docs: $(INSTALLED)
	$(BIN)/python -m pytest --quiet tests/docs

fmt: $(INSTALLED)  ## write the format, and the repairs that ruff can make
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

nightly: $(INSTALLED)  ## all tests with a hundred times the examples: hours
	@LOGLOOM_TEST_PROFILE=nightly $(WITH_KAFKA) $(BIN)/python -m pytest --numprocesses=auto $(ARGS)

bench: $(INSTALLED) bench-speed  ## measure what the documents claim, on this machine
	@for benchmark in benchmarks/*.py benchmarks/expressiveness/scoreboard.py; do $(BIN)/python $$benchmark || exit 1; done

bench-speed: $(INSTALLED)  ## the table of ratios alone: some twenty minutes
	@$(BIN)/python benchmarks/speed/table.py $(ARGS)

profile: $(INSTALLED)  ## where the time of a run goes
	@$(BIN)/python benchmarks/speed/stages.py $(ARGS)

golden: $(INSTALLED)  ## write the expected side of the golden files and the command reference
	LOGLOOM_UPDATE=1 $(BIN)/python -m pytest --quiet tests/diagnostics tests/docs

update: $(INSTALLED)  ## write the lock files anew, with the newest releases
	$(LOCK) --upgrade --group dev --output-file requirements.lock
	$(LOCK) --upgrade --constraint requirements.lock --output-file docker/requirements.lock

kafka: $(INSTALLED)  ## start a real Apache Kafka without Docker: needs Java 17 and Maven
	@$(KAFKA) start --port $(KAFKA_PORT)

kafka-stop: $(INSTALLED)  ## stop it; its data stay in .kafka/
	@$(KAFKA) stop
