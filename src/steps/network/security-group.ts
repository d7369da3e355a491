import {
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  paginateDescribeSecurityGroups,
  type SecurityGroup as SdkSecurityGroup,
} from '@aws-sdk/client-ec2';

import { collectPages, ec2Collection, ec2Tags, tagSpecifications } from '../../aws/ec2.ts';
import { diffTags, fromCapitalTags, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Inputs, Needs, Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import { ownTags, type StepContext } from '../context.ts';
import { brief, retries } from '../waits.ts';
import { blockersOfGroup } from './blockers.ts';
import { diffRules, type ObservedRule, readRules, type Rule } from './security-rules.ts';
import type { VpcResource } from './vpc.ts';

export interface SecurityGroupDesired {
  readonly vpcId: string;
  readonly groupName: string;
  readonly description: string;
  readonly ingress: readonly Rule[];
  readonly egress: readonly Rule[];
  readonly tags: Tags;
}

export interface SecurityGroup {
  readonly groupId: string;
  readonly vpcId: string;
  readonly ingress: readonly ObservedRule[];
  readonly egress: readonly ObservedRule[];
  readonly tags: Tags;
}

type VpcNeed = { readonly vpc: VpcResource };

export type SecurityGroupResource<N extends Needs & VpcNeed = Needs & VpcNeed> = Resource<
  SecurityGroupDesired,
  SecurityGroup,
  N
>;

/** What a group is for. */
export interface SecurityGroupRole<N extends Needs & VpcNeed> {
  /** `node`, `bastion`: the end of address and name. */
  readonly name: string;
  readonly description: string;
  readonly needs: N;
  readonly ingress: (inputs: Inputs<N>) => readonly Rule[];
  readonly egress: (inputs: Inputs<N>) => readonly Rule[];
}

/** All groups of the cluster; also read to learn who may reach the bastion when the state is lost. */
export const securityGroups = ec2Collection<SecurityGroup>({
  name: 'security groups',
  prefix: 'sg',
  notFound: 'InvalidGroup.NotFound',
  read: async (clients, { filters, ids }) => {
    const request = { Filters: filters, GroupIds: ids };
    const pages = paginateDescribeSecurityGroups({ client: clients.ec2 }, request);
    return (await collectPages(pages, (page) => page.SecurityGroups)).map(securityGroupFromSdk);
  },
  id: (group) => group.groupId,
});

/**
 * A security group and all of its rules: one that nobody declared is a difference, and removed. EC2 gives a new group a rule
 * that lets everything out; it goes the same way where it is not declared. Free.
 *
 * CreateSecurityGroup takes no client token; its name is unique in the VPC, so a repeated create makes no second one, and one that was
 * made by a run that died is found by its tags, which come in the same call.
 */
export function securityGroup<N extends Needs & VpcNeed>(
  context: StepContext,
  role: SecurityGroupRole<N>,
): SecurityGroupResource<N> {
  const address = `network/security-group/${role.name}`;
  const { ec2 } = context.clients;
  return {
    address,
    needs: role.needs,
    waits: { ...brief, for: 'the security group' },
    desired: (inputs) => ({
      // Every role's needs hold the VPC under this name; the mapped type of a generic does not show it.
      vpcId: (inputs as Inputs<VpcNeed>).vpc.vpcId,
      groupName: `es-ecs-${context.config.name}-${role.name}`,
      description: role.description,
      ingress: role.ingress(inputs),
      egress: role.egress(inputs),
      tags: ownTags(context, address),
    }),
    find: (sight) => context.inventory.find(securityGroups, address, sight),
    all: () => context.inventory.kin(securityGroups),
    id: (observed) => observed.groupId,
    phase: () => 'ready',
    diff: (desired, observed) => {
      const { groupId } = observed;
      return [
        ...diffRules({ ec2, groupId, direction: 'ingress' }, desired.ingress, observed.ingress),
        ...diffRules({ ec2, groupId, direction: 'egress' }, desired.egress, observed.egress),
        ...diffTags(desired.tags, observed.tags, { ...ec2Tags(ec2, groupId), former: context.formerTags }),
      ];
    },
    create: async (desired) => {
      const { GroupId } = await ec2.send(
        new CreateSecurityGroupCommand({
          VpcId: desired.vpcId,
          GroupName: desired.groupName,
          Description: desired.description,
          TagSpecifications: tagSpecifications('security-group', desired.tags),
        }),
      );
      invariant(GroupId, 'CreateSecurityGroup answers with an id');
      return { id: GroupId, observed: newGroup(GroupId, desired) };
    },
    once: { by: 'name', refusals: ['InvalidGroup.Duplicate'] },
    createRetries: retries.notYetVisible,
    goneWhenAnswered: true,
    destroy: async ({ groupId }) => {
      await unless(['InvalidGroup.NotFound'], ec2.send(new DeleteSecurityGroupCommand({ GroupId: groupId })));
    },
    destroyRetries: retries.dependencyViolation,
    blockers: ({ groupId }) => blockersOfGroup(context, groupId),
  };
}

/** A new group lets nothing in and everything out (CreateSecurityGroup). */
function newGroup(groupId: string, desired: SecurityGroupDesired): SecurityGroup {
  return {
    groupId,
    vpcId: desired.vpcId,
    ingress: [],
    egress: readRules([{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }], groupId),
    tags: desired.tags,
  };
}

export function securityGroupFromSdk(one: SdkSecurityGroup): SecurityGroup {
  const groupId = one.GroupId ?? '';
  return {
    groupId,
    vpcId: one.VpcId ?? '',
    ingress: readRules(one.IpPermissions, groupId),
    egress: readRules(one.IpPermissionsEgress, groupId),
    tags: fromCapitalTags(one.Tags),
  };
}
