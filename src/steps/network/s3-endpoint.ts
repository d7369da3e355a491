import {
  CreateVpcEndpointCommand,
  DeleteVpcEndpointsCommand,
  ModifyVpcEndpointCommand,
  paginateDescribeVpcEndpoints,
  type VpcEndpoint as SdkEndpoint,
} from '@aws-sdk/client-ec2';

import { collectPages, ec2Collection, ec2Tags, tagSpecifications } from '../../aws/ec2.ts';
import { gatewayServiceName } from '../../aws/partitions.ts';
import { canonicalPolicy, samePolicy } from '../../aws/policy.ts';
import { diffTags, fromCapitalTags, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Change, Phase, Resource } from '../../engine/resource.ts';
import { EsEcsError, invariant } from '../../errors.ts';
import { ownTags, type StepContext } from '../context.ts';
import type { Facts } from '../facts.ts';
import { onceByToken } from '../once.ts';
import { brief, retries } from '../waits.ts';
import type { RouteTableResource } from './route-table.ts';

export interface EndpointDesired {
  readonly vpcId: string;
  readonly serviceName: string;
  readonly routeTableIds: readonly string[];
  /** JSON. */
  readonly policy: string;
  readonly tags: Tags;
}

export interface Endpoint extends EndpointDesired {
  readonly endpointId: string;
  readonly state: string;
  /** `UnauthorizedOperation: …`, what AWS says went wrong. */
  readonly failure: string | undefined;
}

export type EndpointResource = Resource<
  EndpointDesired,
  Endpoint,
  Readonly<Record<string, RouteTableResource>>
>;

const endpoints = ec2Collection<Endpoint>({
  name: 'VPC endpoints',
  prefix: 'vpce',
  notFound: 'InvalidVpcEndpointId.NotFound',
  read: async (clients, { filters, ids }) => {
    const request = { Filters: filters, VpcEndpointIds: ids };
    const pages = paginateDescribeVpcEndpoints({ client: clients.ec2 }, request);
    return (await collectPages(pages, (page) => page.VpcEndpoints)).map(fromSdk);
  },
  id: (endpoint) => endpoint.endpointId,
  isGone: (endpoint) => endpoint.state === 'deleted',
});

/**
 * The hosts' way to S3, past the NAT gateways: it is free, and the layers of every image come from S3.
 *
 * @param tables the private route tables, by zone.
 */
export function s3Endpoint(
  context: StepContext,
  tables: Readonly<Record<string, RouteTableResource>>,
): EndpointResource {
  const address = 'network/endpoint/s3';
  const { facts, clients } = context;
  const { ec2 } = clients;
  return {
    address,
    needs: tables,
    waits: { ...brief, for: 'the S3 endpoint' },
    standsPending: true,
    desired: (inputs) => ({
      vpcId: Object.values(inputs)[0]?.vpcId ?? '',
      serviceName: gatewayServiceName(facts.region, 's3'),
      routeTableIds: Object.values(inputs).map((table) => table.routeTableId),
      policy: hostsPolicy(facts),
      tags: ownTags(context, address),
    }),
    find: (sight) => context.inventory.find(endpoints, address, sight),
    all: () => context.inventory.kin(endpoints),
    id: (observed) => observed.endpointId,
    phase: (observed) => phases[observed.state] ?? 'pending',
    diff: (desired, observed) => [
      ...tableChanges(context, desired, observed),
      ...(samePolicy(desired.policy, observed.policy) ? [] : [policyChange(context, desired, observed)]),
      ...diffTags(desired.tags, observed.tags, {
        ...ec2Tags(ec2, observed.endpointId),
        former: context.formerTags,
      }),
    ],
    create: async (desired, token) => {
      const { VpcEndpoint: made } = await ec2.send(
        new CreateVpcEndpointCommand({
          VpcEndpointType: 'Gateway',
          VpcId: desired.vpcId,
          ServiceName: desired.serviceName,
          RouteTableIds: [...desired.routeTableIds],
          PolicyDocument: desired.policy,
          ClientToken: token,
          TagSpecifications: tagSpecifications('vpc-endpoint', desired.tags),
        }),
      );
      invariant(made?.VpcEndpointId, 'CreateVpcEndpoint answers with an id');
      return { id: made.VpcEndpointId, observed: { ...fromSdk(made), tags: desired.tags } };
    },
    once: onceByToken,
    createRetries: retries.notYetVisible,
    destroy: async ({ endpointId }) => {
      const command = new DeleteVpcEndpointsCommand({ VpcEndpointIds: [endpointId] });
      const answer = await unless(['InvalidVpcEndpointId.NotFound'], ec2.send(command));
      // A refused deletion is no error to EC2: it is listed in a good answer.
      const refused = answer?.Unsuccessful?.find((one) => !isNotFound(one.Error?.Code));
      if (refused === undefined) return;
      const { Code: code = 'without a code', Message: message = '' } = refused.Error ?? {};
      throw new EsEcsError('AWS', `ec2:DeleteVpcEndpoints was refused: ${message} (${code})`, { address });
    },
    destroyWaits: { ...brief, for: 'the S3 endpoint to go', limitMs: 5 * 60_000 },
    explain: (observed) =>
      Promise.resolve(observed && (observed.failure ?? `AWS calls it ${observed.state}`)),
  };
}

