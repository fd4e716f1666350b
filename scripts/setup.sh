#!/usr/bin/env bash
# Make .venv from a lock file: setup.sh runtime|dev. Does nothing when it is up to date.
# uv is used where there is one; a fresh Debian 12 has only python3, so venv and pip do as well.
set -euo pipefail
cd "$(dirname "$0")/.."
kind=${1:?runtime or dev}
lock=requirements.lock
[ "$kind" = dev ] && lock=requirements-dev.lock

# The development lock holds everything of the runtime one, so a dev environment serves both.
wanted=$(cat requirements.lock requirements-dev.lock pyproject.toml | sha256sum | cut -d' ' -f1)
stamp=.venv/.kedang-$kind
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && exit 0
[ "$kind" = runtime ] && [ -f .venv/.kedang-dev ] && [ "$(cat .venv/.kedang-dev)" = "$wanted" ] && exit 0

# shellcheck source=scripts/apt.sh
. scripts/apt.sh

find_python() {
  local name
  for name in python3.11 python3.12 python3.13 python3; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
      echo "$name"
      return
    fi
  done
  echo "Kedang needs Python 3.11 or newer." >&2
  return 1
}

if command -v uv >/dev/null; then
  [ -x .venv/bin/python ] || uv venv --quiet --python "$(find_python)" .venv
  uv pip install --quiet --python .venv/bin/python --require-hashes -r "$lock"
  uv pip install --quiet --python .venv/bin/python --no-deps --editable .
else
  if [ ! -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    # Debian ships venv's pip in a package of its own.
    "$python" -c 'import ensurepip' 2>/dev/null || apt_install python3-venv
    rm -rf .venv
    "$python" -m venv .venv
  fi
  pip=(.venv/bin/python -m pip --disable-pip-version-check)
  "${pip[@]}" install --quiet --require-hashes -r "$lock"
  "${pip[@]}" install --quiet --no-deps --editable .
fi
echo "$wanted" >"$stamp"
