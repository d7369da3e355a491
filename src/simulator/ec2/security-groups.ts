import type {
  CreateSecurityGroupCommandInput,
  CreateSecurityGroupCommandOutput,
  DeleteSecurityGroupCommandInput,
  DeleteSecurityGroupCommandOutput,
  DescribeSecurityGroupsCommandInput,
  DescribeSecurityGroupsCommandOutput,
  IpPermission,
  SecurityGroup,
} from '@aws-sdk/client-ec2';

import { SimulatedFailure } from '../core/failure.ts';
import type { World } from '../core/world.ts';
import {
  type Answer,
  dependencyViolation,
  describeRows,
  ec2Page,
  newRow,
  requireParameter,
  tagsForOnly,
  toTags,
} from './common.ts';
import { addRule, allTraffic, rulesOf } from './security-group-rules.ts';
import {
  defaultGroupOf,
  interfaces,
  requireSecurityGroup,
  requireVpc,
  type SecurityGroupRow,
  type SecurityGroupRuleRow,
  securityGroupKind,
  securityGroupRules,
  securityGroups,
} from './tables.ts';

/** The group that comes with a VPC: its members reach each other, and everything outside. */
export function addDefaultGroup(world: World, vpcId: string): void {
  const row: SecurityGroupRow = {
    ...newRow(world, 'sg'),
    vpcId,
    name: 'default',
    description: 'default VPC security group',
  };
  world.rows(securityGroups).set(row.id, row);
  addRule(world, row.id, { terms: { ...allTraffic, isEgress: false, peerGroupId: row.id } });
  addRule(world, row.id, { terms: { ...allTraffic, isEgress: true, cidr4: '0.0.0.0/0' } });
}

/** Takes the default group away with its VPC. */
export function removeDefaultGroup(world: World, vpcId: string): void {
  const row = defaultGroupOf(world, vpcId);
  if (row !== undefined) remove(world, row);
}

function remove(world: World, row: SecurityGroupRow): void {
  for (const rule of rulesOf(world, row.id)) world.rows(securityGroupRules).delete(rule.id);
  world.rows(securityGroups).delete(row.id);
}

/** Rules of one direction as EC2 shows them in a group: one entry for each protocol and range of ports. */
function toPermissions(world: World, rules: readonly SecurityGroupRuleRow[]): IpPermission[] {
  const byPorts = new Map<string, SecurityGroupRuleRow[]>();
  for (const rule of rules) {
    const key = `${rule.terms.protocol} ${rule.terms.fromPort} ${rule.terms.toPort}`;
    byPorts.set(key, [...(byPorts.get(key) ?? []), rule]);
  }
  return [...byPorts.values()].map((same) => toPermission(world, same));
}

function toPermission(world: World, rules: readonly SecurityGroupRuleRow[]): IpPermission {
  const terms = rules[0]?.terms;
  const isAll = terms?.protocol === '-1';
  return {
    IpProtocol: terms?.protocol ?? '-1',
    ...(terms === undefined || isAll ? {} : { FromPort: terms.fromPort, ToPort: terms.toPort }),
    IpRanges: rules.flatMap((rule) =>
      rule.terms.cidr4 === undefined ? [] : [{ CidrIp: rule.terms.cidr4, ...described(rule) }],
    ),
    Ipv6Ranges: rules.flatMap((rule) =>
      rule.terms.cidr6 === undefined ? [] : [{ CidrIpv6: rule.terms.cidr6, ...described(rule) }],
    ),
    PrefixListIds: rules.flatMap((rule) =>
      rule.terms.prefixListId === undefined
        ? []
        : [{ PrefixListId: rule.terms.prefixListId, ...described(rule) }],
    ),
    UserIdGroupPairs: rules.flatMap((rule) =>
      rule.terms.peerGroupId === undefined
        ? []
        : [{ GroupId: rule.terms.peerGroupId, UserId: world.accountId, ...described(rule) }],
    ),
  };
}

function described(rule: SecurityGroupRuleRow): { readonly Description?: string } {
  return rule.description === null ? {} : { Description: rule.description };
}

function toGroup(world: World, row: SecurityGroupRow): SecurityGroup {
  const rules = rulesOf(world, row.id);
  return {
    GroupId: row.id,
    GroupName: row.name,
    Description: row.description,
    VpcId: row.vpcId,
    OwnerId: world.accountId,
    SecurityGroupArn: arnOf(world, row),
    IpPermissions: toPermissions(
      world,
      rules.filter((rule) => !rule.terms.isEgress),
    ),
    IpPermissionsEgress: toPermissions(
      world,
      rules.filter((rule) => rule.terms.isEgress),
    ),
    Tags: toTags(row.tags),
  };
}

/** The groups that the rules of one direction name. */
function peersOf(world: World, groupId: string, isEgress: boolean): readonly (string | undefined)[] {
  return rulesOf(world, groupId)
    .filter((rule) => rule.terms.isEgress === isEgress)
    .map((rule) => rule.terms.peerGroupId);
}

