PYTHON ?= python3
BIN := .venv/bin
DEMO := projects/borrowed-weather

.PHONY: render test check bench clean

render: .venv/farm
	$(BIN)/python $(DEMO)/compose.py
	$(BIN)/farm render $(DEMO)/album.toml

test: .venv/farm-test
	ci/test

check: .venv/farm-test
	ci/check

bench: .venv/farm-test
	ci/bench

.venv/farm: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable .
	touch $@

.venv/farm-test: .venv/farm
	$(BIN)/pip install --quiet --editable '.[test]'
	touch $@

clean:
	rm -rf .venv
