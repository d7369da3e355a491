import type {
  AuthorizeSecurityGroupEgressCommandInput,
  AuthorizeSecurityGroupEgressCommandOutput,
  AuthorizeSecurityGroupIngressCommandInput,
  AuthorizeSecurityGroupIngressCommandOutput,
  DescribeSecurityGroupRulesCommandInput,
  DescribeSecurityGroupRulesCommandOutput,
  IpPermission,
  ModifySecurityGroupRulesCommandInput,
  ModifySecurityGroupRulesCommandOutput,
  RevokedSecurityGroupRule,
  RevokeSecurityGroupEgressCommandInput,
  RevokeSecurityGroupEgressCommandOutput,
  RevokeSecurityGroupIngressCommandInput,
  RevokeSecurityGroupIngressCommandOutput,
  SecurityGroupRule,
  UpdateSecurityGroupRuleDescriptionsEgressCommandInput,
  UpdateSecurityGroupRuleDescriptionsIngressCommandInput,
} from '@aws-sdk/client-ec2';

import { SimulatedFailure } from '../core/failure.ts';
import type { World } from '../core/world.ts';
import { parseBlock } from './cidrs.ts';
import {
  type Answer,
  describeRows,
  ec2Page,
  newRow,
  requireParameter,
  requireRow,
  tagsForOnly,
  toTags,
} from './common.ts';
import {
  type RuleTerms,
  requireSecurityGroup,
  type SecurityGroupRow,
  type SecurityGroupRuleRow,
  securityGroupKind,
  securityGroupRuleKind,
  securityGroupRules,
} from './tables.ts';

/** All protocols and ports; EC2 writes the ports of such a rule as -1. */
export const allTraffic = { protocol: '-1', fromPort: -1, toPort: -1 } as const;

/** A rule to be. */
interface RuleWanted {
  readonly terms: RuleTerms;
  readonly description?: string | undefined;
  readonly tags?: Readonly<Record<string, string>>;
}

/** The rules of a group, in the order of their making. */
export function rulesOf(world: World, groupId: string): SecurityGroupRuleRow[] {
  return [...world.rows(securityGroupRules).values()].filter((row) => row.groupId === groupId);
}

/** Adds a rule without asking whether it may be added. */
export function addRule(world: World, groupId: string, wanted: RuleWanted): SecurityGroupRuleRow {
  const row: SecurityGroupRuleRow = {
    ...newRow(world, 'sgr', wanted.tags),
    groupId,
    terms: wanted.terms,
    description: wanted.description ?? null,
  };
  world.rows(securityGroupRules).set(row.id, row);
  return row;
}

const protocolNames: Readonly<Record<string, string>> = {
  '1': 'icmp',
  '6': 'tcp',
  '17': 'udp',
  '58': 'icmpv6',
};

/** What a rule lets through, in its canonical form: `6` is `tcp`, and `-1` has no ports. */
function portsOf(asked: {
  readonly IpProtocol?: string | undefined;
  readonly FromPort?: number | undefined;
  readonly ToPort?: number | undefined;
}): Pick<RuleTerms, 'protocol' | 'fromPort' | 'toPort'> {
  const given = requireParameter(asked.IpProtocol, 'ipProtocol').toLowerCase();
  const protocol = protocolNames[given] ?? given;
  const isKnown = ['tcp', 'udp', 'icmp', 'icmpv6', '-1'].includes(protocol) || /^\d{1,3}$/.test(protocol);
  if (!isKnown) {
    throw new SimulatedFailure(
      'InvalidParameterValue',
      `Invalid value '${given}' for IP protocol. Unknown protocol.`,
    );
  }
  if (protocol === '-1') return allTraffic;
  const { FromPort: fromPort, ToPort: toPort } = asked;
  if (protocol !== 'tcp' && protocol !== 'udp') {
    return { protocol, fromPort: fromPort ?? -1, toPort: toPort ?? -1 };
  }
  const name = protocol.toUpperCase();
  if (fromPort === undefined || toPort === undefined) {
    throw new SimulatedFailure(
      'InvalidParameterValue',
      `Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.`,
    );
  }
  if (fromPort > toPort || fromPort < 0 || toPort > 65_535) {
    throw new SimulatedFailure('InvalidParameterValue', `Invalid ${name} port range (${fromPort}:${toPort})`);
  }
  return { protocol, fromPort, toPort };
}

function canonicalCidr(text: string): string {
  const block = parseBlock(text);
  if (block === undefined) {
    throw new SimulatedFailure('InvalidParameterValue', `CIDR block ${text} is malformed`);
  }
  return block.text;
}

