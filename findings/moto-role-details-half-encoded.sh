#!/usr/bin/env bash
# moto 5.2.5: GetAccountAuthorizationDetails encodes the inline policies of a role and leaves its trust policy plain.
#
# Guess before the run: both are URL-encoded, as the API reference says of this call ("Policies returned by this operation are
#   URL-encoded compliant with RFC 3986") and as GetRole and GetRolePolicy of the same server do.
# Seen (moto 5.2.5, Python 3.11): the trust policy begins with `{`, the inline policy of the same role with `%7B`.
# Who meets it: whoever decodes all documents alike. Decoding what is plain goes well until a policy holds a percent sign.
set -euo pipefail

version=5.2.5
folder=$(mktemp -d)
server=''
clean_up() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$folder"
}
trap clean_up EXIT

python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "moto[server]==$version"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$folder/venv/bin/moto_server" -H 127.0.0.1 -p "$port" >"$folder/log" 2>&1 &
server=$!

ask() {
  # Signed for IAM as moto reads it: it looks at the scope of the credential and at nothing else.
  curl -sS --fail --noproxy '*' "http://127.0.0.1:$port/" \
    -H 'Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0' \
    --data-urlencode Version=2010-05-08 "$@"
}

for _ in $(seq 100); do
  ask --data-urlencode Action=ListRoles >/dev/null 2>&1 && break
  sleep 0.3
done

trust='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
inline='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}'
ask --data-urlencode Action=CreateRole --data-urlencode RoleName=example --data-urlencode "AssumeRolePolicyDocument=$trust" >/dev/null
ask --data-urlencode Action=PutRolePolicy --data-urlencode RoleName=example --data-urlencode PolicyName=one \
  --data-urlencode "PolicyDocument=$inline" >/dev/null
ask --data-urlencode Action=GetAccountAuthorizationDetails --data-urlencode Filter.member.1=Role >"$folder/details.xml"
ask --data-urlencode Action=GetRole --data-urlencode RoleName=example >"$folder/role.xml"

first_sign() {
  # The first three signs of an element's text, with the entities of XML undone.
  python3 - "$1" "$2" <<'PY'
import re, sys, html
text = open(sys.argv[1]).read()
print(html.unescape(re.search(f"<{sys.argv[2]}>\\s*(.*?)\\s*</{sys.argv[2]}>", text, re.S).group(1))[:3])
PY
}

trust_there=$(first_sign "$folder/details.xml" AssumeRolePolicyDocument)
inline_there=$(first_sign "$folder/details.xml" PolicyDocument)
trust_alone=$(first_sign "$folder/role.xml" AssumeRolePolicyDocument)
echo "moto $version: in GetAccountAuthorizationDetails the trust policy begins with $trust_there and the inline policy with $inline_there;"
echo "in GetRole the trust policy begins with $trust_alone"
case "$trust_there $inline_there $trust_alone" in
  '{"V %7B %7B') ;;
  *)
    echo 'this has changed' >&2
    exit 1
    ;;
esac
