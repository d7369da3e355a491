#!/usr/bin/env bash
# An AWS account on loopback: moto's server, an emulator that is not ours.
#
#   moto.sh install     puts it into the cache once, and prints where its programs are
#   moto.sh run PORT    serves on 127.0.0.1:PORT until its standard input is closed; prints `ready` when it answers
#
# The cache is ES_ECS_CACHE, or .cache in the repository. Exit status 75: it cannot be had on this machine.
set -euo pipefail

version=5.2.5
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache=${ES_ECS_CACHE:-$root/.cache}
venv=$cache/moto-$version

unavailable() {
  echo "$*" >&2
  exit 75
}

install_moto() {
  if [ -f "$venv/.complete" ]; then return; fi
  command -v python3 >/dev/null || unavailable 'there is no python3'
  mkdir -p "$cache"
  exec 9>"$venv.lock"
  flock 9
  # Another run may have done it while this one waited for the lock.
  if [ -f "$venv/.complete" ]; then return; fi
  rm -rf "$venv"
  python3 -m venv "$venv" >&2 || unavailable 'python3 has no venv module (Debian: python3-venv)'
  "$venv/bin/pip" install --quiet "moto[server]==$version" >&2 || unavailable "pip cannot install moto[server]==$version"
  touch "$venv/.complete"
  exec 9>&-
}

answers() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

stop() {
  trap - EXIT INT TERM
  kill "$server" ${holder:+"$holder"} 2>/dev/null || true
  wait "$server" 2>/dev/null || true
}

run() {
  local port=$1
  install_moto
  # Ours only: what the machine has set for real AWS must not leak in.
  export MOTO_IAM_LOAD_MANAGED_POLICIES=true
  export MOTO_ENABLE_AMI_VALIDATION=true
  export MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION=true
  export MOTO_ENABLE_KEYPAIR_VALIDATION=true
  "$venv/bin/moto_server" -H 127.0.0.1 -p "$port" >&2 </dev/null &
  server=$!
  trap stop EXIT
  trap 'exit 130' INT TERM
  local tries=0
  until answers "$port"; do
    kill -0 "$server" 2>/dev/null || { echo 'moto_server ended before it answered' >&2; exit 1; }
    tries=$((tries + 1))
    [ "$tries" -lt 3000 ] || { echo 'moto_server did not answer within five minutes' >&2; exit 1; }
    sleep 0.1
  done
  echo ready
  # Whoever started this holds the other end: when it goes, however it goes, so does the server.
  cat <&0 >/dev/null &
  holder=$!
  wait -n "$server" "$holder" || true
  kill -0 "$server" 2>/dev/null || { echo 'moto_server ended by itself' >&2; exit 1; }
}

case ${1:-} in
  install) install_moto; echo "$venv/bin" ;;
  run) run "${2:?a port is needed}" ;;
  *) sed -n '2,8p' "$0"; exit 2 ;;
esac