/** @throws SimulatedFailure InvalidGroup.NotFound, also for a group of another VPC */
function peerGroup(world: World, group: SecurityGroupRow, id: string): string {
  if (requireSecurityGroup(world, id).vpcId === group.vpcId) return id;
  throw new SimulatedFailure(
    'InvalidGroup.NotFound',
    'You have specified two resources that belong to different networks.',
  );
}

interface RulesInput {
  readonly IpPermissions?: IpPermission[] | undefined;
  readonly IpProtocol?: string | undefined;
  readonly FromPort?: number | undefined;
  readonly ToPort?: number | undefined;
  readonly CidrIp?: string | undefined;
}

interface Target {
  readonly group: SecurityGroupRow;
  readonly isEgress: boolean;
}

/** The single rules that a request speaks of: each peer of each permission is a rule of its own. */
function rulesAsked(world: World, target: Target, input: RulesInput): RuleWanted[] {
  const short: IpPermission[] =
    input.IpProtocol === undefined
      ? []
      : [
          {
            IpProtocol: input.IpProtocol,
            FromPort: input.FromPort,
            ToPort: input.ToPort,
            IpRanges: [{ CidrIp: requireParameter(input.CidrIp, 'cidrIp') }],
          },
        ];
  const permissions = [...(input.IpPermissions ?? []), ...short];
  const wanted = permissions.flatMap((permission) => ofPermission(world, target, permission));
  if (wanted.length === 0) {
    throw new SimulatedFailure('MissingParameter', 'The request must contain the parameter ipPermissions');
  }
  if (new Set(wanted.map((one) => JSON.stringify(one.terms))).size < wanted.length) {
    throw new SimulatedFailure('InvalidParameterValue', 'The same permission must not appear multiple times');
  }
  return wanted;
}

function ofPermission(world: World, target: Target, permission: IpPermission): RuleWanted[] {
  const base = { isEgress: target.isEgress, ...portsOf(permission) };
  return [
    ...(permission.IpRanges ?? []).map((range) => ({
      terms: { ...base, cidr4: canonicalCidr(requireParameter(range.CidrIp, 'cidrIp')) },
      description: range.Description,
    })),
    ...(permission.Ipv6Ranges ?? []).map((range) => ({
      terms: { ...base, cidr6: requireParameter(range.CidrIpv6, 'cidrIpv6').toLowerCase() },
      description: range.Description,
    })),
    ...(permission.PrefixListIds ?? []).map((list) => ({
      terms: { ...base, prefixListId: requireParameter(list.PrefixListId, 'prefixListId') },
      description: list.Description,
    })),
    ...(permission.UserIdGroupPairs ?? []).map((pair) => ({
      terms: {
        ...base,
        peerGroupId: peerGroup(world, target.group, requireParameter(pair.GroupId, 'groupId')),
      },
      description: pair.Description,
    })),
  ];
}

function isSame(one: RuleTerms, other: RuleTerms): boolean {
  const keys = [
    'isEgress',
    'protocol',
    'fromPort',
    'toPort',
    'cidr4',
    'cidr6',
    'prefixListId',
    'peerGroupId',
  ] as const;
  return keys.every((key) => one[key] === other[key]);
}

function peerOf(terms: RuleTerms): string {
  return terms.cidr4 ?? terms.cidr6 ?? terms.prefixListId ?? terms.peerGroupId ?? '';
}

function duplicate(terms: RuleTerms): SimulatedFailure {
  const protocol = terms.protocol === '-1' ? 'ALL' : terms.protocol.toUpperCase();
  const ports = terms.protocol === '-1' ? '' : `, from port: ${terms.fromPort}, to port: ${terms.toPort}`;
  return new SimulatedFailure(
    'InvalidPermission.Duplicate',
    `the specified rule "peer: ${peerOf(terms)}, ${protocol}${ports}, ALLOW" already exists`,
  );
}

/** All of a request's rules or none. */
function authorize(
  world: World,
  target: Target,
  input: RulesInput & Pick<AuthorizeSecurityGroupIngressCommandInput, 'TagSpecifications'>,
): Answer<AuthorizeSecurityGroupIngressCommandOutput> {
  const { group, isEgress } = target;
  const wanted = rulesAsked(world, target, input);
  const tags = tagsForOnly(input.TagSpecifications, 'security-group-rule');
  const present = rulesOf(world, group.id).filter((row) => row.terms.isEgress === isEgress);
  for (const { terms } of wanted) {
    if (present.some((row) => isSame(row.terms, terms))) throw duplicate(terms);
  }
  if (present.length + wanted.length > world.quotas.rulesPerGroup) {
    throw new SimulatedFailure(
      'RulesPerSecurityGroupLimitExceeded',
      'The maximum number of rules per security group has been reached.',
    );
  }
  const made = wanted.map((one) => addRule(world, group.id, { ...one, tags }));
  return { Return: true, SecurityGroupRules: made.map((row) => toRule(world, row)) };
}

