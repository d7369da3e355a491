#!/usr/bin/env bash
# moto 5.2.5: an instance that is launched from a launch template does not take the template's metadata options.
#
# Guess before the run: a group's instance may miss them, as moto makes it in another way; RunInstances with the same template takes
#   them, as it takes the image, the type and the security groups from there.
# Seen (moto 5.2.5, boto3 of that day, Python 3.11): neither does. Both say HttpTokens "optional" with the state "applied", though the
#   template says "required"; the security group of the same template is taken by both. What stands in the RunInstances call itself
#   is taken.
# Who meets it: whoever looks for hosts that answer without a token finds all of a group's, and turns each of them back.
set -euo pipefail

version=5.2.5
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "moto[ec2,autoscaling]==$version"

export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY=example AWS_EC2_METADATA_DISABLED=true
"$folder/venv/bin/python" - <<'PY'
import sys
import boto3
from moto import mock_aws

with mock_aws():
    ec2 = boto3.client("ec2", "eu-west-1")
    groups = boto3.client("autoscaling", "eu-west-1")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    closed = ec2.create_security_group(GroupName="closed", Description="of the template", VpcId=vpc)["GroupId"]
    ec2.create_launch_template(
        LaunchTemplateName="nodes",
        LaunchTemplateData={
            "ImageId": image,
            "InstanceType": "m5.large",
            "SecurityGroupIds": [closed],
            "MetadataOptions": {"HttpTokens": "required"},
        },
    )
    template = {"LaunchTemplateName": "nodes", "Version": "1"}
    groups.create_auto_scaling_group(
        AutoScalingGroupName="nodes", MinSize=1, MaxSize=1, LaunchTemplate=template, VPCZoneIdentifier=subnet
    )
    of_group = groups.describe_auto_scaling_groups()["AutoScalingGroups"][0]["Instances"][0]["InstanceId"]
    run = {"LaunchTemplate": template, "SubnetId": subnet, "MinCount": 1, "MaxCount": 1}
    from_template = ec2.run_instances(**run)["Instances"][0]["InstanceId"]
    said_itself = ec2.run_instances(**run, MetadataOptions={"HttpTokens": "required"})["Instances"][0]["InstanceId"]

    def look(instance_id):
        found = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
        options = found["MetadataOptions"]
        return options["HttpTokens"], options["State"], [one["GroupName"] for one in found["SecurityGroups"]]

    seen = {
        "by a group": look(of_group),
        "by RunInstances with the template": look(from_template),
        "by RunInstances that says it itself": look(said_itself),
    }
    for how, what in seen.items():
        print(f"{how}: {what}")
    expected = [("optional", "applied", ["closed"])] * 2 + [("required", "applied", ["closed"])]
    if list(seen.values()) != expected:
        sys.exit("this has changed")
PY
