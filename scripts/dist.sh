#!/usr/bin/env bash
# Makes dist/site (the page, ready for any static host), dist/gander (the npm
# package and the folder to copy) and dist/gander-site.zip. The same input gives
# the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOTOOLCHAIN=${GOTOOLCHAIN:-go1.27.4}

rm -rf dist build/types
mkdir -p dist
(cd e2e && npm run --silent types)
cp -R www/gander dist/gander
cp -R build/types/. dist/gander/
cp LICENSE dist/gander/LICENSE
{
  echo 'wasm_exec.js and the runtime within gander.wasm are part of Go:'
  echo
  cat "$(go env GOROOT)/LICENSE"
} > dist/gander/LICENSE-GO
cp -R www dist/site
rm -rf dist/site/gander
cp -R dist/gander dist/site/gander
node scripts/zip.mjs dist/site dist/gander-site.zip
echo 'dist/site             upload this folder to any static host'
echo 'dist/gander-site.zip  the same as one file'
echo 'dist/gander           the folder to copy into a site, and the npm package'
