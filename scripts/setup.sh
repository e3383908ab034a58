#!/usr/bin/env bash
# Gets what the tests need beside Go and Node: Chromium from Debian, and the npm
# packages of e2e/package-lock.json. Says what it does; does nothing twice.
set -euo pipefail
cd "$(dirname "$0")/.."

for tool in go node npm; do
  command -v "$tool" >/dev/null || { echo "setup: $tool is not installed" >&2; exit 1; }
done
if [ -z "${CHROMIUM:-}" ] && [ ! -x /usr/bin/chromium ]; then
  if [ "$(id -u)" != 0 ]; then
    echo 'setup: Chromium is missing: install Debian'"'"'s package "chromium", or set CHROMIUM to the path of one' >&2
    exit 1
  fi
  echo 'setup: installing chromium with apt-get'
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
fi
if ! cmp -s e2e/package-lock.json e2e/node_modules/.installed-lock; then
  echo 'setup: installing the packages of e2e/package-lock.json with npm'
  (cd e2e && npm ci --ignore-scripts --no-audit --no-fund --silent)
  cp e2e/package-lock.json e2e/node_modules/.installed-lock
fi
