#!/usr/bin/env bash
# Hosts as user data finds them: Debian's root file system with the programs that Amazon Linux has by these names (real
# util-linux, xfsprogs, curl, cloud-init and AWS CLI 2), each boot in namespaces of its own, where 169.254.169.254 is on
# its loopback device. Volumes are loop devices.
#
#   host.sh install            makes the root file system; once, cached; prints its folder
#   host.sh run                prints `ready FOLDER`, in which hosts and volumes are kept; when standard input is closed,
#                              ends what still runs of them, detaches their loop devices, and removes the folder
#   host.sh prepare FOLDER HOST
#                              empties what a boot makes anew: FOLDER/hosts/HOST/dev, run and sys
#   host.sh boot FOLDER HOST COMMAND…
#                              boots FOLDER/hosts/HOST for as long as the command, run in it, takes; FOLDER/hosts/HOST
#                              holds upper (what is not as in every host), dev, run and sys, to look at from outside;
#                              FOLDER/sockets/HOST.metadata and ec2 answer for the metadata service and for EC2
#   host.sh plug FILE FOLDER HOST DEVICE SERIAL
#                              shows a file as the host's block device of that name and serial number
#   host.sh grow FILE MIB      makes it larger, in use or not
#   host.sh unplug FILE        takes it away
#
# The cache is ES_ECS_CACHE, or .cache in the repository. Exit status 75: it cannot be had on this machine.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../../.." && pwd)
cache=${ES_ECS_CACHE:-$project/.cache}
suite=bookworm
packages=(awscli ca-certificates cloud-init curl e2fsprogs iproute2 procps socat strace xfsprogs)
# Another list makes another tree.
tree=$cache/host-$suite-$(printf '%s\n' "${packages[@]}" | sha256sum | cut -c1-12)

unavailable() {
  echo "$*" >&2
  exit 75
}

require_machine() {
  [ "$(uname -s)" = Linux ] || unavailable 'hosts with namespaces and loop devices need Linux'
  [ "$(id -u)" = 0 ] || unavailable 'hosts with namespaces and loop devices need root'
  local program
  for program in unshare losetup chroot ip; do
    command -v "$program" >/dev/null || unavailable "there is no $program"
  done
  unshare --mount --net --pid --fork true || unavailable 'this machine allows no namespaces'
  grep -qw xfs /proc/filesystems || modprobe xfs 2>/dev/null || unavailable 'the kernel has no xfs'
  grep -qw overlay /proc/filesystems || modprobe overlay 2>/dev/null || unavailable 'the kernel has no overlay file system'
  losetup --find >/dev/null || unavailable 'there is no loop device'
}

apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=5 "$@" >&2
}

# --- the root file system -----------------------------------------------------------------------------------------

