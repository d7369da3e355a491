import { AllocateAddressCommand, DescribeAddressesCommand, ReleaseAddressCommand } from '@aws-sdk/client-ec2';

import { ec2Collection, ec2Tags, tagSpecifications } from '../../aws/ec2.ts';
import { diffTags, fromCapitalTags, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import { ownTags, type StepContext } from '../context.ts';
import { brief, retries } from '../waits.ts';
import { blockersOfAddress } from './blockers.ts';

export interface ElasticIpDesired {
  readonly tags: Tags;
}

export interface ElasticIp extends ElasticIpDesired {
  readonly allocationId: string;
  readonly publicAddress: string;
}

export type ElasticIpResource = Resource<ElasticIpDesired, ElasticIp>;

/** DescribeAddresses has no pages. */
export const elasticIps = ec2Collection<ElasticIp>({
  name: 'elastic IPs',
  prefix: 'eipalloc',
  notFound: 'InvalidAllocationID.NotFound',
  read: async (clients, { filters, ids }) => {
    const request = new DescribeAddressesCommand({ Filters: filters, AllocationIds: ids });
    const { Addresses: found = [] } = await clients.ec2.send(request);
    return found.map((one) => ({
      allocationId: one.AllocationId ?? '',
      publicAddress: one.PublicIp ?? '',
      tags: fromCapitalTags(one.Tags),
    }));
  },
  id: (elasticIp) => elasticIp.allocationId,
});

/**
 * The public address of a zone's NAT gateway: what the outside sees the hosts come from. It costs as every public IPv4
 * address does (about $3.60 a month), used or not. AWS allows five a region before one asks for more.
 *
 * AllocateAddress takes no client token: the gap is closed as for the internet gateway, by its tags and by looking again.
 */
export function elasticIp(context: StepContext, zone: string): ElasticIpResource {
  const address = `network/elastic-ip/${zone}`;
  const { ec2 } = context.clients;
  return {
    address,
    needs: {},
    // A NAT gateway is made of an address that EC2 knows, and is waited for.
    provenByWhatStandsOnIt: true,
    waits: { ...brief, for: 'the elastic IP' },
    desired: () => ({ tags: ownTags(context, address) }),
    find: (sight) => context.inventory.find(elasticIps, address, sight),
    all: () => context.inventory.kin(elasticIps),
    id: (observed) => observed.allocationId,
    phase: () => 'ready',
    diff: (desired, observed) =>
      diffTags(desired.tags, observed.tags, {
        ...ec2Tags(ec2, observed.allocationId),
        former: context.formerTags,
      }),
    create: async (desired) => {
      const { AllocationId, PublicIp = '' } = await ec2.send(
        new AllocateAddressCommand({
          Domain: 'vpc',
          TagSpecifications: tagSpecifications('elastic-ip', desired.tags),
        }),
      );
      invariant(AllocationId, 'AllocateAddress answers with an id');
      return {
        id: AllocationId,
        observed: { allocationId: AllocationId, publicAddress: PublicIp, tags: desired.tags },
      };
    },
    createRetries: retries.notYetVisible,
    goneWhenAnswered: true,
    destroy: async ({ allocationId }) => {
      await unless(
        ['InvalidAllocationID.NotFound'],
        ec2.send(new ReleaseAddressCommand({ AllocationId: allocationId })),
      );
    },
    destroyRetries: [retries.addressInUse, retries.addressHeldByService],
    blockers: ({ allocationId }) => blockersOfAddress(context, allocationId),
  };
}
