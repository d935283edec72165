# A thin front to Meson and the scripts in tools/: `make` or `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# The build folder, and what else `meson setup` is told when it is first made.
BUILD ?= build
MESON_OPTIONS ?=
# Debian's own, which fits its Python; elsewhere the one on the path.
MESON = $(firstword $(wildcard /usr/bin/meson) meson)

.PHONY: help
help: ## List the targets
	@echo "Triage sorts IT support tickets. Targets:"
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | \
		while IFS='|' read -r target text; do printf '%-16s %s\n' "$$target" "$$text"; done

.PHONY: run
run: $(BUILD)/build.ninja ## Build, start the service on this machine and classify a few examples
	@tools/install_packages run
	@ninja -C $(BUILD) triage
	@tools/quick_start $(BUILD)

.PHONY: test
test: ## Build with warnings as errors and run all fast tests
	@tools/install_packages build test
	@tools/run_tests $(BUILD) -Dwerror=true $(MESON_OPTIONS)

.PHONY: bench
bench: build ## Measure against other classifiers on real tickets (needs TRIAGE_DATA)
	@bench/run

.PHONY: build
build: $(BUILD)/build.ninja ## Build the command (build/triage) and the library
	@ninja -C $(BUILD)

$(BUILD)/build.ninja:
	@tools/install_packages build
	@$(MESON) setup $(BUILD) $(MESON_OPTIONS)

.PHONY: install
install: build ## Install command, library, headers and pkg-config file (DESTDIR, as root)
	@$(MESON) install -C $(BUILD) --no-rebuild $(if $(DESTDIR),--destdir $(abspath $(DESTDIR)))

.PHONY: format
format: ## Format all C files in place
	@tools/install_packages ci
	@tools/check_format --fix

.PHONY: ci
ci: ## Everything that is checked before a change is accepted, the slow checks too
	@.ci/run

.PHONY: clean
clean: ## Remove all build folders
	@rm -rf build build-*
