# `make demo` shows it working, `make test` proves it, `make docs` builds the site. They set up what they need in .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test docs clean

demo: .venv/installed
	$(BIN)/bertrieve index data/documents --index .bertrieve
	@for question in "How does mean pooling treat padding tokens?" "为什么中文检索要用二元组？" "when does approximate search miss a neighbour?"; do \
		printf '\n\033[1m%s\033[0m\n' "$$question"; \
		$(BIN)/bertrieve query "$$question" --index .bertrieve -k 2 || exit 1; \
	done
	@printf 'The same in the browser:  $(BIN)/bertrieve ui --index .bertrieve\n'

test: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "bertrieve needs Python 3.11 or newer, $(PYTHON) is " + sys.version.split()[0])'
	$(PYTHON) -m venv .venv
	touch $@

.venv/installed: .venv/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

.venv/installed-dev: .venv/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@ .venv/installed

docs: .venv/installed-dev
	$(BIN)/zensical build --strict --clean

clean:
	rm -rf .venv .bertrieve site
