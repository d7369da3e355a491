#!/bin/bash
# Entrypoint of the image: makes of what the host says (/etc/es-ecs/node.env) and of the secrets that ECS injects a
# configured node, then becomes the official entrypoint, so that signals reach Elasticsearch itself.
set -euo pipefail
umask 0027

node_file=${ES_ECS_NODE_FILE:-/etc/es-ecs/node.env}
home=${ES_ECS_HOME:-/usr/share/elasticsearch}
config=${ES_PATH_CONF:-$home/config}

fail() {
  echo "es-ecs: $*" >&2
  exit 78 # EX_CONFIG, as Elasticsearch itself ends when a bootstrap check fails
}

# One value of the host's file. It is read, never sourced: nothing in it is executed.
host_value() {
  local line
  line=$(grep -m 1 "^$1=" "$node_file" || true)
  printf '%s' "${line#*=}"
}

[[ -r $node_file ]] || fail "$node_file cannot be read: user data has not prepared this host"
node=$(host_value ES_ECS_NODE)
zone=$(host_value ES_ECS_ZONE)
address=$(host_value ES_ECS_ADDRESS)
initial_masters=$(host_value ES_ECS_INITIAL_MASTERS)
[[ $node =~ ^[a-z][a-z0-9-]*-[0-9]+$ ]] || fail "\"$node\" is not a node's name ($node_file)"
[[ $zone =~ ^[a-z0-9-]+$ ]] || fail "\"$zone\" is not a zone ($node_file)"
[[ $address =~ ^[0-9a-fA-F.:]+$ ]] || fail "\"$address\" is not an address ($node_file)"
[[ $initial_masters =~ ^[a-z0-9:-]*$ ]] || fail "\"$initial_masters\" is not a list of nodes ($node_file)"
[[ ${ES_ECS_ROLES-unset} =~ ^[a-z_,]*$ ]] || fail "\"${ES_ECS_ROLES-}\" is not a list of roles (ES_ECS_ROLES)"
[[ ${ES_ECS_HEAP_MIB:-} =~ ^[0-9]+$ ]] || fail "\"${ES_ECS_HEAP_MIB:-}\" is not a heap in MiB (ES_ECS_HEAP_MIB)"

data=$home/data
[[ -d $data && -w $data ]] || fail "$data is not writable for uid $(id -u): the data volume is not mounted"

# Settings: those of the cluster are in the image, those of the node follow. Roles are written here and not given as
# an environment variable, as Elasticsearch sizes itself by what elasticsearch.yml says.
{
  cat "$home/es-ecs/elasticsearch.yml"
  echo "node.name: \"$node\""
  echo "node.attr.zone: \"$zone\""
  echo "network.host: \"$address\""
  [[ -v ES_ECS_ROLES ]] && echo "node.roles: [${ES_ECS_ROLES}]"
  # Only a host whose volume carries the right to bootstrap names initial masters. The tag goes once the cluster's
  # UUID is recorded; a cluster that has formed ignores the setting.
  [[ -z $initial_masters ]] || echo "cluster.initial_master_nodes: [${initial_masters//:/,}]"
} >"$config/elasticsearch.yml.new"
mv "$config/elasticsearch.yml.new" "$config/elasticsearch.yml"
printf -- '-Xms%sm\n-Xmx%sm\n' "$ES_ECS_HEAP_MIB" "$ES_ECS_HEAP_MIB" >"$config/jvm.options.d/es-ecs-heap.options"

# The user's own, after those of the image: a later option wins.
options=$config/jvm.options.d/es-ecs-user.options
if [[ -n ${ES_ECS_JVM_OPTIONS:-} ]]; then printf '%s\n' "$ES_ECS_JVM_OPTIONS" >"$options"; else rm -f "$options"; fi
unset ES_ECS_JVM_OPTIONS

# Secrets: from the environment into files that only this user reads, and out of the environment.
secret_file() {
  [[ -n ${!1:-} ]] || fail "$1 is missing: the task definition injects it from Secrets Manager"
  (
    umask 0077
    printf '%s\n' "${!1}" >"$2.new"
    mv "$2.new" "$2"
  )
  unset "$1"
}
mkdir -p "$config/certs"
chmod 0700 "$config/certs"
secret_file ES_ECS_CA_CERTIFICATE "$config/certs/ca.crt"
secret_file ES_ECS_NODE_CERTIFICATE "$config/certs/node.crt"
secret_file ES_ECS_NODE_KEY "$config/certs/node.key"

# The password of `elastic` until the security index holds one; the first start needs it, later ones ignore it.
[[ -n ${ES_ECS_ELASTIC_PASSWORD:-} ]] || fail "ES_ECS_ELASTIC_PASSWORD is missing: the task definition injects it from Secrets Manager"
# Forced, it makes the keystore as well: a second JVM would cost seconds, and so does optimising what runs but once.
printf '%s' "$ES_ECS_ELASTIC_PASSWORD" |
  CLI_JAVA_OPTS=-XX:TieredStopAtLevel=1 "$home/bin/elasticsearch-keystore" add --stdin --force --silent bootstrap.password
chmod 0600 "$config/elasticsearch.keystore"
unset ES_ECS_ELASTIC_PASSWORD

echo "es-ecs: $node in $zone at $address, heap ${ES_ECS_HEAP_MIB} MiB, initial masters: ${initial_masters:-none}"
official=${ES_ECS_OFFICIAL:-/usr/local/bin/docker-entrypoint.sh}
# tini, process 1 of the official image, hands SIGTERM on and reaps what is left behind.
if [[ -x /bin/tini && $$ = 1 ]]; then
  exec /bin/tini -- "$official" "$@"
fi
exec "$official" "$@"
