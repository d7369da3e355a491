#!/usr/bin/env bash
# moto 5.2.5 as a server, a call that it does not implement: two of AWS's own SDKs take the answer for different things, neither for a refusal.
#
# Guess before the run: a refusal for good, as AWS has it for an action that it does not know (400, InvalidAction), or 501. Where it is
#   a 500 after all: both SDKs ask again, boto3 five times, and end with an error of the service ("reached max retries").
# Seen (moto 5.2.5, boto3 of that day, @aws-sdk/client-ec2 3.1090.0): 500 with a page of HTML. boto3 asks once and ends with a
#   ResponseParserError, which is no ClientError, and says "Further retries may succeed"; the SDK for JavaScript asks three times, with
#   pauses. Neither tells which call is missing.
# Who meets it: one such call makes a run of a patient client on the emulator much longer, and `except ClientError` does not see its end.
set -euo pipefail

version=5.2.5
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "moto[server,ec2]==$version"
npm install --silent --no-audit --no-fund --prefix "$folder" "@aws-sdk/client-ec2@3.1090.0"

export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY=example AWS_EC2_METADATA_DISABLED=true
cat >"$folder/ask.mjs" <<'JS'
import { EC2Client, GetEbsDefaultKmsKeyIdCommand } from '@aws-sdk/client-ec2';

const client = new EC2Client({ region: 'eu-west-1', endpoint: process.argv[2] });
try {
  await client.send(new GetEbsDefaultKmsKeyIdCommand({}));
  console.log('it is implemented');
} catch (error) {
  const named = String(error.message).includes('GetEbsDefaultKmsKeyId');
  console.log(`asked ${error.$metadata?.attempts} times, status ${error.$metadata?.httpStatusCode}, names the call: ${named}`);
}
JS
"$folder/venv/bin/python" - "$folder/ask.mjs" 2>"$folder/server" <<'PY' || { tail -n 5 "$folder/server"; exit 1; }
import subprocess
import sys
import boto3
from botocore.parsers import ResponseParserError
from moto.server import ThreadedMotoServer

call = "GetEbsDefaultKmsKeyId"
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
endpoint = f"http://{host}:{port}"
ec2 = boto3.client("ec2", "eu-west-1", endpoint_url=endpoint)
asked = []
ec2.meta.events.register("before-send.ec2", lambda request, **_: asked.append(request.method))
try:
    ec2.get_ebs_default_kms_key_id()
    by_python = "it is implemented"
except ResponseParserError as error:
    by_python = f"asked {len(asked)} times, ResponseParserError, names the call: {call in str(error)}"
by_javascript = subprocess.run(["node", sys.argv[1], endpoint], capture_output=True, text=True).stdout.strip()
server.stop()
print(f"boto3: {by_python}\nSDK for JavaScript: {by_javascript}")
if by_python != "asked 1 times, ResponseParserError, names the call: False":
    sys.exit("this has changed")
if by_javascript != "asked 3 times, status 500, names the call: false":
    sys.exit("this has changed")
PY
