#!/usr/bin/env bash
# What `make bench` and `make profile` call, and people the other scripts by: gets the
# packages by npm, and runs a script of bench/ with arguments. It makes the model files that it needs in
# build/models.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOTOOLCHAIN=${GOTOOLCHAIN:-go1.27.4}

if ! cmp -s bench/package-lock.json bench/node_modules/.installed-lock; then
  echo 'bench: installing the packages of bench/package-lock.json with npm (200 MB on disk)'
  (cd bench && npm ci --ignore-scripts --no-audit --no-fund --silent)
  cp bench/package-lock.json bench/node_modules/.installed-lock
fi
script=$1
shift
exec node "bench/$script" "$@"
