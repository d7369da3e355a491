#!/usr/bin/env bash
# A bastion on loopback: a real sshd of our own, with its own host key, port and configuration.
#
#   sshd.sh run PORT PUBLIC_KEY   listens on 127.0.0.1:PORT until standard input is closed, and lets the holder of the key
#                                 in as the user who runs this; prints `ready USER`
#
# Installs Debian's openssh-server where it is missing. Exit status 75: it cannot be had on this machine.
set -euo pipefail

unavailable() {
  echo "$*" >&2
  exit 75
}

# Debian starts a service as soon as it is installed; this is wanted as a program only.
install_server() {
  local policy=/usr/sbin/policy-rc.d made=0
  [ "$(id -u)" = 0 ] || unavailable 'there is no sshd, and installing it needs root'
  command -v apt-get >/dev/null || unavailable 'there is no sshd, and no apt-get to install it with'
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    made=1
  fi
  local apt=(apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=5)
  DEBIAN_FRONTEND=noninteractive "${apt[@]}" update >&2 || true
  DEBIAN_FRONTEND=noninteractive "${apt[@]}" install -y --no-install-recommends openssh-server >&2 || true
  if [ "$made" = 1 ]; then rm -f "$policy"; fi
  [ -x /usr/sbin/sshd ] || unavailable 'apt-get cannot install openssh-server'
}

[ "${1:-}" = run ] && [ $# -eq 3 ] || {
  sed -n '2,8p' "$0" >&2
  exit 2
}
port=$2 key=$3
[ -x /usr/sbin/sshd ] || install_server
# As root it wants this folder, which the service would have made.
if [ "$(id -u)" = 0 ]; then mkdir -p /run/sshd; fi

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

ssh-keygen -q -t ed25519 -N '' -f "$folder/host_key"
printf '%s\n' "$key" >"$folder/authorized_keys"
cat >"$folder/sshd_config" <<CONFIG
ListenAddress 127.0.0.1:$port
HostKey $folder/host_key
PidFile none
AuthorizedKeysFile $folder/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowTcpForwarding local
AllowAgentForwarding no
X11Forwarding no
CONFIG
/usr/sbin/sshd -D -e -f "$folder/sshd_config" 2>"$folder/log" &
server=$!
for _ in $(seq 1200); do
  kill -0 "$server" 2>/dev/null || {
    cat "$folder/log" >&2
    exit 1
  }
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    echo "ready $(id -un)"
    cat >/dev/null
    exit 0
  fi
  sleep 0.1
done
cat "$folder/log" >&2
exit 1
