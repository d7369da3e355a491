#!/usr/bin/env bash
# A Docker engine and an image registry of our own on loopback; nothing is pulled from anywhere.
#
#   docker.sh install           installs Debian's docker.io and docker-registry where they are missing
#   docker.sh run PORT USER     starts both until standard input is closed; reads the registry's password as the first
#                               line of it; prints `ready FOLDER`: the engine listens on FOLDER/docker.sock, the
#                               registry on 127.0.0.1:PORT with basic authentication
#   docker.sh base              prints the path of a tar that stands in for Elasticsearch's image; made once, cached
#
# The cache is ES_ECS_CACHE, or .cache in the repository. Exit status 75: it cannot be had on this machine.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache=${ES_ECS_CACHE:-$root/.cache}

unavailable() {
  echo "$*" >&2
  exit 75
}

require_root() {
  [ "$(uname -s)" = Linux ] || unavailable 'a Docker engine of our own needs Linux'
  [ "$(id -u)" = 0 ] || unavailable 'a Docker engine of our own needs root'
}

apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=5 "$@" >&2
}

install_engine() {
  require_root
  local missing=()
  command -v dockerd >/dev/null && command -v docker >/dev/null || missing+=(docker.io)
  command -v docker-registry >/dev/null || missing+=(docker-registry)
  if [ ${#missing[@]} -eq 0 ]; then return; fi
  command -v apt-get >/dev/null || unavailable "there is no ${missing[*]}, and no apt-get to install it with"
  mkdir -p "$cache"
  exec 9>"$cache/apt.lock"
  flock 9
  # Debian starts a service as soon as it is installed; these are wanted as programs only.
  local policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  apt update || true
  apt install -y --no-install-recommends "${missing[@]}" || unavailable "apt-get cannot install ${missing[*]}"
  if [ -n "$(trap -p EXIT)" ]; then
    rm -f "$policy"
    trap - EXIT
  fi
  exec 9>&-
}

# --- the stand-in for Elasticsearch's image ---------------------------------------------------------------------

# What is asked of it when an image is built on it: a shell, the folders with their owners, the plugin installer.
write_tree() {
  local tree=$1 home=$1/usr/share/elasticsearch applet
  mkdir -p "$tree"/{bin,etc,proc,sys,dev,root,run,tmp,usr/share,usr/local/bin,var/tmp}
  chmod 1777 "$tree/tmp" "$tree/var/tmp"
  ln -s ../bin "$tree/usr/bin"
  ln -s bin "$tree/sbin"
  ln -s bash-static "$tree/bin/bash"
  for applet in $("$tree/bin/busybox" --list); do
    [ -e "$tree/bin/$applet" ] || ln -s busybox "$tree/bin/$applet"
  done
  printf 'root:x:0:0::/root:/bin/bash\nelasticsearch:x:1000:1000::/usr/share/elasticsearch:/bin/bash\n' >"$tree/etc/passwd"
  printf 'root:x:0:elasticsearch\nelasticsearch:x:1000:\n' >"$tree/etc/group"
  mkdir -p "$home"/{bin,config/jvm.options.d,data,lib,logs,modules,plugins}
  printf 'cluster.name: "docker-cluster"\nnetwork.host: 0.0.0.0\n' >"$home/config/elasticsearch.yml"
  printf -- '-XX:+UseG1GC\n' >"$home/config/jvm.options"
  printf 'status = error\n' >"$home/config/log4j2.properties"
  cat >"$home/bin/elasticsearch-plugin" <<'PLUGIN'
#!/bin/bash
# Does to the folders what Elasticsearch's own does, without the download.
set -euo pipefail
cd /usr/share/elasticsearch
case ${1:-} in
  install)
    shift
    for name in "$@"; do
      case $name in
        -b | --batch) ;;
        -*) echo "unknown option $name" >&2; exit 64 ;;
        *)
          [ ! -e "plugins/$name" ] || { echo "plugin directory [plugins/$name] already exists" >&2; exit 78; }
          mkdir "plugins/$name"
          # What the real one is told of a proxy, to be seen by a test.
          printf 'name=%s\njava=%s\n' "$name" "${CLI_JAVA_OPTS:-}" >"plugins/$name/plugin-descriptor.properties"
          echo "-> Installed $name"
          ;;
      esac
    done
    ;;
  list) ls plugins ;;
  *) echo 'ERROR: Missing command' >&2; exit 64 ;;
esac
PLUGIN
  cat >"$home/bin/elasticsearch" <<'SERVER'
#!/bin/bash
echo 'this is a stand-in: it serves nothing' >&2
exec sleep 86400
SERVER
  cat >"$tree/bin/tini" <<'INIT'
#!/bin/bash
[ "${1:-}" != -- ] || shift
exec "$@"
INIT
  cat >"$tree/usr/local/bin/docker-entrypoint.sh" <<'ENTRYPOINT'
