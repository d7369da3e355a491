import {
  CreateSubnetCommand,
  DeleteSubnetCommand,
  ModifySubnetAttributeCommand,
  paginateDescribeSubnets,
  type Subnet as SdkSubnet,
} from '@aws-sdk/client-ec2';

import { collectPages, ec2Collection, ec2Tags, tagSpecifications } from '../../aws/ec2.ts';
import { diffTags, fromCapitalTags, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Change, Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import { ownTags, type StepContext } from '../context.ts';
import { brief, retries } from '../waits.ts';
import { blockersOfSubnet } from './blockers.ts';
import type { VpcResource } from './vpc.ts';

export interface SubnetDesired {
  readonly vpcId: string;
  readonly cidr: string;
  readonly zone: string;
  readonly mapPublicIpOnLaunch: boolean;
  readonly tags: Tags;
}

export interface Subnet extends SubnetDesired {
  readonly subnetId: string;
  readonly state: string;
}

export type SubnetResource = Resource<SubnetDesired, Subnet, { readonly vpc: VpcResource }>;

/** Which subnet of which zone. */
export interface SubnetPlace {
  readonly kind: 'public' | 'private';
  readonly zone: string;
  readonly cidr: string;
  readonly vpc: VpcResource;
}

/** CreateSubnet takes no client token; two of one CIDR in one VPC cannot be (InvalidSubnet.Conflict). */
export const subnets = ec2Collection<Subnet>({
  name: 'subnets',
  prefix: 'subnet',
  notFound: 'InvalidSubnetID.NotFound',
  read: async (clients, { filters, ids }) => {
    const pages = paginateDescribeSubnets({ client: clients.ec2 }, { Filters: filters, SubnetIds: ids });
    const found = await collectPages(pages, (page) => page.Subnets);
    return found.map(fromSdk);
  },
  id: (subnet) => subnet.subnetId,
});

/**
 * A subnet of one zone: the public ones hold the NAT gateways and the bastion, the private ones the hosts. Neither gives
 * addresses away: what is to have a public one asks for it. AWS changes neither CIDR nor zone of a subnet.
 */
export function subnet(context: StepContext, place: SubnetPlace): SubnetResource {
  const { kind, zone, cidr, vpc } = place;
  const address = `network/subnet/${kind}/${zone}`;
  const { ec2 } = context.clients;
  return {
    address,
    needs: { vpc },
    waits: { ...brief, for: 'the subnet' },
    standsPending: true,
    desired: (inputs) => ({
      vpcId: inputs.vpc.vpcId,
      cidr,
      zone,
      mapPublicIpOnLaunch: false,
      tags: ownTags(context, address),
    }),
    find: (sight) => context.inventory.find(subnets, address, sight),
    all: () => context.inventory.kin(subnets),
    id: (observed) => observed.subnetId,
    phase: (observed) => (observed.state === 'available' ? 'ready' : 'pending'),
    diff: (desired, observed) => [
      ...moveRefused(desired, observed),
      ...(observed.mapPublicIpOnLaunch === desired.mapPublicIpOnLaunch
        ? []
        : [
            {
              path: 'mapPublicIpOnLaunch',
              before: String(observed.mapPublicIpOnLaunch),
              after: String(desired.mapPublicIpOnLaunch),
              impact: 'in-place' as const,
              becomes: (before: Subnet): Subnet => ({
                ...before,
                mapPublicIpOnLaunch: desired.mapPublicIpOnLaunch,
              }),
              apply: async () => {
                await ec2.send(
                  new ModifySubnetAttributeCommand({
                    SubnetId: observed.subnetId,
                    MapPublicIpOnLaunch: { Value: desired.mapPublicIpOnLaunch },
                  }),
                );
              },
            },
          ]),
      ...diffTags(desired.tags, observed.tags, {
        ...ec2Tags(ec2, observed.subnetId),
        former: context.formerTags,
      }),
    ],
    create: async (desired) => {
      const { Subnet: made } = await ec2.send(
        new CreateSubnetCommand({
          VpcId: desired.vpcId,
          CidrBlock: desired.cidr,
          AvailabilityZone: desired.zone,
          TagSpecifications: tagSpecifications('subnet', desired.tags),
        }),
      );
      invariant(made?.SubnetId, 'CreateSubnet answers with an id');
      return { id: made.SubnetId, observed: { ...fromSdk(made), tags: desired.tags } };
    },
    once: { by: 'name', refusals: ['InvalidSubnet.Conflict'] },
    createRetries: retries.notYetVisible,
    goneWhenAnswered: true,
    destroy: async ({ subnetId }) => {
      await unless(['InvalidSubnetID.NotFound'], ec2.send(new DeleteSubnetCommand({ SubnetId: subnetId })));
    },
    destroyRetries: retries.dependencyViolation,
    blockers: ({ subnetId }) => blockersOfSubnet(context, subnetId),
  };
}

function fromSdk(one: SdkSubnet): Subnet {
  return {
    subnetId: one.SubnetId ?? '',
    state: one.State ?? 'pending',
    vpcId: one.VpcId ?? '',
    cidr: one.CidrBlock ?? '',
    zone: one.AvailabilityZone ?? '',
    mapPublicIpOnLaunch: one.MapPublicIpOnLaunch ?? false,
    tags: fromCapitalTags(one.Tags),
  };
}

function moveRefused(desired: SubnetDesired, observed: Subnet): readonly Change[] {
  return (['cidr', 'zone'] as const)
    .filter((path) => desired[path] !== observed[path])
    .map((path) => ({
      path,
      before: observed[path],
      after: desired[path],
      impact: 'refuse',
      because: 'a subnet stays where it is: `network.cidr` cannot change',
    }));
}
