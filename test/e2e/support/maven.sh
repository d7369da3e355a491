#!/usr/bin/env bash
# To be sourced: what the scripts of this folder have in common that make a server out of Maven Central.

unavailable() {
  echo "$*" >&2
  exit 75
}

apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=5 "$@" >&2
}

# COMMAND…: up to three times, as a download of hundreds of megabytes may break off once.
persist() {
  local tries
  for tries in 1 2 3; do
    if "$@"; then return 0; fi
    echo "attempt $tries of 3 failed: $*" >&2
    if [ "$tries" -lt 3 ]; then sleep $((tries * 10)); fi
  done
  return 1
}

# program:package …: installs what is missing.
need() {
  local pair missing=()
  for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
  done
  if [ ${#missing[@]} -eq 0 ]; then return; fi
  [ "$(id -u)" = 0 ] || unavailable "there is no ${missing[*]}, and installing it needs root"
  command -v apt-get >/dev/null || unavailable "there is no ${missing[*]}, and no apt-get to install it with"
  local policy=/usr/sbin/policy-rc.d made=0 status=0
  # Debian starts a service as soon as it is installed; these are wanted as programs only.
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    made=1
  fi
  apt update || true
  persist apt install -y --no-install-recommends "${missing[@]}" || status=$?
  if [ "$made" = 1 ]; then rm -f "$policy"; fi
  [ "$status" -eq 0 ] || unavailable "apt-get cannot install ${missing[*]}"
}

maven() {
  mvn -q -B "-Dmaven.repo.local=${MAVEN_REPO_LOCAL:-$HOME/.m2/repository}" "$@" >&2
}

# COORDINATES FOLDER [PATTERN]: what is in a zip of Maven Central, or only what matches.
unpack_from_maven() {
  local coordinates=$1 folder=$2 group artifact version zip fetched=0
  need mvn:maven unzip:unzip
  IFS=: read -r group artifact version <<<"$coordinates"
  zip=${MAVEN_REPO_LOCAL:-$HOME/.m2/repository}/${group//.//}/$artifact/$version/$artifact-$version.zip
  if [ ! -f "$zip" ]; then
    fetched=1
    persist maven dependency:get -Dartifact="$coordinates:zip" -Dtransitive=false || unavailable "Maven cannot get $coordinates"
  fi
  unzip -q "$zip" "${@:3}" -d "$folder"
  # Up to a gigabyte, of which what is wanted is now elsewhere.
  [ "$fetched" = 0 ] || rm -f "$zip" "$zip.sha1"
}
