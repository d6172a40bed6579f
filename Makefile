# Every target makes .venv itself; nothing else needs to be installed but Python 3.11 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help scan test check lint bench docs schemas clean

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

$(STAMP): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

scan: $(STAMP) ## Audit this host, or the recorded example node where no Kubernetes runs
	@status=0; $(BIN)/trueline scan --or-example -o - -o trueline-report.html || status=$$?; \
	case $$status in 0|1|3) ;; *) exit $$status ;; esac

test: $(STAMP) ## Run the tests
	@$(BIN)/python -m pytest -n auto

check: lint test ## Lint, format, types, import layers, content and tests: what CI runs

lint: $(STAMP) ## All of check but the tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/trueline content lint

bench: $(STAMP) ## Measure speed and memory
	@$(BIN)/python bench/run.py

docs: $(STAMP) ## Check links and examples of the documentation
	@$(BIN)/python -m pytest tests/docs

schemas: $(STAMP) ## Write the JSON Schemas after a change of the model
	@for name in snapshot assessment drift policy baseline gate benchmark profile rules cases settings platform hardening-plan; do \
	$(BIN)/trueline content schema $$name > src/trueline/schemas/$$name.json; done

clean: ## Remove what the other targets made
	@rm -rf $(VENV) trueline-report.html .mypy_cache .ruff_cache .hypothesis .import_linter_cache
