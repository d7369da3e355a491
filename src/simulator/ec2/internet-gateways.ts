import type {
  AttachmentStatus,
  AttachInternetGatewayCommandInput,
  CreateInternetGatewayCommandInput,
  CreateInternetGatewayCommandOutput,
  DeleteInternetGatewayCommandInput,
  DescribeInternetGatewaysCommandInput,
  DescribeInternetGatewaysCommandOutput,
  DetachInternetGatewayCommandInput,
  InternetGateway,
} from '@aws-sdk/client-ec2';

import { SimulatedFailure } from '../core/failure.ts';
import type { World } from '../core/world.ts';
import {
  type Answer,
  dependencyViolation,
  describeRows,
  ec2Page,
  newRow,
  requireRow,
  tagsForOnly,
  toTags,
} from './common.ts';
import {
  type InternetGatewayRow,
  interfaces,
  internetGatewayKind,
  internetGatewayOf,
  internetGateways,
  requireVpc,
} from './tables.ts';

/** The API's word for an attached gateway, while the SDK's type knows only those of other attachments. */
const attached = 'available' as string as AttachmentStatus;

function toInternetGateway(world: World, row: InternetGatewayRow): InternetGateway {
  return {
    InternetGatewayId: row.id,
    OwnerId: world.accountId,
    Attachments: row.vpcId === null ? [] : [{ VpcId: row.vpcId, State: attached }],
    Tags: toTags(row.tags),
  };
}

/** Internet gateways, as the EC2 API reference describes them. CreateInternetGateway takes no client token. */
export const internetGatewayOperations = {
  CreateInternetGateway(
    world: World,
    input: CreateInternetGatewayCommandInput,
  ): Answer<CreateInternetGatewayCommandOutput> {
    const rows = world.rows(internetGateways);
    if (rows.size >= world.quotas.internetGateways) {
      throw new SimulatedFailure(
        'InternetGatewayLimitExceeded',
        'The maximum number of internet gateways has been reached.',
      );
    }
    const tags = tagsForOnly(input.TagSpecifications, 'internet-gateway');
    const row: InternetGatewayRow = { ...newRow(world, 'igw', tags), vpcId: null };
    rows.set(row.id, row);
    return { InternetGateway: toInternetGateway(world, row) };
  },

  DescribeInternetGateways(
    world: World,
    input: DescribeInternetGatewaysCommandInput,
  ): Answer<DescribeInternetGatewaysCommandOutput> {
    const found = describeRows(world, world.rows(internetGateways), {
      ids: input.InternetGatewayIds,
      filters: input.Filters,
      fields: {
        'internet-gateway-id': (row) => [row.id],
        'attachment.vpc-id': (row) => [row.vpcId ?? undefined],
        'attachment.state': (row) => [row.vpcId === null ? undefined : 'available'],
        'owner-id': () => [world.accountId],
      },
      notFound: internetGatewayKind.notFound,
    });
    const { items, nextToken } = ec2Page(found, input);
    return { InternetGateways: items.map((row) => toInternetGateway(world, row)), NextToken: nextToken };
  },

  AttachInternetGateway(world: World, input: AttachInternetGatewayCommandInput): object {
    const row = requireRow(world, internetGatewayKind, input.InternetGatewayId);
    const vpc = requireVpc(world, input.VpcId);
    if (row.vpcId !== null) {
      throw new SimulatedFailure(
        'Resource.AlreadyAssociated',
        `resource ${row.id} is already attached to network ${row.vpcId}`,
      );
    }
    if (internetGatewayOf(world, vpc.id) !== undefined) {
      throw new SimulatedFailure(
        'InvalidParameterValue',
        `Network ${vpc.id} already has an internet gateway attached`,
      );
    }
    row.vpcId = vpc.id;
    row.attachedAtMs = world.nowMs + world.delays.attachment;
    return {};
  },

  DetachInternetGateway(world: World, input: DetachInternetGatewayCommandInput): object {
    const row = requireRow(world, internetGatewayKind, input.InternetGatewayId);
    const vpc = requireVpc(world, input.VpcId);
    if (row.vpcId !== vpc.id) {
      throw new SimulatedFailure(
        'Gateway.NotAttached',
        `resource ${row.id} is not attached to network ${vpc.id}`,
      );
    }
    const isReached = [...world.rows(interfaces).values()].some(
      (one) => one.vpcId === vpc.id && one.address !== null,
    );
    if (isReached) {
      throw dependencyViolation(
        `Network ${vpc.id} has some mapped public address(es). ` +
          'Please unmap those public address(es) before detaching the gateway.',
      );
    }
    row.vpcId = null;
    return {};
  },

  DeleteInternetGateway(world: World, input: DeleteInternetGatewayCommandInput): object {
    const row = requireRow(world, internetGatewayKind, input.InternetGatewayId);
    if (row.vpcId !== null) {
      throw dependencyViolation(`The internetGateway '${row.id}' has dependencies and cannot be deleted.`);
    }
    world.rows(internetGateways).delete(row.id);
    return {};
  },
} as const;