const phases: Readonly<Record<string, Phase>> = {
  available: 'ready',
  deleting: 'failed',
  deleted: 'gone',
  failed: 'failed',
  rejected: 'failed',
  expired: 'failed',
};

/**
 * What hosts pull: image layers, which ECR keeps in a bucket of its own ("Minimum Amazon S3 bucket permissions for Amazon
 * ECR"), and packages of Amazon Linux 2023. The bucket of the snapshots joins them once es-ecs takes snapshots.
 */
function hostsPolicy({ partition, region }: Facts): string {
  const buckets = [`prod-${region}-starport-layer-bucket`, `al2023-repos-${region}-de612dc2`];
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: '*',
        Action: 's3:GetObject',
        Resource: buckets.map((bucket) => `arn:${partition}:s3:::${bucket}/*`),
      },
    ],
  });
}

function fromSdk(one: SdkEndpoint): Endpoint {
  return {
    endpointId: one.VpcEndpointId ?? '',
    // The model says `Available`, the wire `available`.
    state: (one.State ?? 'pending').toLowerCase(),
    failure: one.LastError?.Code && `${one.LastError.Code}: ${one.LastError.Message ?? ''}`,
    vpcId: one.VpcId ?? '',
    serviceName: one.ServiceName ?? '',
    routeTableIds: one.RouteTableIds ?? [],
    policy: one.PolicyDocument ?? '',
    tags: fromCapitalTags(one.Tags),
  };
}

/** Tables to add and to remove go in one call. */
function tableChanges(context: StepContext, desired: EndpointDesired, observed: Endpoint): readonly Change[] {
  const added = desired.routeTableIds.filter((id) => !observed.routeTableIds.includes(id));
  const surplus = observed.routeTableIds.filter((id) => !desired.routeTableIds.includes(id));
  const apply = async (): Promise<void> => {
    await context.clients.ec2.send(
      new ModifyVpcEndpointCommand({
        VpcEndpointId: observed.endpointId,
        ...(added.length === 0 ? {} : { AddRouteTableIds: added }),
        ...(surplus.length === 0 ? {} : { RemoveRouteTableIds: surplus }),
      }),
    );
  };
  const change = { path: 'routeTables', impact: 'in-place', apply } as const;
  return [
    ...added.map((id) => ({ ...change, before: undefined, after: id })),
    ...surplus.map((id) => ({ ...change, before: id, after: undefined, because: 'not declared here' })),
  ];
}

function policyChange(context: StepContext, desired: EndpointDesired, observed: Endpoint): Change {
  return {
    path: 'policy',
    before: canonicalPolicy(observed.policy),
    after: canonicalPolicy(desired.policy),
    impact: 'in-place',
    apply: async () => {
      await context.clients.ec2.send(
        new ModifyVpcEndpointCommand({
          VpcEndpointId: observed.endpointId,
          PolicyDocument: desired.policy,
        }),
      );
    },
  };
}

function isNotFound(code: string | undefined): boolean {
  return code === 'InvalidVpcEndpointId.NotFound' || code === 'InvalidVpcEndpoint.NotFound';
}
