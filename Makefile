# Gander: everything that is done with this repository. `make` lists it.

# Go 1.27 is the first whose assembler has WebAssembly SIMD; the go command
# fetches this version through the module proxy if it is not the installed one.
export GOTOOLCHAIN := go1.27.4

.DEFAULT_GOAL := help
.PHONY: help run test check bench profile build dist clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

run: build ## build the engine and serve the page on http://127.0.0.1:8080/
	go run ./cmd/gander serve www

test: build ## run all tests: Go in four modes, JavaScript, and the page in Chromium
	scripts/setup.sh
	scripts/test-go.sh
	cd e2e && npm run --silent check && npm run --silent unit && npm test --silent

check: ## format, vet, lint, types, generated files
	scripts/setup.sh
	scripts/check.sh

bench: build ## measure Gander beside its peers in headless Chromium; BENCH="--help" tells the options
	scripts/setup.sh
	bench/run.sh bench.mjs $(BENCH)

profile: build ## print where the time of a decoding step goes, in headless Chromium
	scripts/setup.sh
	bench/run.sh profile.mjs

build: ## build www/gander/gander.wasm and print what a visitor downloads
	scripts/build-wasm.sh

dist: build ## make dist/site, dist/gander (npm package) and a zip, ready to upload
	scripts/setup.sh
	scripts/dist.sh

clean: ## remove what was built
	rm -rf build dist www/gander/gander.wasm www/gander/wasm_exec.js e2e/node_modules bench/node_modules
