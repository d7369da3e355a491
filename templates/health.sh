#!/bin/bash
# Health of this node alone: does it answer HTTPS, with a certificate of the cluster's CA? Without credentials the
# right answer is 401, which the node gives by itself. Asking for the cluster's health here would make ECS stop nodes
# that are well because another is not.
set -euo pipefail

node_file=${ES_ECS_NODE_FILE:-/etc/es-ecs/node.env}
config=${ES_PATH_CONF:-/usr/share/elasticsearch/config}
address=$(sed -n 's/^ES_ECS_ADDRESS=//p' "$node_file")
[[ -n $address ]] || exit 1

# The certificate is for localhost, the socket is the host's address.
status=$(curl --silent --output /dev/null --max-time 8 --write-out '%{http_code}' --noproxy '*' \
  --cacert "$config/certs/ca.crt" --connect-to "localhost:9200:$address:9200" https://localhost:9200/) || true
case $status in
  200 | 401) exit 0 ;;
  *) echo "no answer from https://$address:9200 (${status:-000})" >&2; exit 1 ;;
esac
