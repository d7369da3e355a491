import { CreateFlowLogsCommand, DeleteFlowLogsCommand, paginateDescribeFlowLogs } from '@aws-sdk/client-ec2';

import { collectPages, ec2Collection, ec2Tags, tagSpecifications } from '../../aws/ec2.ts';
import { diffTags, fromCapitalTags, type Tags } from '../../aws/tags.ts';
import { unless } from '../../aws/unless.ts';
import type { Change, Resource } from '../../engine/resource.ts';
import { EsEcsError, invariant } from '../../errors.ts';
import { ownTags, type StepContext } from '../context.ts';
import type { Role } from '../iam/role.ts';
import type { LogGroup } from '../logs/log-group.ts';
import { onceByToken } from '../once.ts';
import { brief } from '../waits.ts';
import type { VpcResource } from './vpc.ts';

export interface FlowLogDesired {
  readonly vpcId: string;
  readonly logGroupName: string;
  /** Of the role with which the flows are written. */
  readonly roleArn: string;
  readonly tags: Tags;
}

export interface FlowLog extends FlowLogDesired {
  readonly flowLogId: string;
}

/** What a flow log stands on; a type, as the engine's `Needs` takes no interface. */
export type FlowLogNeeds = {
  readonly vpc: VpcResource;
  readonly logGroup: Resource<unknown, LogGroup>;
  readonly role: Resource<unknown, Role>;
};

export type FlowLogResource = Resource<FlowLogDesired, FlowLog, FlowLogNeeds>;

const notFound = 'InvalidFlowLogId.NotFound';

export const flowLogs = ec2Collection<FlowLog>({
  name: 'flow logs',
  prefix: 'fl',
  notFound,
  read: async (clients, { filters, ids }) => {
    // The one Describe of EC2 whose filters are called Filter.
    const request = { Filter: filters, FlowLogIds: ids };
    const pages = paginateDescribeFlowLogs({ client: clients.ec2 }, request);
    const found = await collectPages(pages, (page) => page.FlowLogs);
    return found.map((one) => ({
      flowLogId: one.FlowLogId ?? '',
      vpcId: one.ResourceId ?? '',
      logGroupName: one.LogGroupName ?? '',
      roleArn: one.DeliverLogsPermissionArn ?? '',
      tags: fromCapitalTags(one.Tags),
    }));
  },
  id: (flowLog) => flowLog.flowLogId,
});

/**
 * A record of who talked to whom in the VPC, accepted or refused, every ten minutes. Nothing of it can be changed but its
 * tags. It costs as the log group that it fills does, by the gigabyte.
 */
export function flowLog(context: StepContext, needs: FlowLogNeeds): FlowLogResource {
  const address = 'network/flow-log';
  const { ec2 } = context.clients;
  return {
    address,
    needs,
    waits: { ...brief, for: 'the flow log' },
    desired: ({ vpc, logGroup, role }) => ({
      vpcId: vpc.vpcId,
      logGroupName: logGroup.logGroupName,
      roleArn: role.roleArn,
      tags: ownTags(context, address),
    }),
    find: (sight) => context.inventory.find(flowLogs, address, sight),
    all: () => context.inventory.kin(flowLogs),
    id: (observed) => observed.flowLogId,
    phase: () => 'ready',
    diff: (desired, observed) => [
      ...replacements(desired, observed),
      ...diffTags(desired.tags, observed.tags, {
        ...ec2Tags(ec2, observed.flowLogId),
        former: context.formerTags,
      }),
    ],
    create: async (desired, token) => {
      const answer = await ec2.send(
        new CreateFlowLogsCommand({
          ResourceType: 'VPC',
          ResourceIds: [desired.vpcId],
          TrafficType: 'ALL',
          LogDestinationType: 'cloud-watch-logs',
          LogGroupName: desired.logGroupName,
          DeliverLogsPermissionArn: desired.roleArn,
          ClientToken: token,
          TagSpecifications: tagSpecifications('vpc-flow-log', desired.tags),
        }),
      );
      refuse('CreateFlowLogs', address, answer.Unsuccessful);
      const [id] = answer.FlowLogIds ?? [];
      invariant(id, 'CreateFlowLogs answers with an id');
      return { id, observed: { flowLogId: id, ...desired } };
    },
    // A role that was just made cannot be assumed yet, and EC2 has no name of its own for that.
    once: onceByToken,
    createRetries: { names: ['InvalidParameter', 'InvalidVpcId.NotFound'], limitMs: 120_000 },
    goneWhenAnswered: true,
    destroy: async ({ flowLogId }) => {
      const command = new DeleteFlowLogsCommand({ FlowLogIds: [flowLogId] });
      const answer = await unless([notFound], ec2.send(command));
      const refused = answer?.Unsuccessful?.filter((one) => one.Error?.Code !== notFound);
      refuse('DeleteFlowLogs', address, refused);
    },
  };
}

/** A refusal is no error to EC2 here: it is listed in a good answer. */
interface Refusal {
  readonly Error?: { readonly Code?: string | undefined; readonly Message?: string | undefined } | undefined;
}

function refuse(call: string, address: string, refusals: readonly Refusal[] | undefined): void {
  const [refusal] = refusals ?? [];
  if (refusal === undefined) return;
  const { Code: code = 'without a code', Message: message = '' } = refusal.Error ?? {};
  throw new EsEcsError('AWS', `ec2:${call} was refused: ${message} (${code})`, { address });
}

function replacements(desired: FlowLogDesired, observed: FlowLog): readonly Change[] {
  return (['vpcId', 'logGroupName', 'roleArn'] as const)
    .filter((path) => desired[path] !== observed[path])
    .map((path) => ({
      path,
      before: observed[path],
      after: desired[path],
      impact: 'replace',
      because: 'nothing of a flow log can be changed',
    }));
}
