#!/usr/bin/env bash
# Builds the engine for the browser into www/gander and prints what a visitor
# downloads to run a model. Fails if that is above the budget (scripts/sizes.mjs).
set -euo pipefail
cd "$(dirname "$0")/.."
export GOTOOLCHAIN=${GOTOOLCHAIN:-go1.27.4}

GOOS=js GOARCH=wasm go build -trimpath -ldflags='-s -w' -o www/gander/gander.wasm ./cmd/wasm
chmod 644 www/gander/gander.wasm
install -m 644 "$(go env GOROOT)/lib/wasm/wasm_exec.js" www/gander/wasm_exec.js
node scripts/sizes.mjs
