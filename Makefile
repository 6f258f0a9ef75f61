# Stackmark. `make demo` shows everything; `make test` proves it; `make check` keeps it tidy.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: install demo test check check-python check-contracts bench lock samples clean

install: $(VENV)/.installed contracts/node_modules/.installed tests/oracles/node_modules/.installed

$(VENV)/.installed: requirements.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

contracts/node_modules/.installed: contracts/package-lock.json
	cd contracts && npm ci --no-audit --no-fund --loglevel=error
	touch $@

tests/oracles/node_modules/.installed: tests/oracles/package-lock.json
	cd tests/oracles && npm ci --no-audit --no-fund --loglevel=error
	touch $@

benchmarks/node_modules/.installed: benchmarks/package-lock.json
	cd benchmarks && npm ci --no-audit --no-fund --loglevel=error
	touch $@

demo: $(VENV)/.installed contracts/node_modules/.installed
	$(BIN)/stackmark demo $(if $(CHECK),--check)

# As many at a time as there are processors, each process with a database server and a node of its own; who is done takes
# from the others. The published vectors are run by one, which notices a file that nobody opens.
test: install
ifdef ARGS
	$(BIN)/python -m pytest $(ARGS)
else
	$(BIN)/python -m pytest tests/vectors
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal --ignore tests/vectors
endif

check: check-python check-contracts

check-python: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python .ci/checks.py

check-contracts: install
	cd contracts && npm run --silent check

bench: install benchmarks/node_modules/.installed
	$(BIN)/python -m benchmarks

lock:
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header \
		--no-emit-index-url --python-version 3.11 --quiet --output-file requirements.txt

samples: install
	$(BIN)/python -m samples.generate

clean:
	rm -rf $(VENV) .data contracts/node_modules contracts/out contracts/cache tests/oracles/node_modules \
		benchmarks/node_modules
