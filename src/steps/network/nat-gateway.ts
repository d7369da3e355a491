import {
  CreateNatGatewayCommand,
  DeleteNatGatewayCommand,
  type NatGateway as SdkNatGateway,
  paginateDescribeNatGateways,
} from '@aws-sdk/client-ec2';

import { collectPages, ec2Collection, ec2Tags, tagSpecifications } from '../../aws/ec2.ts';
import { diffTags, fromCapitalTags, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Change, Phase, Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import { ownTags, type StepContext } from '../context.ts';
import { onceByToken } from '../once.ts';
import { natGatewayGone, natGatewayReady, retries } from '../waits.ts';
import type { ElasticIpResource } from './elastic-ip.ts';
import type { InternetGatewayResource } from './internet-gateway.ts';
import type { SubnetResource } from './subnet.ts';

export interface NatGatewayDesired {
  readonly subnetId: string;
  readonly allocationId: string;
  readonly tags: Tags;
}

export interface NatGateway extends NatGatewayDesired {
  readonly natGatewayId: string;
  readonly state: string;
  /** `Gateway.NotAttached: …`, when AWS gave it up. */
  readonly failure: string | undefined;
}

/** What a NAT gateway rests on. One made before the internet gateway is attached fails: "Gateway.NotAttached". */
type NatGatewayNeeds = {
  readonly subnet: SubnetResource;
  readonly elasticIp: ElasticIpResource;
  readonly internetGateway: InternetGatewayResource;
};

export type NatGatewayResource = Resource<NatGatewayDesired, NatGateway, NatGatewayNeeds>;

/** Deleted ones are shown for about an hour more. */
export const natGateways = ec2Collection<NatGateway>({
  name: 'NAT gateways',
  prefix: 'nat',
  notFound: 'NatGatewayNotFound',
  read: async (clients, { filters, ids }) => {
    const request = { Filter: filters, NatGatewayIds: ids };
    const pages = paginateDescribeNatGateways({ client: clients.ec2 }, request);
    return (await collectPages(pages, (page) => page.NatGateways)).map(fromSdk);
  },
  id: (gateway) => gateway.natGatewayId,
  isGone: (gateway) => gateway.state === 'deleted',
});

/**
 * A zone's way out for hosts without public addresses. Subnet and address are fixed at its making, so that another one
 * takes its place when they change. Costs about $33 a month and $0.045 a GB; takes about 100 seconds to come.
 */
export function natGateway(context: StepContext, zone: string, needs: NatGatewayNeeds): NatGatewayResource {
  const address = `network/nat-gateway/${zone}`;
  const { ec2 } = context.clients;
  return {
    address,
    needs,
    waits: natGatewayReady,
    desired: (inputs) => ({
      subnetId: inputs.subnet.subnetId,
      allocationId: inputs.elasticIp.allocationId,
      tags: ownTags(context, address),
    }),
    find: (sight) => context.inventory.find(natGateways, address, sight),
    all: () => context.inventory.kin(natGateways),
    id: (observed) => observed.natGatewayId,
    phase: (observed) => phases[observed.state] ?? 'pending',
    diff: (desired, observed) => [
      ...placeChanges(desired, observed),
      ...diffTags(desired.tags, observed.tags, {
        ...ec2Tags(ec2, observed.natGatewayId),
        former: context.formerTags,
      }),
    ],
    create: async (desired, token) => {
      const { NatGateway: made } = await ec2.send(
        new CreateNatGatewayCommand({
          SubnetId: desired.subnetId,
          AllocationId: desired.allocationId,
          ConnectivityType: 'public',
          ClientToken: token,
          TagSpecifications: tagSpecifications('natgateway', desired.tags),
        }),
      );
      invariant(made?.NatGatewayId, 'CreateNatGateway answers with an id');
      return { id: made.NatGatewayId };
    },
    once: onceByToken,
    // The internet gateway was attached a moment ago (boto/boto3 issue 779, giantswarm/aws-operator issue 1234).
    failsForNow: ({ failure }) => failure?.startsWith('Gateway.NotAttached: ') === true,
    createRetries: retries.notYetVisible,
    destroy: async ({ natGatewayId, state }) => {
      if (state === 'deleting') return;
      await unless(
        ['NatGatewayNotFound'],
        ec2.send(new DeleteNatGatewayCommand({ NatGatewayId: natGatewayId })),
      );
    },
    destroyWaits: natGatewayGone,
    explain: (observed) =>
      Promise.resolve(observed && (observed.failure ?? `${observed.natGatewayId} is ${observed.state}`)),
  };
}

/**
 * `deleting` counts as failed: whoever wants the gateway must wait for its end and make another, as the address is not
 * free before.
 */
const phases: Readonly<Record<string, Phase>> = {
  pending: 'pending',
  available: 'ready',
  failed: 'failed',
  deleting: 'failed',
  deleted: 'gone',
};

function placeChanges(desired: NatGatewayDesired, observed: NatGateway): readonly Change[] {
  return (['subnetId', 'allocationId'] as const)
    .filter((path) => desired[path] !== observed[path])
    .map((path) => ({
      path,
      before: observed[path],
      after: desired[path],
      impact: 'replace',
      because: 'AWS fixes it when a NAT gateway is made; the zone has no way out meanwhile',
    }));
}

function fromSdk(one: SdkNatGateway): NatGateway {
  const addresses = one.NatGatewayAddresses ?? [];
  const primary = addresses.find((address) => address.IsPrimary === true) ?? addresses[0];
  const { FailureCode: code, FailureMessage: message = '' } = one;
  return {
    natGatewayId: one.NatGatewayId ?? '',
    state: one.State ?? 'pending',
    subnetId: one.SubnetId ?? '',
    allocationId: primary?.AllocationId ?? '',
    failure: code === undefined ? undefined : `${code}: ${message}`,
    tags: fromCapitalTags(one.Tags),
  };
}
