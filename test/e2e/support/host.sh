#!/usr/bin/env bash
# Hosts as user data finds them: Debian's root file system with the programs that Amazon Linux has by these names (real
# util-linux, xfsprogs, curl, cloud-init with its own cloud.cfg, and systemd), each boot in namespaces of its own, where 169.254.169.254 is on
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
#   host.sh start FOLDER HOST  boots it with systemd as its first process, until that ends
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
packages=(ca-certificates cloud-init curl dbus e2fsprogs iproute2 openssh-server procps socat strace systemd systemd-sysv xfsprogs)
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

# What an ECS host has besides, and what it has not.
finish_tree() {
  mkdir -p "$1/etc/ecs" "$1/run/test"
  # Where there is no systemd to tell anything, what it is told is kept.
  cat >"$1/usr/local/bin/systemctl" <<'SYSTEMCTL'
#!/bin/sh
echo "$*" >>/var/log/systemctl
[ ! -d /run/systemd/system ] || exec /usr/bin/systemctl "$@"
SYSTEMCTL
  # User data must not need to install anything, nor what is not there.
  local program
  for program in aws dnf microdnf pip pip3 rpm yum; do
    printf '#!/bin/sh\necho "%s $*" >>/var/log/not-there\nexit 1\n' "$program" >"$1/usr/local/bin/$program"
  done
  # cloud-init does not look which cloud a container is on.
  printf '#!/bin/sh\necho none\nexit 1\n' >"$1/usr/local/bin/systemd-detect-virt"
  chmod +x "$1"/usr/local/bin/*
  # A host's keys are its own.
  rm -f "$1"/etc/ssh/ssh_host_*
  # All else is as the distribution has it.
  find "$1/etc/cloud/cloud.cfg.d" -type f ! -name 05_logging.cfg -delete
  cat >"$1/etc/cloud/cloud.cfg.d/90-test.cfg" <<'CLOUD'
datasource_list: [Ec2]
network: { config: disabled }
manage_etc_hosts: false
# Of this distribution's smallest variant.
locale: false
# There is nobody to ask for packages.
apt_preserve_sources_list: true
output: { all: '| tee -a /var/log/cloud-init-output.log' }
CLOUD
  # The agent's unit, as far as it matters when it starts. On Debian cloud-final comes after multi-user.target, and so would the agent.
  cat >"$1/etc/systemd/system/ecs.service" <<'UNIT'
[Unit]
After=cloud-final.service
[Service]
ExecStart=/bin/sh -c 'cat /etc/ecs/ecs.config >/run/agent; exec sleep infinity'
[Install]
WantedBy=cloud-init.target
UNIT
  chroot "$1" /usr/bin/systemctl enable ecs.service >&2
  # These would be the machine's that this runs on.
  chroot "$1" /usr/bin/systemctl mask systemd-sysctl.service systemd-udevd.service systemd-udev-trigger.service \
    systemd-modules-load.service systemd-timesyncd.service getty.target >&2
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
  unshare --mount --net --pid ${ES_ECS_FIRST:+--cgroup --uts --ipc} --fork --kill-child=KILL "${BASH_SOURCE[0]}" inside "$folder" "$name" "$@" &
  local pid=$! status=0
  trap 'kill -9 "$pid" 2>/dev/null || true' EXIT
  trap 'exit 130' INT TERM
  echo "$pid" >"$folder/boots/$pid"
  wait "$pid" || status=$?
  rm -f "$folder/boots/$pid"
  trap - EXIT
  exit "$status"
}

# systemd wants a tree of control groups of its own, and takes no more of it than to know its processes.
start() {
  local group
  group=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
  [ -n "$group" ] || unavailable 'this machine has no control groups of version 2 mounted'
  group=$group/es-ecs-$2-$$
  mkdir "$group"
  echo $$ >"$group/cgroup.procs"
  ES_ECS_FIRST=1 "${BASH_SOURCE[0]}" boot "$1" "$2" /lib/systemd/systemd || true
  # Of whatever is left in it nothing runs any longer; this shell leaves it too.
  echo $$ >"${group%/*}/cgroup.procs"
  find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
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
  if [ -n "${ES_ECS_FIRST:-}" ]; then
    mkdir -p "$root/sys/fs/cgroup"
    mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts" 2>/dev/null || true
    # It takes itself for the first process of a machine, and of the kernel's settings it gets those that user data set.
    mount --bind "$root/proc/sys" "$root/proc/sys"
    mount -o remount,bind,ro "$root/proc/sys"
    for part in vm net; do mount -o bind "/proc/sys/$part" "$root/proc/sys/$part"; done
    exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 chroot "$root" "$@" </dev/null
  fi
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
  start) start "${@:2}" ;;
  inside) inside "${@:2}" ;;
  plug) plug "${@:2}" ;;
  grow) grow "${@:2}" ;;
  unplug) unplug "${@:2}" ;;
  *) sed -n '2,23p' "$0"; exit 2 ;;
esac
