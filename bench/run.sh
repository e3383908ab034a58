#!/usr/bin/env bash
# What `make bench` calls: gets the peers by npm, and measures. Arguments go to
# bench.mjs, which makes the model files that it needs in build/models.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOTOOLCHAIN=${GOTOOLCHAIN:-go1.27.4}

if ! cmp -s bench/package-lock.json bench/node_modules/.installed-lock; then
  echo 'bench: installing the packages of bench/package-lock.json with npm (200 MB on disk)'
  (cd bench && npm ci --ignore-scripts --no-audit --no-fund --silent)
  cp bench/package-lock.json bench/node_modules/.installed-lock
fi
exec node bench/bench.mjs "$@"
