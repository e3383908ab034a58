#!/usr/bin/env bash
# What `make bench` calls: gets the peers by npm, writes the model files once
# into build/, and measures. Arguments go to bench.mjs.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOTOOLCHAIN=${GOTOOLCHAIN:-go1.27.4}

if ! cmp -s bench/package-lock.json bench/node_modules/.installed-lock; then
  echo 'bench: installing the packages of bench/package-lock.json with npm'
  (cd bench && npm ci --ignore-scripts --no-audit --no-fund --silent)
  cp bench/package-lock.json bench/node_modules/.installed-lock
fi
mkdir -p build/models
for type in q8_0 q4_0; do
  file=build/models/smollm2-135m-$type.gguf
  [ -f "$file" ] || { echo "bench: writing $file"; go run ./bench/genmodel -shape smollm2-135m -type "$type" -o "$file.part"; mv "$file.part" "$file"; }
done
node bench/bench.mjs "$@"
