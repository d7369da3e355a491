#!/bin/bash
# Prepares a host for its node. Runs on every boot, before the ECS agent (whose unit comes after cloud-final), and can
# be killed at any point and run again. It fails closed: the agent starts only once /run/es-ecs/ready is there, so a
# host without its data volume never joins the cluster. The reason is then in the instance's tag es-ecs-problem.
#
# It never gives up on what may pass. The boot waits for some minutes; then the unit es-ecs-host runs the same script again,
# for as long as it takes. What only a person can put right it does not wait on, and looks at again every minute. Whatever else has
# lasted for more than an hour another host may not have: this one makes room for it.
set -Eeuo pipefail

cluster={{cluster}}
ecs_cluster={{ecsCluster}}
volume_address_prefix={{volumeAddressPrefix}}
region={{region}}
dns_suffix={{dnsSuffix}}
# templates/ask-aws.py
ask_program={{askProgram}}

# The unit says so.
in_background=${ES_ECS_IN_BACKGROUND:-}

# Tests put these elsewhere.
root=${ES_ECS_ROOT:-}
metadata=${ES_ECS_METADATA:-http://169.254.169.254}
ec2_endpoint=${ES_ECS_EC2:-https://ec2.$region.$dns_suffix}
pause=${ES_ECS_PAUSE:-${in_background:+1}5}

patience=60 # pauses of 5 seconds: for so long the boot waits, and all that comes after it
minute=12   # pauses of 5 seconds, or 3 minutes of those in the background

ready=$root/run/es-ecs/ready
mount_point=$root/var/lib/es-ecs
marker=.es-ecs-volume
errors=$root/run/es-ecs/aws-errors
instance_id='' node='' zone='' address='' volume_id='' device='' initial_masters='' waits_for_person=''

# cloud-init shows it on the console and keeps it in /var/log/cloud-init-output.log; the unit sends it to the console and the journal.
say() { echo "es-ecs: $*"; }

# Three calls, and no AWS CLI for them: the ECS-optimised image carries none, and a host must come up without a mirror of packages.
ask_ec2() {
  python3 -I -c "$ask_program" "$metadata" "$region" ec2 "$ec2_endpoint" Version=2016-11-15 "$@" 2>"$errors"
}
note_why() { why=$(paste -s -d ' ' "$errors"); }

# Into the tag where es-ecs looks; gone again once the host is ready. EC2 takes up to 256 characters.
noted=''
note_problem() {
  local reason
  reason=$(printf '%s' "${waits_for_person:+for a person: }$*" | tr -c '[:print:]' ' ' | cut -c 1-250)
  [[ -n $instance_id && $noted != "$reason" ]] || return 0
  ask_ec2 Action=CreateTags "ResourceId.1=$instance_id" Tag.1.Key=es-ecs-problem "Tag.1.Value=$reason" || return 0
  noted=$reason
}

# Longer than an hour by what follows an hour without AWS, so that such a host is ready without a second boot. Its group replaces what does
# not run: that asks neither for a permission, with which one host could end all others, nor for a way to AWS.
longest=3900
make_room() {
  local up since=$root/run/es-ecs/waits-since
  # The clock of the day may jump while the host comes up.
  read -r up _ <"$root/proc/uptime" || return 0
  up=${up%.*}
  # From the first look of this boot, and anew once a person has put right what he alone could.
  if [[ -n $waits_for_person || ! -s $since ]]; then echo "$up" >"$since"; fi
  [[ -n $in_background && $((up - $(<"$since"))) -ge $longest ]] || return 0
  say 'not ready after more than an hour: powering off, so that the group starts another host'
  systemctl poweroff
}

# The unit tries again every minute, as it does after any other end.
fail() {
  say "FAILED: $*"
  note_problem "$@"
  make_room
  trap - EXIT
  exit 1
}
# For what only a person can put right: another host would find the same.
fail_for_person() {
  waits_for_person=1
  fail "$@"
}
line=0
trap 'line=$LINENO' ERR
trap 'status=$?; [[ $status = 0 ]] || fail "line $line of user data ended with status $status"' EXIT
# The host is going down.
trap 'trap - EXIT; exit 143' TERM

# persist SENTENCE COMMAND ARGUMENTS: repeats a command until it succeeds, for as long as it takes. The sentence and why are said on
# the console once, and in the tag when they have lasted a minute, or at once where only a person can put it right.
why='' waited=0
persist() {
  local sentence=$1 reason='' told=''
  shift
  why=''
  until "$@"; do
    waited=$((waited + 1))
    reason=$sentence${why:+: $why}
    [[ $reason = "$told" ]] || say "$reason, waiting"
    told=$reason
    if [[ -n $waits_for_person || $((waited % minute)) = 0 ]]; then note_problem "$reason"; fi
    make_room
    if [[ -z $in_background && $waited -ge $patience ]]; then go_on_later "$reason"; fi
    sleep "$pause"
  done
}

# The boot goes on, without the agent, and what is after it in the queue of systemd begins: es-ecs-host.
go_on_later() {
  note_problem "$1"
  say 'going on in the background: journalctl -u es-ecs-host'
  trap - EXIT
  exit 0
}

write_file() {
  cat >"$1.new"
  chmod "$2" "$1.new"
  mv "$1.new" "$1"
}

# --- fail closed -----------------------------------------------------------------------------------------------------
hold_the_agent() {
  mkdir -p "$root/run/es-ecs" "$root/etc/systemd/system/ecs.service.d" "$root/etc/ecs" "$root/etc/es-ecs"
  rm -f "$ready"
  # The same as bootcmd writes (templates/cloud-config.yaml). Conditions are looked at when the unit's turn comes, after this script,
  # although its start is already queued.
  cat >"$root/etc/systemd/system/ecs.service.d/10-es-ecs.conf" <<UNIT
[Unit]
ConditionPathExists=/run/es-ecs/ready
UNIT
  write_growth_units
  [[ -n $in_background ]] || write_host_unit
  systemctl daemon-reload
  # Queued until cloud-final has ended, in whatever way.
  [[ -n $in_background ]] || systemctl start --no-block es-ecs-host.service || say 'nothing would go on in the background'
}

# What goes on where the boot does not wait any longer, and after an end of this script that nobody has foreseen. Of a later boot that
# finds no user data too: a metadata service that is away leaves cloud-init without any. Part of cloud-init's target, which comes after
# multi-user.target on some distributions, and so does cloud-final.
write_host_unit() {
  local units=$root/etc/systemd/system
  [[ $0 = "$root/etc/es-ecs/host.sh" ]] || write_file "$root/etc/es-ecs/host.sh" 0700 <"$0"
  cat >"$units/es-ecs-host.service" <<UNIT
[Unit]
Description=Prepare the host for its node
After=cloud-final.service
StartLimitIntervalSec=0
[Service]
Environment=ES_ECS_IN_BACKGROUND=1
ExecStart=/bin/bash /etc/es-ecs/host.sh
Restart=on-failure
RestartSec=60
StandardOutput=journal+console
UNIT
  mkdir -p "$units/cloud-init.target.wants"
  ln -sfn ../es-ecs-host.service "$units/cloud-init.target.wants/es-ecs-host.service"
}

# A volume that grows does so while the node runs, and its file system within the minute. xfs_growfs looks for itself whether the
# device is larger, and does nothing where it is not.
write_growth_units() {
  cat >"$root/etc/systemd/system/es-ecs-grow.service" <<UNIT
[Unit]
Description=Let the file system of the data volume fill its device
ConditionPathIsMountPoint=/var/lib/es-ecs
[Service]
Type=oneshot
ExecStart=/usr/sbin/xfs_growfs -d /var/lib/es-ecs
StandardOutput=null
UNIT
  cat >"$root/etc/systemd/system/es-ecs-grow.timer" <<UNIT
[Timer]
OnCalendar=*:*:0/30
AccuracySec=5s
UNIT
}

# --- who am I --------------------------------------------------------------------------------------------------------
# Puts what the instance metadata say at a path into a variable. With a new token each time: one of before may have run out.
read_metadata() {
  local token value
  token=$(curl -sf -m 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$metadata/latest/api/token") && [[ -n $token ]] &&
    value=$(curl -sf -m 5 -H "X-aws-ec2-metadata-token: $token" "$metadata/latest/meta-data/$2") && [[ -n $value ]] &&
    printf -v "$1" '%s' "$value"
}

ask_metadata() {
  persist 'the instance metadata name no instance id' read_metadata instance_id instance-id
  persist 'the instance metadata name no zone' read_metadata zone placement/availability-zone
  persist 'the instance metadata name no address' read_metadata address local-ipv4
  persist 'the instance has no tag es-ecs-node in its metadata' read_metadata node tags/instance/es-ecs-node
  [[ $node =~ ^[a-z][a-z0-9-]*-[0-9]+$ ]] || fail "the tag es-ecs-node says $node, which is not a node's name"
}

# --- kernel ----------------------------------------------------------------------------------------------------------
set_kernel_limits() {
  cat >"$root/etc/sysctl.d/90-es-ecs.conf" <<SYSCTL
vm.max_map_count=1048576
vm.swappiness=1
net.ipv4.tcp_retries2=5
SYSCTL
  sysctl -q -p "$root/etc/sysctl.d/90-es-ecs.conf" || fail 'the kernel refuses vm.max_map_count=1048576'
}

# --- volume ----------------------------------------------------------------------------------------------------------
# Copies of a volume (of a backup, of a snapshot) often carry its tags. Of several, the one is meant that is attached here, or else the
# only one of this zone, or else the only one there with the tag of a cluster that has formed. Where that leaves two, nothing is
# touched, for however long it takes until somebody has taken one of them away, or its tags.
choose_volume() {
  local here formed tab=$'\t'
  if [[ $(wc -l <<<"$found") = 1 ]]; then return 0; fi
  here=$(grep -F "$tab$instance_id$tab" <<<"$found") || here=$(grep -F "$tab$zone$tab" <<<"$found") || here=$found
  formed=$(grep -vF "$tab$zone${tab}None$tab" <<<"$here") || formed=$here
  if [[ $(wc -l <<<"$formed") = 1 ]]; then found=$formed; return 0; fi
  why="$(cut -f 1 <<<"$formed" | paste -s -d ' ' -) carry the same address $volume_address_prefix$node, and nothing tells which is meant"
  waits_for_person=1
  return 1
}

volume_state='' volume_holder=''
find_volume() {
  local found
  waits_for_person=''
  found=$(ask_ec2 Action=DescribeVolumes Filter.1.Name=tag:es-ecs-cluster "Filter.1.Value.1=$cluster" \
    Filter.2.Name=tag:es-ecs-resource "Filter.2.Value.1=$volume_address_prefix$node" \
    Filter.3.Name=status Filter.3.Value.1=creating Filter.3.Value.2=available Filter.3.Value.3=in-use) || { note_why; return 1; }
  [[ -n $found ]] || { why="no volume carries the address $volume_address_prefix$node"; return 1; }
  choose_volume || return 1
  read -r volume_id volume_state volume_holder _ _ initial_masters <<<"$found"
  [[ $volume_holder != None ]] || volume_holder=''
  [[ $initial_masters != None ]] || initial_masters=''
}

# Once: look, and attach when it is free. True when it is ours.
take_volume() {
  find_volume || return 1
  if [[ $volume_holder = "$instance_id" ]]; then return 0; fi
  why="$volume_id is $volume_state${volume_holder:+ at $volume_holder}"
  if [[ $volume_state = available ]]; then
    # Whatever the answer, look again: another host may have been faster, or the old one is not quite gone.
    if ask_ec2 Action=AttachVolume "VolumeId=$volume_id" "InstanceId=$instance_id" Device=/dev/sdf; then
      why="$volume_id is attaching"
    else
      note_why
    fi
  fi
  return 1
}

# The kernel numbers NVMe devices in any order: the serial number is the volume's id without its hyphen.
find_device() {
  local serial_file
  for serial_file in "$root"/sys/block/nvme*/device/serial; do
    [[ -r $serial_file ]] || continue
    if [[ $(tr -d ' \n' <"$serial_file") = "${volume_id/-/}" ]]; then
      device=$root/dev/$(basename "$(dirname "$(dirname "$serial_file")")")
      [[ -e $device ]] && return 0
    fi
  done
  return 1
}

# blkid's own words: 0 found something, 2 found nothing; anything else (8: ambivalent) is not blank.
make_file_system_if_blank() {
  local status=0
  dd if="$device" of=/dev/null bs=4096 count=1 status=none || fail "$device ($volume_id) cannot be read"
  blkid -p "$device" >/dev/null || status=$?
  if [[ $status = 0 ]] && was_cut_short; then
    say "the file system on $volume_id was never finished, making it again"
    mkfs.xfs -q -f "$device" || fail "mkfs.xfs fails on $volume_id"
  elif [[ $status = 2 ]]; then
    begins_with_zeros || fail_for_person "$volume_id is not blank, and blkid does not know what is on it"
    say "$volume_id is blank, making a file system"
    mkfs.xfs -q "$device" || fail "mkfs.xfs fails on $volume_id"
  elif [[ $status != 0 ]]; then
    fail_for_person "blkid cannot tell what is on $volume_id: status $status"
  fi
  [[ $(blkid -p -o value -s TYPE "$device") = xfs ]] || fail_for_person "there is something on $volume_id, and it is not xfs"
}
# A new volume reads as zeros, and so does one on which mkfs.xfs was cut short before it left a trace for blkid.
begins_with_zeros() { [[ $(head -c 16777216 "$device" | tr -d '\0' | wc -c) = 0 ]]; }
# mkfs.xfs marks its work as in progress until all of it is written; nothing can have been stored on such a volume.
was_cut_short() {
  [[ $(blkid -p -o value -s TYPE "$device") = xfs ]] &&
    xfs_db -r -c 'sb 0' -c 'print inprogress' "$device" 2>/dev/null | grep -q '= 1$'
}

# A volume says whose it is: a volume restored or tagged by hand must not bring one cluster's data into another.
# judge PLACE: sets refusal to why what is mounted there is not ours; empty when it is, or when nobody has claimed it yet.
refusal=''
judge() {
  local owner="$cluster/$node" found=''
  refusal=''
  [[ ! -f $1/$marker ]] || found=$(<"$1/$marker") || found=''
  if [[ -n $found ]]; then
    [[ $found = "$owner" ]] || refusal="$volume_id belongs to $found, not to $owner"
  elif [[ -n $(find "$1" -mindepth 1 -maxdepth 1 ! -name "$marker" ! -name "$marker.new") ]]; then
    refusal="$volume_id holds files and no word that they are $owner's"
  fi
}

# Not a byte is written to a volume that is not ours: norecovery keeps even the journal from being replayed.
look_before_mounting() {
  local look=$root/run/es-ecs/look
  mkdir -p "$look"
  if mountpoint -q "$look"; then umount "$look"; fi
  if mountpoint -q "$mount_point"; then return 0; fi
  mount -t xfs -o ro,norecovery,nodev,nosuid,noexec "$device" "$look" || fail "$volume_id cannot be mounted to look at"
  judge "$look"
  umount "$look"
  [[ -z $refusal ]] || fail_for_person "$refusal"
}

mount_volume() {
  local uuid
  uuid=$(blkid -p -o value -s UUID "$device")
  mkdir -p "$mount_point"
  # Unmounted, nobody writes there: an Elasticsearch on the root disk would look healthy.
  mountpoint -q "$mount_point" || chattr +i "$mount_point" 2>/dev/null || true
  mountpoint -q "$mount_point" || mount -t xfs -o noatime,nodev,nosuid "UUID=$uuid" "$mount_point" ||
    fail "$volume_id cannot be mounted"
  [[ $(findmnt -n -o UUID --mountpoint "$mount_point") = "$uuid" ]] || fail "something else is mounted at $mount_point"
}

claim_volume() {
  # Again, with the journal replayed.
  judge "$mount_point"
  if [[ -n $refusal ]]; then
    umount "$mount_point"
    fail_for_person "$refusal"
  fi
  if [[ ! -s $mount_point/$marker ]]; then
    echo "$cluster/$node" >"$mount_point/$marker.new"
    sync -f "$mount_point"
    mv "$mount_point/$marker.new" "$mount_point/$marker"
    # Out of the journal and into its place, where the next host can read it without replaying.
    umount "$mount_point"
    mount_volume
  fi
  rm -f "$mount_point/$marker.new"
  # The volume may have grown.
  xfs_growfs "$mount_point" >/dev/null || say "xfs_growfs fails on $volume_id"
  mkdir -p "$mount_point/data"
  # Only the top: below it, everything is Elasticsearch's own.
  chown 1000:0 "$mount_point/data"
  chmod 0770 "$mount_point/data"
}

# Without it the node runs all the same; its file system then grows with the next boot. Never waiting: this script is itself
# part of the boot.
watch_for_growth() { systemctl start --no-block es-ecs-grow.timer || say 'the timer that grows the file system does not start'; }

# --- hand over -------------------------------------------------------------------------------------------------------
write_node_file() {
  write_file "$root/etc/es-ecs/node.env" 0644 <<NODE
ES_ECS_NODE=$node
ES_ECS_ZONE=$zone
ES_ECS_ADDRESS=$address
ES_ECS_INITIAL_MASTERS=$initial_masters
NODE
}

start_agent() { systemctl start --no-block ecs.service || say 'the agent does not start'; }

# A few times, as nothing looks after the tag later; a host that is ready says so by its registration all the same.
forget_problem() {
  local attempt
  for attempt in 1 2 3; do
    if ask_ec2 Action=DeleteTags "ResourceId.1=$instance_id" Tag.1.Key=es-ecs-problem; then return 0; fi
    note_why
    say "$why (attempt $attempt of 3)"
    sleep "$pause"
  done
}

# Last, and never waiting for the agent: after a boot its start is queued behind this very script (amazon-ecs-agent#1707), and in the
# background the boot has passed it over. "once" pulls what this agent has not pulled yet, and lets it clean up: told to prefer what is
# there, it never removes an image, and the root disk is full after some upgrades.
let_the_agent_go() {
  write_file "$root/etc/ecs/ecs.config" 0600 <<ECS
ECS_CLUSTER=$ecs_cluster
ECS_INSTANCE_ATTRIBUTES={"es-ecs-node":"$node"}
ECS_ENABLE_TASK_IAM_ROLE=true
ECS_ENABLE_TASK_IAM_ROLE_NETWORK_HOST=true
ECS_AVAILABLE_LOGGING_DRIVERS=["json-file","awslogs"]
ECS_CONTAINER_STOP_TIMEOUT=120s
ECS_CONTAINER_START_TIMEOUT=10m
ECS_IMAGE_PULL_BEHAVIOR=once
ECS
  forget_problem
  touch "$ready"
  start_agent
  say "$node is ready: $volume_id on $device at $mount_point"
}

# The boot has done it all, but perhaps for the last step.
if [[ -n $in_background && -e $ready ]]; then
  start_agent
  exit 0
fi
hold_the_agent
ask_metadata
set_kernel_limits
persist "the volume of $node cannot be had" take_volume
persist "$volume_id is attached, and no device has its serial number" find_device
make_file_system_if_blank
look_before_mounting
mount_volume
claim_volume
watch_for_growth
write_node_file
let_the_agent_go
