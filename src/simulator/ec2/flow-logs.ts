import type {
  CreateFlowLogsCommandInput,
  CreateFlowLogsCommandOutput,
  DeleteFlowLogsCommandInput,
  DeleteFlowLogsCommandOutput,
  DescribeFlowLogsCommandInput,
  DescribeFlowLogsCommandOutput,
  FlowLog,
  UnsuccessfulItem,
} from '@aws-sdk/client-ec2';

import { servicePrincipals } from '../../aws/partitions.ts';
import { once } from '../core/client-tokens.ts';
import { SimulatedFailure } from '../core/failure.ts';
import { table, type World } from '../core/world.ts';
import { roles } from '../iam/roles.ts';
import {
  type Answer,
  describeRows,
  type Ec2Row,
  ec2Page,
  newRow,
  requireParameter,
  tagsForOnly,
  toTags,
} from './common.ts';
import { requireVpc } from './tables.ts';

export interface FlowLogRow extends Ec2Row {
  readonly resourceId: string;
  readonly trafficType: string;
  readonly logGroupName: string;
  readonly roleArn: string;
  readonly createdAtMs: number;
}

/** Flow logs by id. */
const flowLogs = table<FlowLogRow>('ec2/flow-logs');

function notFound(id: string): SimulatedFailure {
  return new SimulatedFailure('InvalidFlowLogId.NotFound', `The Flow Log ID '${id}' does not exist`);
}

function toFlowLog(row: FlowLogRow): FlowLog {
  return {
    FlowLogId: row.id,
    FlowLogStatus: 'ACTIVE',
    DeliverLogsStatus: 'SUCCESS',
    ResourceId: row.resourceId,
    // The SDK's type is a union of the three that were checked at the creation.
    TrafficType: row.trafficType as 'ALL',
    LogDestinationType: 'cloud-watch-logs',
    LogGroupName: row.logGroupName,
    DeliverLogsPermissionArn: row.roleArn,
    MaxAggregationInterval: 600,
    CreationTime: new Date(row.createdAtMs),
    Tags: toTags(row.tags),
  };
}

/** @throws SimulatedFailure InvalidParameter, as long as the service of flow logs does not know the role */
function checkRole(world: World, roleArn: string): void {
  const role = [...world.rows(roles).values()].find((one) => one.arn === roleArn);
  const isKnown = role !== undefined && role.visibleAtMs <= world.nowMs;
  if (!isKnown || !role.trust.includes(servicePrincipals.flowLogs)) {
    throw new SimulatedFailure('InvalidParameter', `Unable to assume given IAM role: ${roleArn}`);
  }
}

interface Made {
  readonly ids: readonly string[];
  readonly refused: readonly UnsuccessfulItem[];
}

function make(world: World, input: CreateFlowLogsCommandInput): Made {
  if (
    input.ResourceType !== 'VPC' ||
    (input.LogDestinationType ?? 'cloud-watch-logs') !== 'cloud-watch-logs'
  ) {
    throw new Error('the simulated account knows only flow logs of a VPC that go to CloudWatch Logs');
  }
  const trafficType = requireParameter(input.TrafficType, 'trafficType');
  const logGroupName = requireParameter(input.LogGroupName, 'logGroupName');
  const roleArn = requireParameter(input.DeliverLogsPermissionArn, 'deliverLogsPermissionArn');
  const resourceIds = requireParameter(input.ResourceIds, 'resourceIds');
  const tags = tagsForOnly(input.TagSpecifications, 'vpc-flow-log');
  const vpcs = resourceIds.map((id) => requireVpc(world, id));
  checkRole(world, roleArn);
  const ids: string[] = [];
  const refused: UnsuccessfulItem[] = [];
  for (const { id: resourceId } of vpcs) {
    const isTaken = [...world.rows(flowLogs).values()].some(
      (row) =>
        row.resourceId === resourceId && row.logGroupName === logGroupName && row.trafficType === trafficType,
    );
    if (isTaken) {
      const message = 'Error. There is an existing Flow Log with the same configuration and log destination.';
      refused.push({ ResourceId: resourceId, Error: { Code: 'FlowLogAlreadyExists', Message: message } });
      continue;
    }
    const row: FlowLogRow = {
      ...newRow(world, 'fl', tags),
      resourceId,
      trafficType,
      logGroupName,
      roleArn,
      createdAtMs: world.nowMs,
    };
    world.rows(flowLogs).set(row.id, row);
    ids.push(row.id);
  }
  return { ids, refused };
}

/** Flow logs of a VPC into CloudWatch Logs, as the EC2 API reference describes them; no flows are written. */
export const flowLogOperations = {
  CreateFlowLogs(world: World, input: CreateFlowLogsCommandInput): Answer<CreateFlowLogsCommandOutput> {
    const call = { operation: 'EC2:CreateFlowLogs', token: input.ClientToken, input };
    const made = once(world, call, () => make(world, input));
    return {
      FlowLogIds: [...made.ids],
      Unsuccessful: [...made.refused],
      ...(input.ClientToken === undefined ? {} : { ClientToken: input.ClientToken }),
    };
  },

  DescribeFlowLogs(world: World, input: DescribeFlowLogsCommandInput): Answer<DescribeFlowLogsCommandOutput> {
    const found = describeRows(world, world.rows(flowLogs), {
      ids: input.FlowLogIds,
      filters: input.Filter,
      fields: {
        'flow-log-id': (row) => [row.id],
        'resource-id': (row) => [row.resourceId],
        'log-group-name': (row) => [row.logGroupName],
        'traffic-type': (row) => [row.trafficType],
      },
      notFound,
    });
    const { items, nextToken } = ec2Page(found, input);
    return { FlowLogs: items.map(toFlowLog), NextToken: nextToken };
  },

  /** What is not there is listed in the answer, which is a success all the same. */
  DeleteFlowLogs(world: World, input: DeleteFlowLogsCommandInput): Answer<DeleteFlowLogsCommandOutput> {
    const ids = requireParameter(input.FlowLogIds, 'flowLogIds');
    const Unsuccessful = ids.flatMap((ResourceId) => {
      if (world.rows(flowLogs).delete(ResourceId)) return [];
      const { code, message } = notFound(ResourceId);
      return [{ ResourceId, Error: { Code: code, Message: message } }];
    });
    return { Unsuccessful };
  },
} as const;
