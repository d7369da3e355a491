import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  type EC2Client,
  type IpPermission,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  UpdateSecurityGroupRuleDescriptionsEgressCommand,
  UpdateSecurityGroupRuleDescriptionsIngressCommand,
} from '@aws-sdk/client-ec2';

import type { Change } from '../../engine/resource.ts';

export type Direction = 'ingress' | 'egress';

/** One permission: a protocol, ports, one peer. Which rule it is goes by its meaning; descriptions only describe. */
export interface Rule {
  /** `tcp`, `udp`, …; `all`. */
  readonly protocol: string;
  /** `9200`, `1024-65535`; empty for all. */
  readonly ports: string;
  /** A CIDR, the id of a security group or prefix list, or `itself`: the group whose rule it is. */
  readonly peer: string;
  /** Letters, digits, spaces and ._-:/()#,@[]+=&;{}!$* (EC2). */
  readonly description: string;
}

/** A rule as read, with the request that revokes exactly it. */
export interface ObservedRule extends Rule {
  readonly permission: IpPermission;
}

/** A peer that is the group itself, whose id is not known before it is made. */
export const itself = 'itself';

export function tcp(port: number, peer: string, description: string): Rule {
  return { protocol: 'tcp', ports: String(port), peer, description };
}

/** As EC2 itself writes it into a new group's egress: without a description. */
export function allTraffic(peer: string): Rule {
  return { protocol: 'all', ports: '', peer, description: '' };
}

/** Takes permissions apart: EC2 lists together what has the same protocol and ports. */
export function readRules(
  permissions: readonly IpPermission[] | undefined,
  groupId: string,
): readonly ObservedRule[] {
  return (permissions ?? []).flatMap((whole) => {
    const { IpProtocol, FromPort, ToPort } = whole;
    const base = { IpProtocol, FromPort, ToPort };
    const rule = (peer: string, description: string | undefined, one: IpPermission): ObservedRule => ({
      protocol: IpProtocol === '-1' ? 'all' : (IpProtocol ?? 'all'),
      ports: portsOf(whole),
      peer,
      description: description ?? '',
      permission: { ...base, ...one },
    });
    return [
      ...(whole.IpRanges ?? []).map((one) => rule(one.CidrIp ?? '', one.Description, { IpRanges: [one] })),
      ...(whole.Ipv6Ranges ?? []).map((one) =>
        rule(one.CidrIpv6 ?? '', one.Description, { Ipv6Ranges: [one] }),
      ),
      ...(whole.PrefixListIds ?? []).map((one) =>
        rule(one.PrefixListId ?? '', one.Description, { PrefixListIds: [one] }),
      ),
      ...(whole.UserIdGroupPairs ?? []).map(({ GroupId, UserId, Description }) =>
        rule(GroupId === groupId ? itself : (GroupId ?? ''), Description, {
          UserIdGroupPairs: [{ GroupId, UserId }],
        }),
      ),
    ];
  });
}

/** Where a group's rules are changed. */
export interface RuleSet {
  readonly ec2: EC2Client;
  readonly groupId: string;
  readonly direction: Direction;
}

