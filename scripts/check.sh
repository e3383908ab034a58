#!/usr/bin/env bash
# What a change must pass beside the tests.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOTOOLCHAIN=${GOTOOLCHAIN:-go1.27.4}

echo '== gofmt'
unformatted=$(gofmt -l cmd core train wasm bench)
[ -z "$unformatted" ] || { echo "$unformatted" >&2; exit 1; }
echo '== go vet'
go vet ./...
GOOS=js GOARCH=wasm go vet ./core/... ./wasm/... ./cmd/wasm
echo '== go mod tidy'
go mod tidy -diff
echo '== doc comments (revive)'
# revive reads the tags of the machine that it runs on; ours is pinned.
go run github.com/mgechev/revive@v1.15.0 -config scripts/revive.toml -set_exit_status ./...
echo '== generated kernels'
(cd core/kernel && go run ./_gen)
git diff --exit-code -- 'core/kernel/*.s' 'core/quant/*.s'
echo '== JavaScript types'
(cd e2e && npm run --silent check)
