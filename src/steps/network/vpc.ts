import {
  CreateVpcCommand,
  DeleteVpcCommand,
  DescribeVpcAttributeCommand,
  type DescribeVpcsCommandInput,
  ModifyVpcAttributeCommand,
  paginateDescribeVpcs,
  type Vpc as SdkVpc,
} from '@aws-sdk/client-ec2';

import type { Clients } from '../../aws/clients.ts';
import { collectPages, ec2Filters, ec2Tags, existing } from '../../aws/ec2.ts';
import type { Collection } from '../../aws/inventory.ts';
import { diffTags, fromCapitalTags, type Tags, toCapitalTags } from '../../aws/tags.ts';
import type { Change, Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import { ownTags, type StepContext } from '../context.ts';
import { brief, retries } from '../waits.ts';

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

/** CreateVpc takes no client token: a VPC made by a run that died before it saved the id is found by its tags. */
const vpcs: Collection<Vpc> = {
  name: 'VPCs',
  list: (clients, cluster) => read(clients, { Filters: ec2Filters(cluster) }),
  byIds: (clients, ids) => existing(ids, 'InvalidVpcID.NotFound', (VpcIds) => read(clients, { VpcIds })),
  chunk: 100,
  id: (vpc) => vpc.vpcId,
  tags: (vpc) => vpc.tags,
};

/**
 * The cluster's own network. AWS never changes a VPC's primary CIDR, so another one is refused: it would mean another
 * cluster. A VPC costs nothing.
 */
export function vpc(context: StepContext): Resource<VpcDesired, Vpc> {
  const address = 'network/vpc';
  const { ec2 } = context.clients;
  return {
    address,
    needs: {},
    waits: { ...brief, for: 'the VPC' },
    desired: () => ({
      cidr: context.config.network.cidr,
      dnsSupport: true,
      dnsHostnames: true,
      tags: ownTags(context, address),
    }),
    find: (sight) => context.inventory.find(vpcs, address, sight),
    id: (observed) => observed.vpcId,
    phase: (observed) => (observed.state === 'available' ? 'ready' : 'pending'),
    diff: (desired, observed) => [
      ...(desired.cidr === observed.cidr ? [] : [cidrRefused(desired, observed)]),
      ...attributeChanges(context.clients, desired, observed),
      ...diffTags(desired.tags, observed.tags, ec2Tags(ec2, observed.vpcId)),
    ],
    create: async (desired) => {
      const { Vpc: made } = await ec2.send(
        new CreateVpcCommand({
          CidrBlock: desired.cidr,
          TagSpecifications: [{ ResourceType: 'vpc', Tags: toCapitalTags(desired.tags) }],
        }),
      );
      invariant(made?.VpcId, 'CreateVpc answers with an id');
      return { id: made.VpcId };
    },
    destroy: async (observed) => {
      await ec2.send(new DeleteVpcCommand({ VpcId: observed.vpcId }));
    },
    destroyRetries: retries.dependencyViolation,
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

async function read(clients: Clients, request: DescribeVpcsCommandInput): Promise<Vpc[]> {
  const found = await collectPages(
    paginateDescribeVpcs({ client: clients.ec2 }, request),
    (page) => page.Vpcs,
  );
  return Promise.all(found.map((one) => withAttributes(clients, one)));
}

async function withAttributes(clients: Clients, one: SdkVpc): Promise<Vpc> {
  const vpcId = one.VpcId ?? '';
  const [support, hostnames] = await Promise.all(
    (['enableDnsSupport', 'enableDnsHostnames'] as const).map((Attribute) =>
      clients.ec2.send(new DescribeVpcAttributeCommand({ VpcId: vpcId, Attribute })),
    ),
  );
  return {
    vpcId,
    state: one.State ?? 'pending',
    cidr: one.CidrBlock ?? '',
    dnsSupport: support?.EnableDnsSupport?.Value ?? false,
    dnsHostnames: hostnames?.EnableDnsHostnames?.Value ?? false,
    tags: fromCapitalTags(one.Tags),
  };
}
