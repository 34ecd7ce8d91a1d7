# make run | test | check | bench | words | docs — everything happens in .venv; nothing else is touched.
PYTHON ?= python3
BIN := .venv/bin
# Tests wait for peers longer than they compute: four more at once than there are cores.
WORKERS ?= $(shell echo $$(($$(nproc 2>/dev/null || echo 2) + 4)))
ROOMS := feeds mailer newsletter scripts storage web words

# Tests start many processes: each module is compiled once, whatever the surroundings say.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check bench words docs release format lock clean

run: .venv/run
	$(BIN)/python -m scripts.demo demo

# On all cores; `pytest` itself runs on one, for a debugger. File by file, so that no two workers start the same browser
# or service; acceptance comes first, and the small ones of the unit tier fill up the end.
test: .venv/dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/unit/test_architecture.py tests/unit/test_libraries.py

bench: .venv/dev
	$(BIN)/python -m scripts.bench $(ARGS)

# After a new sentence: finds it, and says what is left to translate.
words: .venv/dev
	$(BIN)/python -m scripts.catalogues

# The manual as a site, in build/manual; any warning, a dead link or anchor among them, is a failure.
docs: .venv/dev .venv/docs/done
	$(BIN)/python -m scripts.manual
	.venv/docs/bin/zensical build --clean --strict

# Wheel, sdist, bill of materials and checksums, in dist/; signed with `make release KEY=~/.ssh/id_ed25519`.
release: .venv/dev
	$(BIN)/python -m scripts.release dist $(KEY)

format: .venv/dev
	$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

# Pins with hashes, for every Python from 3.11 and every platform; needs `uv` on the path.
lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate pyproject.toml --group build -o requirements/run.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate pyproject.toml --group build --group dev -o requirements/dev.txt

	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate --group pyproject.toml:docs -o requirements/docs.txt

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ": make PYTHON=python3.12 …")'
	$(PYTHON) -m venv .venv

.venv/run: requirements/run.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: requirements/dev.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ .venv/run

# Apart from the rest: what builds the manual may need other versions than what is tested.
.venv/docs/done: requirements/docs.txt | .venv/bin/python
	$(BIN)/python -m venv .venv/docs
	.venv/docs/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/docs.txt
	@touch $@

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis dist
