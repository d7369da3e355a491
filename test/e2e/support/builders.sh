#!/usr/bin/env bash
# The programs that images are built with, as people have them. Nothing on the machine changes but for Debian's packages.
#
#   builders.sh install NAME          puts one in place and prints its path: podman and buildah of Debian, and from the sources of
#                                     their Go modules buildx, podman-new and buildah-new, which are built once and cached
#   builders.sh built NAME            prints the path of one of these three that has been built before, or nothing
#   builders.sh run FOLDER OPEN AUTH  serves an empty registry without a password on the port OPEN until standard input is closed,
#                                     and writes into FOLDER what podman and buildah read: Elasticsearch's registry is OPEN
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

apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=5 "$@" >&2
}

# install_package PROGRAM: where there is none, Debian's of that name.
install_package() {
  local program=$1
  if ! find_program "$program" >/dev/null; then
    command -v apt-get >/dev/null || unavailable "there is no $program, and no apt-get to install it with"
    mkdir -p "$cache"
    exec 9>"$cache/apt.lock"
    flock 9
    # runc runs what is built: crun would be taken by itself, and is no dependency of every one of them.
    apt install -y --no-install-recommends "$program" runc || { apt update && apt install -y --no-install-recommends "$program" runc; } ||
      unavailable "apt-get cannot install $program"
    exec 9>&-
  fi
  find_program "$program"
}

# Podman's helpers lie in no folder of PATH.
find_program() {
  command -v "$1" || PATH=/usr/lib/podman:/usr/libexec/podman command -v "$1"
}

# What the newer ones call, even where nothing has a network of its own.
install_helpers() {
  local helper
  for helper in conmon netavark; do install_package "$helper" >/dev/null; done
}

# Where a program of that name lies once it is built: by its module and version.
place() {
  case $1 in
    buildx) echo "$cache/builders/buildx@v0.24.0/docker-buildx" ;;
    buildah-new) echo "$cache/builders/buildah@v1.41.5/buildah" ;;
    podman-new) echo "$cache/builders/podman@v5.6.2/podman" ;;
  esac
}

# build_module NAME PATH PACKAGE TAGS: the version is in the place, the rest of the module's path is said.
build_module() {
  local path=$2 package=$3 tags=$4 program module work source
  program=$(place "$1")
  module=$(basename "$(dirname "$program")")
  module=$path@${module#*@}
  if [ ! -x "$program" ]; then
    command -v go >/dev/null || unavailable "there is no go to build $module with"
    mkdir -p "${program%/*}"
    source=$(go mod download -json "$module" | sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p') || unavailable "go cannot download $module"
    [ -n "$source" ] || unavailable "go cannot download $module"
    work=$(mktemp -d "$cache/builders/build.XXXXXX")
    # shellcheck disable=SC2064 # the folder of now is meant
    trap "rm -rf '$work'" EXIT
    cp -r "$source" "$work/source"
    chmod -R u+w "$work/source"
    # A module comes without the folder that its list of vendored packages describes.
    rm -rf "$work/source/vendor"
    (cd "$work/source" && GOFLAGS='-buildvcs=false -mod=mod -trimpath' go build -tags "$tags" -ldflags '-s -w' -o "$work/program" "$package") >&2 ||
      unavailable "go cannot build $module"
    mv "$work/program" "$program"
  fi
  echo "$program"
}

# What both do without: a library for signatures, and ways to store images that are not used.
lean='containers_image_openpgp exclude_graphdriver_btrfs exclude_graphdriver_devicemapper'

install() {
  case $1 in
    podman | buildah) install_package "$1" ;;
    buildx) CGO_ENABLED=0 build_module buildx github.com/docker/buildx ./cmd/buildx '' ;;
    buildah-new)
      install_helpers
      build_module buildah-new github.com/containers/buildah ./cmd/buildah "$lean"
      ;;
    podman-new)
      install_helpers
      build_module podman-new github.com/containers/podman/v5 ./cmd/podman "$lean"
      ;;
    *) echo "no builder is called $1" >&2; exit 2 ;;
  esac
}

stop_all() {
  trap - EXIT INT TERM
  [ -z "${holder:-}" ] || kill "$holder" 2>/dev/null || true
  if [ -n "${registry:-}" ]; then
    kill "$registry" 2>/dev/null || true
    wait "$registry" 2>/dev/null || true
  fi
  local mount
  while read -r _ mount _; do
    case $mount in "$folder"/*) umount -l "$mount" || true ;; esac
  done </proc/mounts
}

write_settings() {
  local open=$1 auth=$2 name
  cat >"$folder/containers.conf" <<'CONFIG'
[containers]
netns = "host"
# Built here without the library for it.
seccomp_profile = "unconfined"
# The newer ones ask for a million open files and processes, which not every machine allows.
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
compression_format = "zstd"
CONFIG
  cat >"$folder/registries.conf" <<CONFIG
[[registry]]
prefix = "docker.elastic.co"
location = "127.0.0.1:$open"
insecure = true
[[registry]]
location = "127.0.0.1:$auth"
insecure = true
CONFIG
  echo '{ "default": [{ "type": "insecureAcceptAnything" }] }' >"$folder/policy.json"
  # Each has its own store: what an older one wrote is not the newer one's business.
  for name in podman buildah podman-new buildah-new; do
    cat >"$folder/storage-$name.conf" <<CONFIG
[storage]
driver = "overlay"
runroot = "$folder/run-$name"
graphroot = "$folder/store-$name"
CONFIG
  done
}

run() {
  folder=$1
  local open=$2 auth=$3 tries=0
  command -v docker-registry >/dev/null || unavailable 'there is no docker-registry'
  trap stop_all EXIT
  trap 'exit 130' INT TERM
  write_settings "$open" "$auth"
  cat >"$folder/registry.yml" <<CONFIG
version: 0.1
log: { level: warn }
storage:
  filesystem: { rootdirectory: $folder/registry }
http: { addr: 127.0.0.1:$open }
CONFIG
  docker-registry serve "$folder/registry.yml" >"$folder/registry.log" 2>&1 </dev/null &
  registry=$!
  until (exec 3<>"/dev/tcp/127.0.0.1/$open") 2>/dev/null; do
    tries=$((tries + 1))
    if ! kill -0 "$registry" 2>/dev/null || [ "$tries" -gt 600 ]; then
      tail -n 20 "$folder/registry.log" >&2
      exit 1
    fi
    sleep 0.1
  done
  echo "ready $folder"
  # Whoever started this holds the other end: when it goes, however it goes, so does the registry.
  cat <&0 >/dev/null &
  holder=$!
  wait -n "$registry" "$holder" || true
}

case ${1:-} in
  install) install "${2:?which one?}" ;;
  built)
    program=$(place "${2:?which one?}")
    [ ! -x "$program" ] || echo "$program"
    ;;
  run) run "${2:?a folder is needed}" "${3:?a port is needed}" "${4:?a port is needed}" ;;
  *) sed -n '2,11p' "$0"; exit 2 ;;
esac