/** By rule ids or by what the rules say; descriptions do not matter. All of a request's rules or none. */
function revoke(
  world: World,
  target: Target,
  input: RulesInput & { readonly SecurityGroupRuleIds?: string[] | undefined },
): Answer<RevokeSecurityGroupIngressCommandOutput> {
  const ids = input.SecurityGroupRuleIds ?? [];
  const rows =
    ids.length > 0
      ? ids.map((id) => requireRule(world, target, id))
      : rulesAsked(world, target, input).map(({ terms }) => ruleSaying(world, target, terms));
  for (const row of rows) world.rows(securityGroupRules).delete(row.id);
  return { Return: true, RevokedSecurityGroupRules: rows.map(toRevoked) };
}

function requireRule(world: World, target: Target, id: string): SecurityGroupRuleRow {
  const row = requireRow(world, securityGroupRuleKind, id);
  if (row.groupId === target.group.id && row.terms.isEgress === target.isEgress) return row;
  throw securityGroupRuleKind.notFound(id);
}

function ruleSaying(world: World, target: Target, terms: RuleTerms): SecurityGroupRuleRow {
  const row = rulesOf(world, target.group.id).find((one) => isSame(one.terms, terms));
  if (row !== undefined) return row;
  throw new SimulatedFailure(
    'InvalidPermission.NotFound',
    'The specified rule does not exist in this security group.',
  );
}

/** Sets the words of the rules that a request speaks of; one without words loses those it had. All of a request or none. */
function redescribe(world: World, target: Target, input: RulesInput): { readonly Return: true } {
  const wanted = rulesAsked(world, target, input).map(({ terms, description }) => ({
    row: ruleSaying(world, target, terms),
    description,
  }));
  for (const { row, description } of wanted) row.description = description ?? null;
  return { Return: true };
}

function toRevoked(row: SecurityGroupRuleRow): RevokedSecurityGroupRule {
  const { cidr4, cidr6, prefixListId, peerGroupId } = row.terms;
  return {
    SecurityGroupRuleId: row.id,
    GroupId: row.groupId,
    IsEgress: row.terms.isEgress,
    IpProtocol: row.terms.protocol,
    FromPort: row.terms.fromPort,
    ToPort: row.terms.toPort,
    ...(cidr4 === undefined ? {} : { CidrIpv4: cidr4 }),
    ...(cidr6 === undefined ? {} : { CidrIpv6: cidr6 }),
    ...(prefixListId === undefined ? {} : { PrefixListId: prefixListId }),
    ...(peerGroupId === undefined ? {} : { ReferencedGroupId: peerGroupId }),
    ...(row.description === null ? {} : { Description: row.description }),
  };
}

function toRule(world: World, row: SecurityGroupRuleRow): SecurityGroupRule {
  const { ReferencedGroupId, ...rest } = toRevoked(row);
  return {
    ...rest,
    GroupOwnerId: world.accountId,
    SecurityGroupRuleArn: `arn:${world.partition}:ec2:${world.region}:${world.accountId}:security-group-rule/${row.id}`,
    ...(ReferencedGroupId === undefined
      ? {}
      : { ReferencedGroupInfo: { GroupId: ReferencedGroupId, UserId: world.accountId } }),
    Tags: toTags(row.tags),
  };
}

/** What ModifySecurityGroupRules makes of a rule: all of its terms anew, its direction stays. */
function modified(world: World, target: Target, asked: NonNullable<RuleRequest>): RuleTerms {
  const { CidrIpv4, CidrIpv6, PrefixListId, ReferencedGroupId } = asked;
  const peers = [CidrIpv4, CidrIpv6, PrefixListId, ReferencedGroupId].filter((peer) => peer !== undefined);
  if (peers.length !== 1) {
    throw new SimulatedFailure(
      'InvalidParameterCombination',
      'Exactly one source or destination must be specified for a security group rule',
    );
  }
  return {
    isEgress: target.isEgress,
    ...portsOf(asked),
    ...(CidrIpv4 === undefined ? {} : { cidr4: canonicalCidr(CidrIpv4) }),
    ...(CidrIpv6 === undefined ? {} : { cidr6: CidrIpv6.toLowerCase() }),
    ...(PrefixListId === undefined ? {} : { prefixListId: PrefixListId }),
    ...(ReferencedGroupId === undefined
      ? {}
      : { peerGroupId: peerGroup(world, target.group, ReferencedGroupId) }),
  };
}

