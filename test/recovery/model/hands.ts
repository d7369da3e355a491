import {
  AuthorizeSecurityGroupIngressCommand,
  CreateTagsCommand,
  DeleteLaunchTemplateCommand,
  DeleteRouteCommand,
  DeleteVpcEndpointsCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { DeleteLogGroupCommand, PutRetentionPolicyCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DeleteServiceCommand, StopTaskCommand } from '@aws-sdk/client-ecs';
import { DeleteRolePolicyCommand } from '@aws-sdk/client-iam';
import fc from 'fast-check';

import { living, type Thing } from '../normal-account.ts';
import type { Cluster } from './cluster.ts';
import { Move } from './move.ts';

/** What a person with the console does to one thing, or what befalls it. */
interface Doing {
  readonly what: string;
  readonly table: string;
  /** A node goes by it. */
  readonly takesNode?: true;
  readonly does: (cluster: Cluster, thing: Thing) => Promise<unknown>;
}

const doings: readonly Doing[] = [
  {
    what: 'somebody renames a thing',
    table: 'ec2/subnets',
    does: ({ clients }, { id }) =>
      clients.ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'Name', Value: 'mine' }] })),
  },
  {
    what: 'somebody lets everybody in',
    table: 'ec2/security-groups',
    does: ({ clients }, { id: GroupId }) =>
      clients.ec2.send(
        new AuthorizeSecurityGroupIngressCommand({
          GroupId,
          IpPermissions: [
            { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
          ],
        }),
      ),
  },
  {
    what: 'somebody takes the way out',
    table: 'ec2/route-tables',
    does: ({ clients }, { id: RouteTableId }) =>
      clients.ec2.send(new DeleteRouteCommand({ RouteTableId, DestinationCidrBlock: '0.0.0.0/0' })),
  },
  {
    what: 'somebody keeps logs for a day',
    table: 'logs/groups',
    does: ({ clients }, { id: logGroupName }) =>
      clients.logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 1 })),
  },
  {
    what: 'somebody deletes a log group',
    table: 'logs/groups',
    does: ({ clients }, { id: logGroupName }) =>
      clients.logs.send(new DeleteLogGroupCommand({ logGroupName })),
  },
  {
    what: 'somebody deletes the endpoint',
    table: 'ec2/vpc-endpoints',
    does: ({ clients }, { id }) => clients.ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [id] })),
  },
  {
    what: 'somebody deletes the launch template',
    table: 'ec2/launch-templates',
    does: ({ clients }, { id: LaunchTemplateId }) =>
      clients.ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId })),
  },
  {
    what: 'somebody deletes a policy',
    table: 'iam/roles',
    does: ({ clients }, { id: RoleName }) =>
      clients.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'es-ecs' })),
  },
  {
    what: 'somebody deletes a service',
    table: 'ecs/services',
    takesNode: true,
    does: ({ clients }, { id: service }) =>
      clients.ecs.send(new DeleteServiceCommand({ cluster: 'es-ecs-search', service, force: true })),
  },
  {
    what: 'a task is killed',
    table: 'ecs/tasks',
    takesNode: true,
    does: ({ clients }, { id: task }) =>
      clients.ecs.send(new StopTaskCommand({ cluster: 'es-ecs-search', task })),
  },
  {
    what: 'a host dies',
    table: 'ec2/instances',
    takesNode: true,
    does: ({ clients }, { id }) => clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] })),
  },
];

/** Behind es-ecs's back. */
class BehindTheBack extends Move {
  readonly doing: Doing;
  readonly which: number;

  constructor(doing: Doing, which: number) {
    super();
    this.doing = doing;
    this.which = which;
  }

  toString(): string {
    return `${this.doing.what} (${String(this.which)})`;
  }

  protected async happen(cluster: Cluster): Promise<void> {
    const there = living(cluster.account.snapshot()).filter(({ table }) => table === this.doing.table);
    const thing = there[this.which % Math.max(1, there.length)];
    if (thing === undefined) return;
    if (this.doing.takesNode === true) cluster.disturb();
    try {
      await this.doing.does(cluster, thing);
    } catch (error) {
      // AWS refuses some of it (a route that is not there, a thing not yet known): then nothing happens.
      cluster.log.push(`AWS says no: ${error instanceof Error ? error.name : String(error)}`);
    }
  }
}

export const behindTheBack = fc
  .record({ doing: fc.constantFrom(...doings), which: fc.nat({ max: 5 }) })
  .map(({ doing, which }) => new BehindTheBack(doing, which));
