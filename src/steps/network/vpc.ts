import {
  CreateVpcCommand,
  DeleteVpcCommand,
  DescribeVpcAttributeCommand,
  ModifyVpcAttributeCommand,
  paginateDescribeVpcs,
  type Vpc as SdkVpc,
} from '@aws-sdk/client-ec2';

import type { Clients } from '../../aws/clients.ts';
import { collectPages, ec2Collection, ec2Tags, tagSpecifications } from '../../aws/ec2.ts';
import { diffTags, fromCapitalTags, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Change, Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import { ownTags, type StepContext } from '../context.ts';
import { brief, retries } from '../waits.ts';
import { blockersOfVpc } from './blockers.ts';

export interface VpcDesired {
  readonly cidr: string;
  readonly dnsSupport: boolean;
  readonly dnsHostnames: boolean;
  readonly tags: Tags;
}

export interface Vpc extends VpcDesired {
  readonly vpcId: string;
  readonly state: string;
}

export type VpcResource = Resource<VpcDesired, Vpc>;

const notFound = 'InvalidVpcID.NotFound';

/** CreateVpc takes no client token: a VPC made by a run that died before it saved the id is found by its tags. */
const vpcs = ec2Collection<Vpc>({
  name: 'VPCs',
  prefix: 'vpc',
  notFound,
  read: async (clients, { filters, ids, depth }) => {
    const pages = paginateDescribeVpcs({ client: clients.ec2 }, { Filters: filters, VpcIds: ids });
    const found = await collectPages(pages, (page) => page.Vpcs);
    if (depth === 'there')
      return found.map((one) => fromSdk(one, { dnsSupport: false, dnsHostnames: false }));
    return Promise.all(found.map((one) => withAttributes(clients, one)));
  },
  id: (vpc) => vpc.vpcId,
});

/**
 * The cluster's own network. AWS never changes a VPC's primary CIDR, so another one is refused: it would mean another
 * cluster. A VPC costs nothing.
 */
export function vpc(context: StepContext): VpcResource {
  const address = 'network/vpc';
  const { ec2 } = context.clients;
  return {
    address,
    needs: {},
    // Subnets are in it; a look would be three calls, as each attribute is one.
    provenByWhatStandsOnIt: true,
    waits: { ...brief, for: 'the VPC' },
    standsPending: true,
    desired: () => ({
      cidr: context.config.network.cidr,
      dnsSupport: true,
      dnsHostnames: true,
      tags: ownTags(context, address),
    }),
    find: (sight) => context.inventory.find(vpcs, address, sight),
    all: () => context.inventory.kin(vpcs),
    id: (observed) => observed.vpcId,
    phase: (observed) => (observed.state === 'available' ? 'ready' : 'pending'),
    diff: (desired, observed) => [
      ...(desired.cidr === observed.cidr ? [] : [cidrRefused(desired, observed)]),
      ...attributeChanges(context.clients, desired, observed),
      ...diffTags(desired.tags, observed.tags, {
        ...ec2Tags(ec2, observed.vpcId),
        former: context.formerTags,
      }),
    ],
    create: async (desired) => {
      const { Vpc: made } = await ec2.send(
        new CreateVpcCommand({
          CidrBlock: desired.cidr,
          TagSpecifications: tagSpecifications('vpc', desired.tags),
        }),
      );
      invariant(made?.VpcId, 'CreateVpc answers with an id');
      // As for every VPC that was not made as the default one ("DNS attributes for your VPC").
      const attributes = { dnsSupport: true, dnsHostnames: false };
      return { id: made.VpcId, observed: { ...fromSdk(made, attributes), tags: desired.tags } };
    },
    createRetries: retries.notYetVisible,
    goneWhenAnswered: true,
    destroy: async ({ vpcId }) => {
      await unless([notFound], ec2.send(new DeleteVpcCommand({ VpcId: vpcId })));
    },
    destroyRetries: retries.dependencyViolation,
    blockers: ({ vpcId }) => blockersOfVpc(context, vpcId),
  };
}

function cidrRefused(desired: VpcDesired, observed: Vpc): Change {
  return {
    path: 'cidr',
    before: observed.cidr,
    after: desired.cidr,
    impact: 'refuse',
    because: 'AWS cannot change the CIDR of a VPC; set it back, or make a cluster of another name',
  };
}

/** Each attribute is a call of its own (ModifyVpcAttribute: "you can only modify one attribute at a time"). */
function attributeChanges(clients: Clients, desired: VpcDesired, observed: Vpc): readonly Change[] {
  const change = (path: 'dnsSupport' | 'dnsHostnames', attribute: string): readonly Change[] =>
    desired[path] === observed[path]
      ? []
      : [
          {
            path,
            before: String(observed[path]),
            after: String(desired[path]),
            impact: 'in-place',
            becomes: (before: Vpc): Vpc => ({ ...before, [path]: desired[path] }),
            apply: async () => {
              await clients.ec2.send(
                new ModifyVpcAttributeCommand({
                  VpcId: observed.vpcId,
                  [attribute]: { Value: desired[path] },
                }),
              );
            },
          },
        ];
  return [...change('dnsSupport', 'EnableDnsSupport'), ...change('dnsHostnames', 'EnableDnsHostnames')];
}

/**
 * DescribeVpcs leaves these out; they are asked one by one, once the VPC is there. It may be listed before it can be named: then
 * they are taken to be off, and switched on once more at worst.
 */
async function withAttributes(clients: Clients, one: SdkVpc): Promise<Vpc> {
  const vpcId = one.VpcId ?? '';
  if (one.State === 'pending') return fromSdk(one, {});
  const [support, hostnames] = await Promise.all(
    (['enableDnsSupport', 'enableDnsHostnames'] as const).map((Attribute) =>
      unless([notFound], clients.ec2.send(new DescribeVpcAttributeCommand({ VpcId: vpcId, Attribute }))),
    ),
  );
  return fromSdk(one, {
    dnsSupport: support?.EnableDnsSupport?.Value,
    dnsHostnames: hostnames?.EnableDnsHostnames?.Value,
  });
}

function fromSdk(
  one: SdkVpc,
  attributes: { readonly dnsSupport?: boolean | undefined; readonly dnsHostnames?: boolean | undefined },
): Vpc {
  return {
    vpcId: one.VpcId ?? '',
    state: one.State ?? 'pending',
    cidr: one.CidrBlock ?? '',
    dnsSupport: attributes.dnsSupport ?? false,
    dnsHostnames: attributes.dnsHostnames ?? false,
    tags: fromCapitalTags(one.Tags),
  };
}