type RuleUpdate = NonNullable<ModifySecurityGroupRulesCommandInput['SecurityGroupRules']>[number];
type RuleRequest = RuleUpdate['SecurityGroupRule'];

/** Checks one update and gives what carries it out. */
function modification(world: World, group: SecurityGroupRow, update: RuleUpdate): () => void {
  const row = requireRow(world, securityGroupRuleKind, update.SecurityGroupRuleId);
  const target: Target = { group, isEgress: row.terms.isEgress };
  requireRule(world, target, row.id);
  const asked = requireParameter(update.SecurityGroupRule, 'securityGroupRule');
  const terms = modified(world, target, asked);
  const others = rulesOf(world, group.id).filter((one) => one.id !== row.id);
  if (others.some((one) => isSame(one.terms, terms))) throw duplicate(terms);
  return () => {
    row.terms = terms;
    row.description = asked.Description ?? null;
  };
}

function groupOf(world: World, id: string | undefined): SecurityGroupRow {
  return requireRow(world, securityGroupKind, requireParameter(id, 'groupId'));
}

/** The rules of security groups, each with an id, a description and tags of its own. */
export const securityGroupRuleOperations = {
  AuthorizeSecurityGroupIngress(
    world: World,
    input: AuthorizeSecurityGroupIngressCommandInput,
  ): Answer<AuthorizeSecurityGroupIngressCommandOutput> {
    return authorize(world, { group: groupOf(world, input.GroupId), isEgress: false }, input);
  },

  AuthorizeSecurityGroupEgress(
    world: World,
    input: AuthorizeSecurityGroupEgressCommandInput,
  ): Answer<AuthorizeSecurityGroupEgressCommandOutput> {
    return authorize(world, { group: groupOf(world, input.GroupId), isEgress: true }, input);
  },

  RevokeSecurityGroupIngress(
    world: World,
    input: RevokeSecurityGroupIngressCommandInput,
  ): Answer<RevokeSecurityGroupIngressCommandOutput> {
    return revoke(world, { group: groupOf(world, input.GroupId), isEgress: false }, input);
  },

  RevokeSecurityGroupEgress(
    world: World,
    input: RevokeSecurityGroupEgressCommandInput,
  ): Answer<RevokeSecurityGroupEgressCommandOutput> {
    return revoke(world, { group: groupOf(world, input.GroupId), isEgress: true }, input);
  },

  UpdateSecurityGroupRuleDescriptionsIngress(
    world: World,
    input: UpdateSecurityGroupRuleDescriptionsIngressCommandInput,
  ): { readonly Return: true } {
    return redescribe(world, { group: groupOf(world, input.GroupId), isEgress: false }, input);
  },

  UpdateSecurityGroupRuleDescriptionsEgress(
    world: World,
    input: UpdateSecurityGroupRuleDescriptionsEgressCommandInput,
  ): { readonly Return: true } {
    return redescribe(world, { group: groupOf(world, input.GroupId), isEgress: true }, input);
  },

  DescribeSecurityGroupRules(
    world: World,
    input: DescribeSecurityGroupRulesCommandInput,
  ): Answer<DescribeSecurityGroupRulesCommandOutput> {
    const found = describeRows(world, world.rows(securityGroupRules), {
      ids: input.SecurityGroupRuleIds,
      filters: input.Filters,
      fields: {
        'group-id': (row) => [row.groupId],
        'security-group-rule-id': (row) => [row.id],
      },
      notFound: securityGroupRuleKind.notFound,
    });
    const { items, nextToken } = ec2Page(found, input);
    return { SecurityGroupRules: items.map((row) => toRule(world, row)), NextToken: nextToken };
  },

  ModifySecurityGroupRules(
    world: World,
    input: ModifySecurityGroupRulesCommandInput,
  ): Answer<ModifySecurityGroupRulesCommandOutput> {
    const group = groupOf(world, input.GroupId);
    const updates = requireParameter(input.SecurityGroupRules, 'securityGroupRules');
    const changes = updates.map((update) => modification(world, group, update));
    for (const change of changes) change();
    return { Return: true };
  },
} as const;
