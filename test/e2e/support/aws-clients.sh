#!/usr/bin/env bash
# AWS's own clients for Python: the AWS CLI and boto3, with botocore's models of the services in them (Apache-2.0).
#
#   aws-clients.sh install   puts them into the cache once, and prints where their programs are
#   aws-clients.sh models    the same, and prints where the models are
#
# The cache is ES_ECS_CACHE, or .cache in the repository. Exit status 75: they cannot be had on this machine.
set -euo pipefail

# The CLI carries a botocore of its own; the three are of one week.
cli=1.46.3
boto3=1.44.3
botocore=1.44.8
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache=${ES_ECS_CACHE:-$root/.cache}
venv=$cache/aws-clients-$cli-$botocore

unavailable() {
  echo "$*" >&2
  exit 75
}

install_clients() {
  if [ -f "$venv/.complete" ]; then return; fi
  command -v python3 >/dev/null || unavailable 'there is no python3'
  mkdir -p "$cache"
  exec 9>"$venv.lock"
  flock 9
  # Another run may have done it while this one waited for the lock.
  if [ -f "$venv/.complete" ]; then return; fi
  rm -rf "$venv"
  python3 -m venv "$venv" >&2 || unavailable 'python3 has no venv module (Debian: python3-venv)'
  "$venv/bin/pip" install --quiet "awscli==$cli" "boto3==$boto3" "botocore==$botocore" >&2 ||
    unavailable "pip cannot install awscli==$cli and boto3==$boto3"
  touch "$venv/.complete"
  exec 9>&-
}

case ${1:-} in
  install) install_clients; echo "$venv/bin" ;;
  models)
    install_clients
    "$venv/bin/python" -c 'import botocore, os; print(os.path.join(os.path.dirname(botocore.__file__), "data"))'
    ;;
  *) sed -n '2,7p' "$0"; exit 2 ;;
esac
