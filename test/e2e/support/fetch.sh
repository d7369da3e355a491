#!/usr/bin/env bash
# Gets whatever the suites with real parts are made of, all at once: what one waits for on the network, others compute.
#
#   fetch.sh     into the cache (ES_ECS_CACHE), where the suites look first; says at the end what took how long
#
# The suites get by themselves what is missing: a failure here costs them time and nothing else.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=/dev/null
. "$here/maven.sh"
export ES_ECS_CACHE=${ES_ECS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/es-ecs}
mkdir -p "$ES_ECS_CACHE"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# get NAME COMMAND…: beside the others; its output is shown if it fails.
get() {
  local name=$1 begun=$SECONDS status=0
  shift
  # Maven shares no folder of downloads between processes.
  MAVEN_REPO_LOCAL=${MAVEN_REPO_LOCAL:-$work/maven-$name} "$@" >"$work/$name.log" 2>&1 </dev/null || status=$?
  if [ "$status" -ne 0 ]; then sed "s/^/$name: /" "$work/$name.log" | tail -n 20; fi
  printf '%5d s  %s%s\n' $((SECONDS - begun)) "$name" "$([ "$status" -eq 0 ] || echo ' FAILED')"
}

# dpkg does one thing at a time: all packages of all suites together.
packages() {
  need dockerd:docker.io docker:docker.io docker-registry:docker-registry /usr/sbin/sshd:openssh-server \
    podman:podman buildah:buildah runc:runc mvn:maven unzip:unzip javac:openjdk-17-jdk-headless debootstrap:debootstrap
}

get moto "$here/moto.sh" install &
get parliament "$here/parliament.sh" install &
get packages packages
get stand-in "$here/docker.sh" base &
get host "$here/host.sh" install &
get debian "$here/elasticsearch.sh" debian &
get elasticsearch "$here/elasticsearch.sh" base &
get elasticsearch-8.19.13 "$here/elasticsearch.sh" base 8.19.13 &
get elasticsearch-8.16.1 "$here/elasticsearch.sh" base 8.16.1 &
get opensearch "$here/opensearch.sh" unpack "$work/opensearch" &
wait
