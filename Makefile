# The one door. `make run` and `make test` set up all they need; a second run finds it done.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
BIN := .venv/bin

.PHONY: help setup run test lint lock train evaluate bench clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:
	@scripts/setup.sh

run: setup ## start everything: a Kafka of its own, the workers, the console
	@$(BIN)/dispatcher up

test: $(if $(PART),setup,lint) ## lint and all tests; PART=name runs tests/name alone, without lint; JOBS=2 two at a time
	@$(BIN)/python -m pytest $(if $(JOBS),-n $(JOBS) --dist loadfile) $(if $(PART),tests/$(PART))

lint: setup ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/mypy

lock: setup ## write the lock files anew, with the newest versions that pyproject.toml allows
	@scripts/lock.sh

train: setup ## train the classifier from its corpus; WITH=labels.jsonl beside it, INTO=folder elsewhere
	@$(BIN)/python -m classifiers.train $(if $(WITH),--with $(WITH) --weights dispatcher/policy/learning.yaml) $(if $(INTO),--into $(INTO))

evaluate: setup ## measure the classifier
	@$(BIN)/python -m classifiers.evaluate

bench: setup ## measure the whole way of a call
	@$(BIN)/dispatcher bench live --max

clean: ## remove .venv, caches and build output; never data
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