function arnOf(world: World, row: SecurityGroupRow): string {
  return `arn:${world.partition}:ec2:${world.region}:${world.accountId}:security-group/${row.id}`;
}

/** What a name or a description may hold (CreateSecurityGroup). */
const allowedText = /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/;

function checkNames(name: string, description: string): void {
  const complaint = nameComplaint(name, description);
  if (complaint !== undefined) throw new SimulatedFailure('InvalidParameterValue', complaint);
}

function nameComplaint(name: string, description: string): string | undefined {
  if (name === 'default') return 'Cannot use reserved security group name: default';
  if (/^sg-/.test(name)) {
    return `Invalid value '${name}' for groupName. Group names may not be in the format sg-*.`;
  }
  if (!allowedText.test(name)) return `Value (${name}) for parameter GroupName is invalid.`;
  if (!allowedText.test(description)) {
    return `Value (${description}) for parameter GroupDescription is invalid. Invalid security group description.`;
  }
  return undefined;
}

/** Security groups, as the EC2 API reference describes them. The name in the VPC does the work of a client token. */
export const securityGroupOperations = {
  CreateSecurityGroup(
    world: World,
    input: CreateSecurityGroupCommandInput,
  ): Answer<CreateSecurityGroupCommandOutput> {
    const name = requireParameter(input.GroupName, 'groupName');
    const description = requireParameter(input.Description, 'groupDescription');
    checkNames(name, description);
    const vpc = requireVpc(world, requireParameter(input.VpcId, 'vpcId'));
    const tags = tagsForOnly(input.TagSpecifications, 'security-group');
    const rows = world.rows(securityGroups);
    if ([...rows.values()].some((row) => row.vpcId === vpc.id && row.name === name)) {
      throw new SimulatedFailure(
        'InvalidGroup.Duplicate',
        `The security group '${name}' already exists for VPC '${vpc.id}'`,
      );
    }
    if (rows.size >= world.quotas.securityGroups) {
      throw new SimulatedFailure(
        'SecurityGroupLimitExceeded',
        'The maximum number of security groups has been reached.',
      );
    }
    const row: SecurityGroupRow = { ...newRow(world, 'sg', tags), vpcId: vpc.id, name, description };
    rows.set(row.id, row);
    addRule(world, row.id, { terms: { ...allTraffic, isEgress: true, cidr4: '0.0.0.0/0' } });
    return { GroupId: row.id, SecurityGroupArn: arnOf(world, row), Tags: toTags(row.tags) };
  },

  /** By name only groups of a default VPC could be asked for, which this account has not. */
  DescribeSecurityGroups(
    world: World,
    input: DescribeSecurityGroupsCommandInput,
  ): Answer<DescribeSecurityGroupsCommandOutput> {
    const [byName] = input.GroupNames ?? [];
    if (byName !== undefined) {
      throw new SimulatedFailure(
        'InvalidGroup.NotFound',
        `The security group '${byName}' does not exist in default VPC`,
      );
    }
    const found = describeRows(world, world.rows(securityGroups), {
      ids: input.GroupIds,
      filters: input.Filters,
      fields: {
        'group-id': (row) => [row.id],
        'group-name': (row) => [row.name],
        'vpc-id': (row) => [row.vpcId],
        description: (row) => [row.description],
        'owner-id': () => [world.accountId],
        'ip-permission.group-id': (row) => peersOf(world, row.id, false),
        'egress.ip-permission.group-id': (row) => peersOf(world, row.id, true),
        'ip-permission.cidr': (row) => rulesOf(world, row.id).map((rule) => rule.terms.cidr4),
      },
      notFound: securityGroupKind.notFound,
    });
    const { items, nextToken } = ec2Page(found, input);
    return { SecurityGroups: items.map((row) => toGroup(world, row)), NextToken: nextToken };
  },

  /** Refused while an interface is in it, or a rule of another group names it. */
  DeleteSecurityGroup(
    world: World,
    input: DeleteSecurityGroupCommandInput,
  ): Answer<DeleteSecurityGroupCommandOutput> {
    const row = requireSecurityGroup(world, requireParameter(input.GroupId, 'groupId'));
    if (row.name === 'default') {
      const message = `the specified group: "${row.id}" name: "default" cannot be deleted by a user`;
      throw new SimulatedFailure('CannotDelete', message);
    }
    const isHeld =
      [...world.rows(interfaces).values()].some((one) => one.groupIds.includes(row.id)) ||
      [...world.rows(securityGroupRules).values()].some(
        (rule) => rule.groupId !== row.id && rule.terms.peerGroupId === row.id,
      );
    if (isHeld) throw dependencyViolation(`resource ${row.id} has a dependent object`);
    remove(world, row);
    return { Return: true, GroupId: row.id };
  },
} as const;
