import {
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  DeleteInternetGatewayCommand,
  DetachInternetGatewayCommand,
  type InternetGateway as SdkInternetGateway,
  paginateDescribeInternetGateways,
} from '@aws-sdk/client-ec2';

import { collectPages, ec2Collection, ec2Tags, tagSpecifications } from '../../aws/ec2.ts';
import { diffTags, fromCapitalTags, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Resource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import { ownTags, type StepContext } from '../context.ts';
import { brief, retries } from '../waits.ts';
import { blockersOfInternetGateway } from './blockers.ts';
import type { VpcResource } from './vpc.ts';

export interface InternetGatewayDesired {
  readonly vpcId: string;
  readonly tags: Tags;
}

export interface InternetGateway {
  readonly internetGatewayId: string;
  /** The VPC it is attached to, if any. */
  readonly vpcId: string | undefined;
  readonly tags: Tags;
}

export type InternetGatewayResource = Resource<
  InternetGatewayDesired,
  InternetGateway,
  { readonly vpc: VpcResource }
>;

const internetGateways = ec2Collection<InternetGateway>({
  name: 'internet gateways',
  prefix: 'igw',
  notFound: 'InvalidInternetGatewayID.NotFound',
  read: async (clients, { filters, ids }) => {
    const request = { Filters: filters, InternetGatewayIds: ids };
    const pages = paginateDescribeInternetGateways({ client: clients.ec2 }, request);
    const found = await collectPages(pages, (page) => page.InternetGateways);
    return found.map(fromSdk);
  },
  id: (gateway) => gateway.internetGatewayId,
});

/**
 * The VPC's way to the internet, which the NAT gateways and the bastion use. It costs nothing; its attachment is synced
 * like any other difference.
 *
 * CreateInternetGateway takes neither a name nor a client token: one made by a run that died is found by its tags, which come in the same
 * call and may show late. So a call whose answer was lost is never sent again by the SDK (`src/aws/retry-strategy.ts`), and whoever takes
 * over from a dead run looks again until everything of it must be visible (`unseenBefore` in `src/engine/settle.ts`).
 */
export function internetGateway(context: StepContext, vpc: VpcResource): InternetGatewayResource {
  const address = 'network/internet-gateway';
  const { ec2 } = context.clients;

  const attach = async (InternetGatewayId: string, VpcId: string): Promise<void> => {
    await ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId }));
  };
  const detach = async ({ internetGatewayId: InternetGatewayId, vpcId }: InternetGateway): Promise<void> => {
    if (vpcId === undefined) return;
    await unless(
      ['Gateway.NotAttached', 'InvalidInternetGatewayID.NotFound'],
      ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId, VpcId: vpcId })),
    );
  };

  return {
    address,
    needs: { vpc },
    // Routes and NAT gateways are refused as long as it is not attached.
    provenByWhatStandsOnIt: true,
    waits: { ...brief, for: 'the internet gateway' },
    desired: (inputs) => ({ vpcId: inputs.vpc.vpcId, tags: ownTags(context, address) }),
    find: (sight) => context.inventory.find(internetGateways, address, sight),
    all: () => context.inventory.kin(internetGateways),
    id: (observed) => observed.internetGatewayId,
    phase: () => 'ready',
    diff: (desired, observed) => [
      ...(desired.vpcId === observed.vpcId
        ? []
        : [
            {
              path: 'attachment',
              before: observed.vpcId,
              after: desired.vpcId,
              impact: 'in-place' as const,
              becomes: (before: InternetGateway): InternetGateway => ({ ...before, vpcId: desired.vpcId }),
              apply: async () => {
                await detach(observed);
                await attach(observed.internetGatewayId, desired.vpcId);
              },
            },
          ]),
      ...diffTags(desired.tags, observed.tags, {
        ...ec2Tags(ec2, observed.internetGatewayId),
        former: context.formerTags,
      }),
    ],
    create: async (desired) => {
      const { InternetGateway: made } = await ec2.send(
        new CreateInternetGatewayCommand({
          TagSpecifications: tagSpecifications('internet-gateway', desired.tags),
        }),
      );
      invariant(made?.InternetGatewayId, 'CreateInternetGateway answers with an id');
      return { id: made.InternetGatewayId, observed: { ...fromSdk(made), tags: desired.tags } };
    },
    createRetries: retries.notYetVisible,
    goneWhenAnswered: true,
    destroy: async (observed) => {
      await detach(observed);
      const { internetGatewayId: InternetGatewayId } = observed;
      await unless(
        ['InvalidInternetGatewayID.NotFound'],
        ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId })),
      );
    },
    // Detaching is refused while something in the VPC still has a public address.
    destroyRetries: retries.dependencyViolation,
    blockers: ({ vpcId }) =>
      vpcId === undefined ? Promise.resolve([]) : blockersOfInternetGateway(context, vpcId),
  };
}

function fromSdk(one: SdkInternetGateway): InternetGateway {
  return {
    internetGatewayId: one.InternetGatewayId ?? '',
    vpcId: one.Attachments?.[0]?.VpcId,
    tags: fromCapitalTags(one.Tags),
  };
}
