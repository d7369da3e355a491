import { paginateDescribeSecurityGroups } from '@aws-sdk/client-ec2';

import { collectPages, existing } from '../../aws/ec2.ts';
import type { Collection } from '../../aws/inventory.ts';
import type { Resource } from '../../engine/resource.ts';
import type { StepContext } from '../context.ts';
import { brief, retries } from '../waits.ts';
import { type SecurityGroup, securityGroupFromSdk } from './security-group.ts';
import { diffRules } from './security-rules.ts';
import type { VpcResource } from './vpc.ts';

export interface DefaultSecurityGroupDesired {
  readonly vpcId: string;
}

/** AWS makes one with each VPC, untagged: it is looked up by its VPC, whose id stands for its own here. */
const defaultGroups: Collection<SecurityGroup> = {
  name: 'default security groups',
  byIds: async (clients, ids) => {
    const Filters = [
      { Name: 'vpc-id', Values: [...ids] },
      { Name: 'group-name', Values: ['default'] },
    ];
    const pages = paginateDescribeSecurityGroups({ client: clients.ec2 }, { Filters });
    const found = await collectPages(pages, (page) => page.SecurityGroups);
    // It is emptied: another group that came along with an answer must not be taken for it.
    return found.filter(({ GroupName }) => GroupName === 'default').map(securityGroupFromSdk);
  },
  chunk: 100,
  id: (group) => group.vpcId,
  tags: (group) => group.tags,
};

/** The same by their own ids. */
const knownGroups: Collection<SecurityGroup> = {
  name: 'default security groups',
  byIds: (clients, ids) =>
    existing(ids, 'InvalidGroup.NotFound', async (GroupIds) => {
      const pages = paginateDescribeSecurityGroups({ client: clients.ec2 }, { GroupIds });
      return (await collectPages(pages, (page) => page.SecurityGroups)).map(securityGroupFromSdk);
    }),
  chunk: 100,
  id: (group) => group.groupId,
  tags: (group) => group.tags,
};

/**
 * The group that AWS gives to whatever names none. It is not es-ecs's own and cannot be deleted; it is emptied, so that
 * nothing that lands in it by mistake can reach or be reached (AWS Security Hub, EC2.2).
 */
export function defaultSecurityGroup(
  context: StepContext,
  vpc: VpcResource,
): Resource<DefaultSecurityGroupDesired, SecurityGroup, { readonly vpc: VpcResource }> {
  const address = 'network/security-group/default';
  const { ec2 } = context.clients;
  return {
    address,
    needs: { vpc },
    borrowed: true,
    findsByInputs: true,
    waits: { ...brief, for: "the VPC's default security group" },
    desired: (inputs) => ({ vpcId: inputs.vpc.vpcId }),
    find: async ({ id, fresh, inputs: { vpc: owner } }) => {
      // Once its own id is remembered nobody has to be asked for the VPC's first.
      const known = id?.startsWith('sg-') === true ? id : undefined;
      const found =
        known === undefined
          ? undefined
          : await context.inventory.find(knownGroups, address, { id: known, fresh });
      if (found !== undefined && found.vpcId === (owner?.vpcId ?? found.vpcId)) return found;
      return owner && context.inventory.find(defaultGroups, address, { id: owner.vpcId, fresh });
    },
    id: (observed) => observed.groupId,
    phase: () => 'ready',
    diff: (_desired, { groupId, ingress, egress }) => [
      ...diffRules({ ec2, groupId, direction: 'ingress' }, [], ingress),
      ...diffRules({ ec2, groupId, direction: 'egress' }, [], egress),
    ],
    // It came with the VPC: there is nothing to make, only to wait until it shows; until then it goes by the VPC's id.
    create: ({ vpcId }) => Promise.resolve({ id: vpcId }),
    // A list may show it before it can be named.
    once: { by: 'name' },
    createRetries: retries.notYetVisible,
  };
}
