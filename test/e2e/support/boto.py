"""boto3, asked line by line over a pipe; see boto.ts.

Each line of standard input is {"service", "do", "name", "params", …}, and is answered by one of standard output: {"said": …} or
{"refused": {"code", "message", "status"}}. Times and bytes, which JSON has not, are {"$time": …} and {"$bytes": …}.
"""

import base64
import datetime
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

clients = {}


def client(service):
    if service not in clients:
        config = Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=60)
        clients[service] = boto3.client(service, config=config)
    return clients[service]


def thawed(value):
    if isinstance(value, dict):
        if "$bytes" in value:
            return base64.b64decode(value["$bytes"])
        return {key: thawed(item) for key, item in value.items()}
    return [thawed(item) for item in value] if isinstance(value, list) else value


def frozen(value):
    if isinstance(value, datetime.datetime):
        return {"$time": int(value.timestamp())}
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": base64.b64encode(value).decode()}
    raise TypeError(type(value))


def call(asked):
    said = client(asked["service"])._make_api_call(asked["name"], thawed(asked["params"]))
    said.pop("ResponseMetadata")
    return said


def pages(asked):
    """The length of each page of the paginator's first result."""
    paginator = client(asked["service"]).get_paginator(asked["name"])
    found = paginator.paginate(**thawed(asked["params"]), PaginationConfig={"PageSize": asked["size"]})
    key = found.result_keys[0].expression
    return [len(page.get(key, [])) for page in found]


def wait(asked):
    waiter = client(asked["service"]).get_waiter(asked["name"])
    waiter.wait(**thawed(asked["params"]), WaiterConfig={"Delay": 0.1, "MaxAttempts": asked["attempts"]})
    return "done"


def known(asked):
    """What boto3 can wait for and page through: the operations behind it."""
    one = client(asked["service"])
    model = one._get_waiter_config() if hasattr(one, "_get_waiter_config") else {"waiters": {}}
    waiters = {name: waiter["operation"] for name, waiter in model.get("waiters", {}).items()}
    paginators = [name for name in one.meta.service_model.operation_names if one.can_paginate(_method(one, name))]
    return {"waiters": waiters, "paginators": paginators}


def _method(one, operation):
    names = {api: method for method, api in one.meta.method_to_api_mapping.items()}
    return names[operation]


verbs = {"call": call, "pages": pages, "wait": wait, "known": known}

for line in sys.stdin:
    asked = json.loads(line)
    try:
        answer = {"said": verbs[asked["do"]](asked)}
    except ClientError as error:
        told = error.response
        answer = {
            "refused": {
                "code": told["Error"]["Code"],
                "message": told["Error"]["Message"],
                "status": told["ResponseMetadata"]["HTTPStatusCode"],
            }
        }
    except BotoCoreError as error:
        # It never got to the account, as with a parameter too few, or a waiter has waited in vain.
        answer = {"refused": {"code": type(error).__name__, "message": str(error), "status": 0}}
    print(json.dumps(answer, default=frozen), flush=True)