#!/bin/bash
[ "${1:-}" != eswrapper ] || set -- /usr/share/elasticsearch/bin/elasticsearch
exec "$@"
ENTRYPOINT
  chmod +x "$home"/bin/* "$tree/bin/tini" "$tree/usr/local/bin/docker-entrypoint.sh"
  chown -R 0:0 "$tree"
  # As in the real one: these are the server's own, and open to group 0.
  chown -R 1000:0 "$home"/{config,data,logs,plugins}
  chmod 775 "$home" "$home"/{config,config/jvm.options.d,data,logs,plugins}
  find "$home/config" -type f -exec chmod 664 {} +
}

base_tar() {
  require_root
  # A change of this file makes another one.
  local tar work
  tar=$cache/stand-in-$(sha256sum "${BASH_SOURCE[0]}" | cut -c1-12).tar
  if [ ! -f "$tar" ]; then
    command -v dpkg-deb >/dev/null || unavailable 'the stand-in image is made of Debian packages, and there is no dpkg'
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/stand-in.XXXXXX")
    # shellcheck disable=SC2064 # the folder of now is meant
    trap "rm -rf '$work'" EXIT
    chmod 755 "$work"
    (cd "$work" && { apt download busybox-static bash-static || { apt update && apt download busybox-static bash-static; }; }) ||
      unavailable 'apt-get cannot download busybox-static and bash-static'
    local package
    for package in "$work"/*.deb; do dpkg-deb -x "$package" "$work/tree"; done
    rm -rf "$work/tree/usr/share"
    write_tree "$work/tree"
    tar -C "$work/tree" --numeric-owner -cf "$work/tree.tar" .
    rm -f "$cache"/stand-in-*.tar
    mv "$work/tree.tar" "$tar"
  fi
  echo "$tar"
}

# --- the engine and the registry --------------------------------------------------------------------------------

stop_one() {
  local pid=$1 tries=0
  kill "$pid" 2>/dev/null || return 0
  while kill -0 "$pid" 2>/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -eq 200 ]; then kill -9 "$pid" 2>/dev/null || true; fi
    if [ "$tries" -gt 250 ]; then return 0; fi
    sleep 0.1
  done
}

stop_all() {
  trap - EXIT INT TERM
  local containerd
  containerd=$(cat "$folder/exec/containerd/containerd.pid" 2>/dev/null || true)
  [ -z "${holder:-}" ] || kill "$holder" 2>/dev/null || true
  [ -z "${registry:-}" ] || stop_one "$registry"
  [ -z "${engine:-}" ] || stop_one "$engine"
  # The engine ends its containerd itself, unless it had to be killed.
  [ -z "$containerd" ] || stop_one "$containerd"
  local mount
  while read -r _ mount _; do
    case $mount in "$folder"/*) umount -l "$mount" || true ;; esac
  done </proc/mounts
  rm -rf "$folder"
}

wait_for() {
  local what=$1 pid=$2 tries=0
  shift 2
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    if ! kill -0 "$pid" 2>/dev/null || [ "$tries" -gt 3000 ]; then
      echo "$what did not start:" >&2
      tail -n 20 "$folder/$what.log" >&2
      exit 1
    fi
    sleep 0.1
  done
}

listens() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

start_registry() {
  local port=$1 user=$2 password=$3
  # bcrypt is the only form that the registry takes, and perl's crypt is on every Debian.
  PASSWORD=$password perl -e 'print $ARGV[0], ":", crypt($ENV{PASSWORD}, q($2b$05$) . "abcdefghijklmnopqrstuu"), "\n"' \
    "$user" >"$folder/htpasswd"
  cat >"$folder/registry.yml" <<CONFIG
version: 0.1
log: { level: warn }
storage:
  filesystem: { rootdirectory: $folder/registry }
  delete: { enabled: true }
http: { addr: 127.0.0.1:$port }
auth:
  htpasswd: { realm: es-ecs, path: $folder/htpasswd }
CONFIG
  docker-registry serve "$folder/registry.yml" >"$folder/registry.log" 2>&1 </dev/null &
  registry=$!
  wait_for registry "$registry" listens "$port"
}

start_engine() {
  echo '{}' >"$folder/daemon.json"
  # No bridge and no firewall rule: nothing outside the folder is touched. Builds and runs use the host's network.
  dockerd --config-file "$folder/daemon.json" --data-root "$folder/engine" --exec-root "$folder/exec" \
    --pidfile "$folder/docker.pid" --host "unix://$folder/docker.sock" \
    --bridge=none --iptables=false --ip-forward=false --ip-masq=false >"$folder/engine.log" 2>&1 </dev/null &
  engine=$!
  wait_for engine "$engine" docker --host "unix://$folder/docker.sock" version
}

run() {
  local port=$1 user=$2 password
  IFS= read -r password
  install_engine
  folder=$(mktemp -d "${TMPDIR:-/tmp}/es-ecs-docker.XXXXXX")
  trap stop_all EXIT
  trap 'exit 130' INT TERM
  start_registry "$port" "$user" "$password"
  start_engine
  echo "ready $folder"
  # Whoever started this holds the other end: when it goes, however it goes, so do the two.
  cat <&0 >/dev/null &
  holder=$!
  wait -n "$engine" "$registry" "$holder" || true
  local pid
  for pid in "$engine" "$registry"; do
    kill -0 "$pid" || { tail -n 20 "$folder"/*.log >&2; exit 1; }
  done
}

case ${1:-} in
  install) install_engine ;;
  run) run "${2:?a port is needed}" "${3:?a user is needed}" ;;
  base) base_tar ;;
  *) sed -n '2,11p' "$0"; exit 2 ;;
esac
