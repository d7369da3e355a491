# Asks a service of AWS with a query API as the role of the instance, with nothing but the library of Python itself: cloud-init
# brings Python, and the ECS-optimised image no AWS CLI (aws/amazon-ecs-ami). ASCII only, and no apostrophes: it becomes one word of bash.
#
#   python3 -I -c PROGRAM METADATA REGION SERVICE ENDPOINT NAME=VALUE...
#
# Prints a line for each volume in the answer, fields separated by tabs: id, state, holder, zone, and the tags of the cluster that has
# formed and of the right to bootstrap; None where there is none. Status 1 with the reason on standard error.
import datetime
import hashlib
import hmac
import json
import sys
import xml.etree.ElementTree as xml
from urllib import error, parse, request

metadata, region, service, endpoint = sys.argv[1:5]


def fetch(url, headers, method="GET", body=None):
    asked = request.Request(url, data=body, headers=headers, method=method)
    with request.urlopen(asked, timeout=20) as answer:
        return answer.read()


# New ones each time: they run out, and this may be asked for days.
def fetch_credentials():
    token = fetch(metadata + "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "60"}, "PUT")
    headers = {"X-aws-ec2-metadata-token": token.decode()}
    roles = metadata + "/latest/meta-data/iam/security-credentials/"
    role = fetch(roles, headers).decode().split()[0]
    return json.loads(fetch(roles + parse.quote(role), headers))


def keyed(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


# Signature version 4 of a POST of a form ("Create a signed AWS API request", IAM user guide). The names of headers are in their order.
def sign(body, credentials):
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    headers = {
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        "host": parse.urlsplit(endpoint).netloc,
        "x-amz-date": now,
        "x-amz-security-token": credentials["Token"],
    }
    names = ";".join(headers)
    lines = [name + ":" + value for name, value in headers.items()]
    canonical = "\n".join(["POST", "/", "", *lines, "", names, hashlib.sha256(body).hexdigest()])
    scope = "/".join([now[:8], region, service, "aws4_request"])
    text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + credentials["SecretAccessKey"]).encode()
    for part in scope.split("/"):
        key = keyed(key, part)
    credential = credentials["AccessKeyId"] + "/" + scope
    signature = keyed(key, text).hex()
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return headers


def read(document):
    root = xml.fromstring(document)
    for element in root.iter():
        element.tag = element.tag.split("}")[-1]
    return root


def show(volume):
    tags = {tag.findtext("key"): tag.findtext("value") for tag in volume.iterfind("tagSet/item")}
    fields = [volume.findtext(path) for path in ("volumeId", "status", "attachmentSet/item/instanceId", "availabilityZone")]
    fields += [tags.get("es-ecs-cluster-uuid"), tags.get("es-ecs-bootstrap")]
    print("\t".join(field or "None" for field in fields))


# What follows the reason of a refusal is another text each time, which only an administrator can have decoded.
def reason(refusal):
    try:
        said = read(refusal.read())
        message = said.findtext(".//Message").split(" Encoded authorization")[0]
        return said.findtext(".//Code") + ": " + message
    except Exception:
        return f"HTTP status {refusal.code}"


try:
    body = parse.urlencode([tuple(argument.split("=", 1)) for argument in sys.argv[5:]]).encode()
    for volume in read(fetch(endpoint + "/", sign(body, fetch_credentials()), "POST", body)).iterfind("volumeSet/item"):
        show(volume)
except error.HTTPError as refusal:
    sys.exit((service if refusal.url.startswith(endpoint) else "instance metadata") + ": " + reason(refusal))
except Exception as problem:
    detail = getattr(problem, "reason", problem)
    sys.exit(f"{service} cannot be asked: {detail}")
