#!/usr/bin/env bash
# Runs the Go tests in the four modes that must agree: native and js/wasm (in
# Node), each with the fast kernels and with their plain twins (tag purego). The last
# is the slowest by far: with -short it leaves out what coretest.SkipLong names.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOTOOLCHAIN=${GOTOOLCHAIN:-go1.27.4}
exec_js="$(go env GOROOT)/lib/wasm/go_js_wasm_exec"

echo '== native';          go test ./...
echo '== native, purego';  go test -tags purego ./core/...
echo '== with -tags profile';   go vet -tags profile ./core/... ./cmd/... && go test -tags profile ./core/profile
echo '== js/wasm';         GOOS=js GOARCH=wasm go test -exec "$exec_js" ./core/... ./wasm/...
echo '== js/wasm, purego'; GOOS=js GOARCH=wasm go test -short -tags purego -exec "$exec_js" ./core/...
