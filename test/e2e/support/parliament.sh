#!/usr/bin/env bash
# parliament, a linter of IAM policies that is not ours, with AWS's Service Authorization Reference in it.
#
#   parliament.sh install   puts it into the cache once
#   parliament.sh lint      reads {"name": policy, …} from standard input; prints {"findings": […], "wide": […]}: what
#                           parliament finds, all severities, and each action on the resource * for which the reference
#                           knows a narrower one
#
# The cache is ES_ECS_CACHE, or .cache in the repository. Exit status 75: it cannot be had on this machine.
set -euo pipefail

version=1.6.4
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache=${ES_ECS_CACHE:-$root/.cache}
venv=$cache/parliament-$version

unavailable() {
  echo "$*" >&2
  exit 75
}

install_parliament() {
  if [ -f "$venv/.complete" ]; then return; fi
  command -v python3 >/dev/null || unavailable 'there is no python3'
  mkdir -p "$cache"
  exec 9>"$venv.lock"
  flock 9
  # Another run may have done it while this one waited for the lock.
  if [ -f "$venv/.complete" ]; then return; fi
  rm -rf "$venv"
  python3 -m venv "$venv" >&2 || unavailable 'python3 has no venv module (Debian: python3-venv)'
  # It finds its tables with pkg_resources, which later setuptools no longer bring.
  "$venv/bin/pip" install --quiet "parliament==$version" 'setuptools<81' >&2 ||
    unavailable "pip cannot install parliament==$version"
  touch "$venv/.complete"
  exec 9>&-
}

lint() {
  install_parliament
  "$venv/bin/python" -B -W ignore "$here/lint-policies.py"
}

case ${1:-} in
  install) install_parliament ;;
  lint) lint ;;
  *) sed -n '2,9p' "$0"; exit 2 ;;
esac
