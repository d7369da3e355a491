#!/usr/bin/env bash
# A forward proxy as companies have one: Debian's tinyproxy on loopback, with a user and a password.
#
#   forward-proxy.sh run PORT HOSTS LOG   listens on 127.0.0.1:PORT until standard input is closed, and prints `ready`; finds hosts in
#                                         the file HOSTS instead of /etc/hosts, writes what it is asked into LOG; reads
#                                         `USER PASSWORD` as the first line of standard input
#
# Installs Debian's tinyproxy where it is missing. Exit status 75: it cannot be had on this machine.
set -euo pipefail

unavailable() {
  echo "$*" >&2
  exit 75
}

# Debian starts a service as soon as it is installed; this is wanted as a program only.
install_proxy() {
  local policy=/usr/sbin/policy-rc.d made=0
  command -v apt-get >/dev/null || unavailable 'there is no tinyproxy, and no apt-get to install it with'
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    made=1
  fi
  local apt=(apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=5)
  DEBIAN_FRONTEND=noninteractive "${apt[@]}" update >&2 || true
  DEBIAN_FRONTEND=noninteractive "${apt[@]}" install -y --no-install-recommends tinyproxy >&2 || true
  if [ "$made" = 1 ]; then rm -f "$policy"; fi
  command -v tinyproxy >/dev/null || unavailable 'apt-get cannot install tinyproxy'
}

[ "${1:-}" = run ] && [ $# -eq 4 ] || {
  sed -n '2,10p' "$0" >&2
  exit 2
}
port=$2 hosts=$3 log=$4
[ "$(uname -s)" = Linux ] && [ "$(id -u)" = 0 ] || unavailable 'a network of our own needs Linux and root'
unshare --net --mount true 2>/dev/null || unavailable 'this machine gives no namespaces'
command -v tinyproxy >/dev/null || install_proxy
IFS= read -r login

folder=$(mktemp -d)
server=
# shellcheck disable=SC2329 # called by the trap
clean_up() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap clean_up EXIT

cat >"$folder/tinyproxy.conf" <<CONFIG
Port $port
Listen 127.0.0.1
Timeout 60
LogFile "$log"
LogLevel Connect
MaxClients 200
BasicAuth $login
ConnectPort 443
CONFIG
chmod 600 "$folder/tinyproxy.conf"
# Names are the proxy's to look up, and those of AWS lead to loopback here: nobody outside is asked.
# The inner shell fills in its own arguments.
# shellcheck disable=SC2016
unshare --mount sh -c 'mount --bind "$1" /etc/hosts && exec tinyproxy -d -c "$2"' sh "$hosts" "$folder/tinyproxy.conf" >&2 &
server=$!
tries=0
until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
  tries=$((tries + 1))
  if ! kill -0 "$server" 2>/dev/null || [ "$tries" -gt 300 ]; then
    echo 'tinyproxy does not listen' >&2
    exit 1
  fi
  sleep 0.1
done
echo ready
cat >/dev/null