install_tree() {
  require_machine
  mkdir -p "$cache"
  exec 8>"$cache/host.lock"
  flock 8
  if [ ! -d "$tree" ]; then
    if ! command -v debootstrap >/dev/null; then
      command -v apt-get >/dev/null || unavailable 'there is no debootstrap, and no apt-get to install it with'
      exec 9>"$cache/apt.lock"
      flock 9
      apt install -y --no-install-recommends debootstrap ||
        { apt update && apt install -y --no-install-recommends debootstrap; } || unavailable 'apt-get cannot install debootstrap'
      exec 9>&-
    fi
    making=$(mktemp -d "$cache/making-host.XXXXXX")
    trap 'rm -rf --one-file-system "$making"' EXIT
    chmod 755 "$making"
    # In a mount namespace of its own, as debootstrap mounts proc.
    bootstrap "$making" || { rm -rf --one-file-system "${making:?}"/* && bootstrap "$making"; } ||
      unavailable "debootstrap cannot make a root file system of $suite"
    # debootstrap does not see through versioned virtual packages; apt does.
    unshare --mount --pid --fork --mount-proc="$making/proc" chroot "$making" \
      env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=5 install -y --no-install-recommends "${packages[@]}" >&2 ||
      unavailable 'apt-get cannot install what a host has'
    rm -rf "$making"/var/cache/apt/archives "$making"/var/lib/apt/lists "$making"/usr/share/{doc,locale,man}
    finish_tree "$making"
    # Of an older list of packages.
    rm -rf --one-file-system "$cache/host-$suite"-*
    mv "$making" "$tree"
    trap - EXIT
  fi
  exec 8>&-
  echo "$tree"
}

bootstrap() {
  unshare --mount debootstrap --variant=minbase "$suite" "$1" >&2
}

# What an ECS host has besides.
finish_tree() {
  mkdir -p "$1/etc/ecs" "$1/run/test"
  # This AWS CLI (2.9) takes no endpoint from the environment yet.
  printf '#!/bin/sh\nexec /usr/bin/aws --endpoint-url http://127.0.0.1:4566 "$@"\n' >"$1/usr/local/bin/aws"
  # There is no systemd to tell anything; what it is told is kept.
  printf '#!/bin/sh\necho "$*" >>/var/log/systemctl\n' >"$1/usr/local/bin/systemctl"
  # User data must not need to install anything.
  printf '#!/bin/sh\necho "$*" >>/var/log/dnf\nexit 1\n' >"$1/usr/local/bin/dnf"
  chmod +x "$1"/usr/local/bin/*
  # As on Amazon Linux, the script of user data runs once for each instance, unless user data say otherwise.
  cat >"$1/etc/cloud/cloud.cfg" <<'CLOUD'
datasource_list: [Ec2]
disable_root: true
users: []
network: { config: disabled }
cloud_init_modules: []
cloud_config_modules: []
cloud_final_modules: [scripts-user, final-message]
output: { all: '| tee -a /var/log/cloud-init-output.log' }
system_info:
  distro: debian
  paths: { cloud_dir: /var/lib/cloud/, templates_dir: /etc/cloud/templates/ }
CLOUD
  find "$1/etc/cloud/cloud.cfg.d" -type f ! -name 05_logging.cfg -delete
}

# --- one boot -----------------------------------------------------------------------------------------------------

prepare() {
  local host=$1/hosts/$2
  mkdir -p "$host"/{upper,work,root}
  rm -rf "${host:?}"/{dev,run,sys}
  mkdir -p "$host"/{dev,run,sys/block/nvme0n1/device,sys/class/dmi/id}
  # The root disk, and what tells cloud-init that this is EC2.
  printf '%-20s\n' vol0root >"$host/sys/block/nvme0n1/device/serial"
  echo 'Amazon EC2' >"$host/sys/class/dmi/id/sys_vendor"
  echo ec2e1916-9099-7caf-fd21-012345abcdef | tee "$host"/sys/class/dmi/id/product_{uuid,serial} >/dev/null
  make_devices "$host/dev"
}

boot() {
  local folder=$1 name=$2
  shift 2
  # With the namespaces' first process, whatever runs in them ends, and what is mounted in them goes.
  unshare --mount --net --pid --fork --kill-child=KILL "${BASH_SOURCE[0]}" inside "$folder" "$name" "$@" &
  local pid=$! status=0
  trap 'kill -9 "$pid" 2>/dev/null || true' EXIT
  trap 'exit 130' INT TERM
  echo "$pid" >"$folder/boots/$pid"
  wait "$pid" || status=$?
  rm -f "$folder/boots/$pid"
  trap - EXIT
  exit "$status"
}

inside() {
  local folder=$1 name=$2
  shift 2
  local host=$folder/hosts/$name root=$folder/hosts/$name/root
  mount -t overlay overlay -o "lowerdir=$tree,upperdir=$host/upper,workdir=$host/work" "$root"
  mount -t proc proc "$root/proc"
  local part
  for part in dev run sys; do
    mount --bind "$host/$part" "$root/$part"
    mount -o remount,bind,dev "$root/$part"
  done
  mkdir -p "$root/run/test"
  mount --bind "$folder/sockets" "$root/run/test"
  ip link set lo up
  ip address add 169.254.169.254/32 dev lo
  # Amazon Linux's defaults, so that what changes them shows; the other two are the machine's own.
  echo 15 >/proc/sys/net/ipv4/tcp_retries2
  relay "$root" 169.254.169.254:80 "$name.metadata"
  relay "$root" 127.0.0.1:4566 ec2
  # Not exec: the first process of the namespace hands on the status, also that of a signal.
  env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    chroot "$root" "$@" <&0
}

make_devices() {
  local dev=$1
  mknod -m 666 "$dev/null" c 1 3
  mknod -m 666 "$dev/zero" c 1 5
  mknod -m 666 "$dev/random" c 1 8
  mknod -m 666 "$dev/urandom" c 1 9
  ln -s /proc/self/fd "$dev/fd"
  mkdir -m 1777 "$dev/shm"
}

# Names on a network of its own what is a socket in the test.
relay() {
  local root=$1 address=${2%:*} port=${2#*:} socket=$3
  chroot "$root" socat "TCP-LISTEN:$port,bind=$address,reuseaddr,fork" "UNIX-CONNECT:/run/test/$socket" \
    >/dev/null 2>&1 </dev/null &
  until (exec 3<>"/dev/tcp/$address/$port") 2>/dev/null; do sleep 0.02; done
}

# --- volumes ------------------------------------------------------------------------------------------------------

plug() {
  local file=$1 host=$2/hosts/$3 device=$4 serial=$5 loop
  loop=$(losetup --noheadings --output NAME --associated "$file" | head -n 1)
  [ -n "$loop" ] || loop=$(losetup --find --show "$file")
  local number block=$host/sys/block/$device
  number=$((0x$(stat -c %t "$loop"))):$((0x$(stat -c %T "$loop")))
  mknod -m 660 "$host/dev/$device" b "${number%:*}" "${number#*:}"
  # What mount looks at to find a file system by its UUID, as there is no udev to make links.
  mkdir -p "$block/device" "$host/sys/dev/block"
  ln -sfn "../../block/$device" "$host/sys/dev/block/$number"
  echo "$number" >"$block/dev"
  echo 0 >"$block/removable"
  echo 1 >"$block/ext_range"
  echo "$(($(stat -c %s "$file") / 512))" >"$block/size"
  # The kernel pads a serial number with spaces. Last, as user data wait for it.
  printf '%-20s\n' "$serial" >"$block/device/serial"
}

# The kernel of the host sees it at once, as it does with NVMe.
grow() {
  local loop
  truncate --size "$2M" "$1"
  for loop in $(losetup --noheadings --output NAME --associated "$1"); do losetup --set-capacity "$loop"; done
}

unplug() {
  local loop
  for loop in $(losetup --noheadings --output NAME --associated "$1"); do losetup --detach "$loop"; done
}

run() {
  install_tree >/dev/null
  folder=$(mktemp -d "${TMPDIR:-/tmp}/es-ecs-hosts.XXXXXX")
  mkdir "$folder/hosts" "$folder/volumes" "$folder/sockets" "$folder/boots"
  # These two belong to the machine: they go back to what they were.
  max_map_count=$(cat /proc/sys/vm/max_map_count)
  swappiness=$(cat /proc/sys/vm/swappiness)
  trap clean_up EXIT
  trap 'exit 130' INT TERM
  echo "ready $folder"
  # Whoever started this holds the other end: when it goes, however it goes, so does all of it.
  cat >/dev/null
}

clean_up() {
  trap - EXIT INT TERM
  local one
  for one in "$folder"/boots/*; do
    [ ! -e "$one" ] || kill -9 "${one##*/}" 2>/dev/null || true
  done
  for one in "$folder"/volumes/*; do
    [ ! -e "$one" ] || unplug "$one" || true
  done
  echo "$max_map_count" >/proc/sys/vm/max_map_count
  echo "$swappiness" >/proc/sys/vm/swappiness
  # User data make the folder of the mount immutable.
  for one in "$folder"/hosts/*/upper/var/lib/es-ecs; do
    [ ! -e "$one" ] || chattr -i "$one" || true
  done
  rm -rf --one-file-system "$folder"
}

case ${1:-} in
  install) install_tree ;;
  run) run ;;
  prepare) prepare "${@:2}" ;;
  boot) boot "${@:2}" ;;
  inside) inside "${@:2}" ;;
  plug) plug "${@:2}" ;;
  grow) grow "${@:2}" ;;
  unplug) unplug "${@:2}" ;;
  *) sed -n '2,22p' "$0"; exit 2 ;;
esac
