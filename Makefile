# `make run` and `make test` need Python 3.11 or later and make; everything else is installed into .venv from the lock.
export NO_MKDOCS_2_WARNING = 1
# Without compiled modules each of the hundreds of processes that the tests start would compile all it imports.
unexport PYTHONDONTWRITEBYTECODE
PYTHON ?= python3
WORKERS ?= 2
BIN := .venv/bin
ALL_PLUGINS := $(patsubst %/pyproject.toml,%,$(wildcard plugins/lumosai-*/pyproject.toml))
# Sandboxed plugins are built, not installed: a host that runs them needs no Python of theirs.
PLUGINS := $(patsubst %/pyproject.toml,%,$(shell grep -L '^\[tool\.lumos\.build\]' plugins/lumosai-*/pyproject.toml))
PYTEST := $(BIN)/pytest -n $(WORKERS)
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header

.PHONY: run test test-all fuzz check clients plugins bench docs lock clean

run: .venv/.ready
	@exec $(BIN)/lumos up --tour

test: plugins
	$(PYTEST) -m "not slow"

# With the slow tests, and how much of each package was run: measuring makes every test half as long again.
test-all: plugins
	@$(BIN)/coverage erase
	$(BIN)/coverage run -m $(notdir $(PYTEST))
	@$(BIN)/coverage combine --quiet
	@$(MAKE) --no-print-directory .coverage-gate

# Requests made of docs/reference/openapi.json, right and wrong, for two minutes with authentication and two without.
fuzz: plugins
	LUMOS_FUZZ_SECONDS=120 $(PYTEST) -rP tests/host/gateway/test_fuzz.py

# The components of plugins/lumosai-*, made anew where their sources changed; nothing that is built is committed.
plugins: .venv/.ready
	@$(BIN)/python tools/build_plugins.py

# Each package answers for itself: a well tested one must not hide another.
.PHONY: .coverage-gate
.coverage-gate:
	@for part in host marketplace plugin_sdk plugins; do \
		echo "coverage of $$part:"; \
		$(BIN)/coverage report --include="$$part/*" --fail-under=90 || exit 1; \
	done

check: .venv/.ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	@for plugin in $(ALL_PLUGINS); do \
		echo "mypy $$plugin/tests"; \
		(cd $$plugin && $(CURDIR)/$(BIN)/mypy --config-file $(CURDIR)/pyproject.toml --cache-dir $(CURDIR)/.mypy_cache/$$plugin tests) || exit 1; \
	done
	$(BIN)/lint-imports
	@! git grep -n '://' -- '*.lock' || { echo 'a lock names where packages come from: make it again with make lock'; exit 1; }
	$(BIN)/python docs/generate.py --check
	$(BIN)/python tools/clients.py --check
	$(BIN)/python tools/api_break.py docs/reference/released/openapi-v1.json docs/reference/openapi.json
	$(BIN)/mkdocs build --strict --quiet

# What of the clients is made from docs/reference/openapi.json; the TypeScript one takes npm.
clients: .venv/.ready
	$(BIN)/python tools/clients.py

bench: .venv/.ready
	$(BIN)/python bench/run.py
	$(BIN)/python bench/sandbox/run.py
	$(BIN)/python -m bench.marketplace
	$(BIN)/python bench/streams.py
	$(BIN)/python -m bench.load
	$(BIN)/python bench/cold.py

docs: .venv/.ready
	$(BIN)/mkdocs build --strict

# The locks pin versions and hashes, and name no index: see docs/adr/0002-locks-that-name-no-host.md.
lock: .venv/.ready
	$(COMPILE) pyproject.toml --extra all --group dev --no-emit-package lumosai -o requirements/dev.lock
	$(COMPILE) --group pyproject.toml:bootstrap -c requirements/dev.lock --no-annotate -o requirements/bootstrap.lock

clean:
	rm -rf .venv .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache dist site
	rm -rf plugins/*/.lumos plugins/*/dist plugins/*/node_modules clients/*/node_modules clients/*/dist .lumos/tour .lumos/tour-*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.ready: pyproject.toml $(wildcard requirements/*.lock) $(PLUGINS:=/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "LumosAI needs Python 3.11 or later: make PYTHON=python3.11 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . $(addprefix -e ./,$(PLUGINS))
	@touch $@
