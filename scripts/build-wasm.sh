#!/usr/bin/env bash
# Builds the engine for the browser into www/gander and prints what a visitor
# downloads to run a model. Fails if that is above the budget (scripts/sizes.mjs).
set -euo pipefail
cd "$(dirname "$0")/.."
export GOTOOLCHAIN=${GOTOOLCHAIN:-go1.27.4}

# Packages that run only while a model is opened, for a chat's prompt or for a message,
# and core/arch and core/nn, whose work is in kernels, called a few hundred times a step:
# without inlining the download is a fifteenth smaller. The others need their speed.
module=github.com/gander-lm/gander
small=(-gcflags=$module/core=-l -gcflags=$module/wasm=-l -gcflags=golang.org/x/...=-l)
for package in arch chat errs files folder gguf hf llama2c nn safetensors; do
  small+=(-gcflags=$module/core/$package=-l)
done
for package in context fmt internal/poll internal/sync io/fs os path reflect strconv strings sync syscall syscall/js time; do
  small+=(-gcflags=$package=-l)
done

GOOS=js GOARCH=wasm go build -trimpath -ldflags='-s -w' "${small[@]}" -o www/gander/gander.wasm ./cmd/wasm
chmod 644 www/gander/gander.wasm
install -m 644 "$(go env GOROOT)/lib/wasm/wasm_exec.js" www/gander/wasm_exec.js
node scripts/sizes.mjs
