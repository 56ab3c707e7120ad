# `make` says what there is. What is done is not done again: each step leaves a stamp that depends on what went into it.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
.PHONY: help lab test demo bench bases browser tour lint prepare clean

VENV := $(CURDIR)/.venv
PYTHON := $(VENV)/bin/python
PIP := $(PYTHON) -m pip install --quiet --disable-pip-version-check
# The place is part of a stamp's name: a clone that was moved sets itself up anew.
PLACE := $(shell printf %s "$(CURDIR)" | cksum | cut -d ' ' -f 1)
MADE := $(VENV)/made-$(PLACE)
LAB := $(VENV)/lab-$(PLACE)
CLIENTS := $(VENV)/clients-$(PLACE)
BROWSER := $(VENV)/browser-$(PLACE)
SPEC := $(VENV)/kernel-$(PLACE)
BUILT := .build/built-$(PLACE)
# Folders too, so that a file that was removed is noticed.
SOURCES := Package.swift $(shell find Sources)
SHIPPED := $(shell find kernelspec)
# On a terminal Swift shows how far it is; in a log it says what is wrong and nothing else.
QUIET := $(shell [ -t 1 ] || echo --quiet)
NOTEBOOK := Notebooks/01-opsd-step-by-step.ipynb
export VIRTUAL_ENV := $(VENV)
export PATH := $(VENV)/bin:$(PATH)

help:
	@echo 'make lab      build the kernel and open JupyterLab with it (ARGS="--no-browser --port 8889" are passed on)'
	@echo 'make test     the whole test suite: Swift and real Jupyter clients'
	@echo 'make demo     run the first notebook without a browser and print its loss table'
	@echo 'make bench    one step of self-distillation, measured (ARGS="--size small")'
	@echo 'make bases    make the shipped base models again, the same bytes (some minutes)'
	@echo 'make browser  run the first notebook in a headless Chromium and take pictures of it'
	@echo 'make tour     what a person does, in a headless Chromium: complete, ask, drag, watch, stop, restart'
	@echo 'make lint     check the format of the sources'
	@echo 'make clean    remove what was built and installed here'

lab: $(SPEC)
	@echo "Starting JupyterLab on the folder Notebooks; Ctrl-C stops it."
	@exec $(PYTHON) -m jupyterlab --ServerApp.root_dir=Notebooks --ServerApp.ip=127.0.0.1 \
	  --MultiKernelManager.default_kernel_name=opsd \
	  $$([ "$$(id -u)" != 0 ] || echo --allow-root) $(ARGS)

test: $(SPEC) $(CLIENTS)
	@rm -f .build/swift-tests*.xml .build/clients.xml
	@failed=0; \
	$(MAKE) lint || failed=1; \
	echo "Testing the rooms (Swift)"; \
	swift test -c release --disable-xctest --scratch-path .build/tests $(QUIET) --xunit-output .build/swift-tests.xml || failed=1; \
	echo "Testing with real clients (pytest)"; \
	$(PYTHON) -m pytest --junit-xml=.build/clients.xml Tests/clients || failed=1; \
	$(PYTHON) Tests/clients/summary.py '.build/swift-tests*.xml' .build/clients.xml || failed=1; \
	exit $$failed

demo: $(SPEC)
	@$(PYTHON) Tests/clients/demo.py $(NOTEBOOK)

bench: $(BUILT)
	@.build/release/opsd bench $(if $(ARGS),$(ARGS),--size nano)

bases: $(BUILT)
	@.build/release/opsd pretrain kernelspec/models/base
	@for task in calculator chain sorting subsetSum; do \
	  .build/release/opsd pretrain --task $$task kernelspec/models/$$task || exit 1; \
	done

browser: $(SPEC) $(BROWSER)
	@$(PYTHON) Tests/clients/browser.py $(NOTEBOOK) $(ARGS)

tour: $(SPEC) $(BROWSER)
	@$(PYTHON) Tests/clients/tour.py $(ARGS)

lint: | prepare
	@swift format lint --strict --recursive --parallel Package.swift Sources Tests

prepare:
	@.ci/prepare

$(BUILT): $(SOURCES) | prepare
	@echo "Building the kernel (a few minutes the first time)"
	@swift build -c release --product opsd $(QUIET)
	@swift build -c release --product opsd-listener $(QUIET)
	@touch $@

$(MADE): | prepare
	@echo "Making a Python environment in .venv"
	@python3 -m venv --clear $(VENV)
	@touch $@

$(LAB): kernelspec/requirements.txt | $(MADE)
	@echo "Installing JupyterLab into .venv"
	@$(PIP) --requirement $<
	@mkdir -p $(VENV)/share/jupyter/lab/settings
	@printf '%s\n' '{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"},' \
	  ' "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": true}}' \
	  > $(VENV)/share/jupyter/lab/settings/overrides.json
	@touch $@

$(CLIENTS): Tests/clients/requirements.txt $(LAB)
	@echo "Installing the clients that test the kernel into .venv"
	@$(PIP) --requirement $<
	@touch $@

$(BROWSER): Tests/clients/requirements-browser.txt $(CLIENTS)
	@echo "Installing what drives a browser into .venv"
	@$(PIP) --requirement $<
	@touch $@

$(SPEC): $(BUILT) $(LAB) $(SHIPPED)
	@.build/release/opsd install --sys-prefix
	@touch $@

clean:
	rm -rf .build .venv
