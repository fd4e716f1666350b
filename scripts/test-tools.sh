#!/usr/bin/env bash
# Get what the tests need from the system: PostgreSQL (a cluster of their own is started by
# tests/support/pg.py), Chromium and a Chinese font. What cannot be had is skipped by the tests with
# the reason; in CI that is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/apt.sh

have_postgres() { command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }
have_chromium() { command -v chromium chromium-browser google-chrome google-chrome-stable >/dev/null || [ -n "${KEDANG_CHROMIUM:-}" ]; }
have_font() { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh family)" ]; }

wanted=()
have_postgres || wanted+=(postgresql)
have_chromium || wanted+=(chromium)
have_font || wanted+=(fonts-noto-cjk fontconfig)
[ ${#wanted[@]} -eq 0 ] && exit 0

if ! apt_install "${wanted[@]}"; then
  [ -z "${CI:-}" ] || exit 1
  echo "Going on without; the tests that need it will be skipped." >&2
fi