/** The differences in one direction: one call for all that is missing, one for all that nobody declared, one for words. */
export function diffRules(
  set: RuleSet,
  desired: readonly Rule[],
  observed: readonly ObservedRule[],
): readonly Change[] {
  const path = set.direction;
  const say = (rule: Rule): string => ruleText(rule, set.direction);
  const found = new Map(observed.map((rule) => [keyOf(rule), rule]));
  const declared = new Set(desired.map(keyOf));
  const missing = desired.filter((rule) => !found.has(keyOf(rule)));
  const surplus = observed.filter((rule) => !declared.has(keyOf(rule)));
  const reworded = desired.filter((rule) => {
    const there = found.get(keyOf(rule));
    return there !== undefined && there.description !== rule.description;
  });
  const authorise = (): Promise<void> => authoriseAll(set, missing);
  const revoke = (): Promise<void> => revokeAll(set, surplus);
  const describe = (): Promise<void> => describeAll(set, reworded);
  const ruled =
    (change: (rules: readonly ObservedRule[]) => readonly ObservedRule[]) =>
    <Group extends Readonly<Record<Direction, readonly ObservedRule[]>>>(before: Group): Group => ({
      ...before,
      [path]: change(before[path]),
    });
  const without = (rules: readonly ObservedRule[], rule: Rule): readonly ObservedRule[] =>
    rules.filter((one) => keyOf(one) !== keyOf(rule));
  const asAsked = (rule: Rule): ObservedRule => ({ ...rule, permission: toPermission(rule, set.groupId) });
  return [
    ...missing.map(
      (rule): Change => ({
        path,
        before: undefined,
        after: say(rule),
        impact: 'in-place',
        apply: authorise,
        becomes: ruled((rules) => [...rules, asAsked(rule)]),
      }),
    ),
    ...surplus.map(
      (rule): Change => ({
        path,
        before: say(rule),
        after: undefined,
        impact: 'in-place',
        because: 'not declared here',
        apply: revoke,
        becomes: ruled((rules) => without(rules, rule)),
      }),
    ),
    ...reworded.map(
      (rule): Change => ({
        path: `${path} description`,
        before: `${say(rule)}: ${found.get(keyOf(rule))?.description ?? ''}`,
        after: `${say(rule)}: ${rule.description}`,
        impact: 'in-place',
        apply: describe,
        becomes: ruled((rules) => [...without(rules, rule), asAsked(rule)]),
      }),
    ),
  ];
}

/** `tcp/9200 from 10.1.0.0/16`. */
function ruleText(rule: Rule, direction: Direction): string {
  const what = rule.ports === '' ? rule.protocol : `${rule.protocol}/${rule.ports}`;
  return `${what} ${direction === 'ingress' ? 'from' : 'to'} ${rule.peer}`;
}

function keyOf({ protocol, ports, peer }: Rule): string {
  return `${protocol} ${ports} ${peer}`;
}

function portsOf({ IpProtocol, FromPort: from, ToPort: to }: IpPermission): string {
  if (IpProtocol === '-1' || from === undefined || from === -1) return '';
  return to === undefined || to === from ? String(from) : `${from}-${to}`;
}

function toPermission(rule: Rule, groupId: string): IpPermission {
  const Description = rule.description;
  const [from, to = from] = rule.ports.split('-').map(Number);
  const peer = rule.peer === itself ? groupId : rule.peer;
  return {
    IpProtocol: rule.protocol === 'all' ? '-1' : rule.protocol,
    ...(rule.ports === '' ? {} : { FromPort: from, ToPort: to }),
    ...(peer.startsWith('sg-')
      ? { UserIdGroupPairs: [{ GroupId: peer, Description }] }
      : { IpRanges: [{ CidrIp: peer, Description }] }),
  };
}

async function authoriseAll({ ec2, groupId, direction }: RuleSet, rules: readonly Rule[]): Promise<void> {
  const request = { GroupId: groupId, IpPermissions: rules.map((rule) => toPermission(rule, groupId)) };
  if (direction === 'ingress') await ec2.send(new AuthorizeSecurityGroupIngressCommand(request));
  else await ec2.send(new AuthorizeSecurityGroupEgressCommand(request));
}

async function revokeAll(
  { ec2, groupId, direction }: RuleSet,
  rules: readonly ObservedRule[],
): Promise<void> {
  const request = { GroupId: groupId, IpPermissions: rules.map((rule) => rule.permission) };
  if (direction === 'ingress') await ec2.send(new RevokeSecurityGroupIngressCommand(request));
  else await ec2.send(new RevokeSecurityGroupEgressCommand(request));
}

async function describeAll({ ec2, groupId, direction }: RuleSet, rules: readonly Rule[]): Promise<void> {
  const request = { GroupId: groupId, IpPermissions: rules.map((rule) => toPermission(rule, groupId)) };
  if (direction === 'ingress') await ec2.send(new UpdateSecurityGroupRuleDescriptionsIngressCommand(request));
  else await ec2.send(new UpdateSecurityGroupRuleDescriptionsEgressCommand(request));
}
