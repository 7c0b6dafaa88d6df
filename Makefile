# One line each: what is done, and how, is in bin/.
# ONLY=... limits `test` (addons, test files) and `bench` (names); see the scripts.

.PHONY: help setup run test lint fmt i18n bench bench-forecast bench-policy drill sbom clean

help: ## this list
	@sed -n 's/^\([a-z-]*\): ## /    make \1\t/p' Makefile | expand -t 20

setup: ## fetch Odoo 19, PostgreSQL and the Python packages (the others do it by themselves)
	@bin/setup

run: ## the demonstration hospital on http://127.0.0.1:8069; Ctrl-C stops it
	@bin/run

test: ## all tests; ONLY=med_alerts or ONLY=tests/test_house.py for a part
	@bin/test

lint: ## ruff, pylint-odoo, prettier, eslint
	@bin/lint

fmt: ## mend what the tools of `lint` can mend
	@bin/lint --fix

i18n: ## the catalogues of words, made anew; lists what has no Chinese yet
	@bin/i18n

bench: ## figures as JSON lines; ONLY=name, QUICK=1 for small sizes
	@bin/bench

bench-forecast: ## our forecast beside the reference; DATA=file.csv FREQ=M|W|D H=12
	@bin/bench-forecast

bench-policy: ## our reorder levels beside others'; DATA=folder TARGET=0.96 SEED=1
	@bin/bench-policy

drill: ## faults under load, as JSON lines; TRIALS=1000 in full
	@bin/drill

sbom: ## the list of parts with versions and licences (CycloneDX) on standard output
	@bin/sbom

clean: ## stop the embedded server and remove all state (MED_HOME)
	@bin/clean
