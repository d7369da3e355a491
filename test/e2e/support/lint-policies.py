"""Lints the policies on standard input; see parliament.sh."""

import json
import sys

from parliament import analyze_policy_string, enhance_finding, expand_action, iam_definition


def as_list(value):
    return value if isinstance(value, list) else [value]


def privileges(action):
    """The entries of the reference that an action, or a pattern of actions, stands for."""
    for one in expand_action(action, raise_exceptions=False):
        for service in iam_definition:
            if service["prefix"] == one["service"]:
                for privilege in service["privileges"]:
                    if privilege["privilege"] == one["action"]:
                        yield privilege


def has_narrower(action):
    """Whether some resource can be named for the action; an empty type is the reference's word for none."""
    return any(kind["resource_type"] != "" for one in privileges(action) for kind in one["resource_types"])


def findings(name, policy):
    for finding in analyze_policy_string(json.dumps(policy)).findings:
        enhance_finding(finding)
        yield {
            "policy": name,
            "issue": finding.issue,
            "severity": finding.severity,
            "title": finding.title,
            "detail": str(finding.detail),
        }


def wide(name, policy):
    for statement in as_list(policy["Statement"]):
        if "*" in as_list(statement.get("Resource", [])):
            for action in as_list(statement["Action"]):
                if has_narrower(action):
                    yield {"policy": name, "action": action}


policies = json.load(sys.stdin)
print(
    json.dumps(
        {
            "findings": [one for name, policy in policies.items() for one in findings(name, policy)],
            "wide": [one for name, policy in policies.items() for one in wide(name, policy)],
        }
    )
)
