import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  type Service,
  type Task,
} from '@aws-sdk/client-ecs';
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';

import { type Clients, createClients } from '../../../src/aws/clients.ts';
import { CallMeter } from '../../../src/aws/meter.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/engine/clock.ts';
import {
  createSimulatedAccount,
  type SimulatedAccount,
  type SimulatedAccountOptions,
} from '../../../src/simulator/account.ts';
import { registerHost } from '../../../src/simulator/ecs/container-instances.ts';

export interface Stage {
  readonly clock: VirtualClock;
  readonly account: SimulatedAccount;
  readonly clients: Clients;
}

const region = 'eu-west-1';

/** An account and clients that talk to it. */
export function stage(options: Partial<SimulatedAccountOptions> = {}): Stage {
  const clock = createVirtualClock({ startMs: Date.UTC(2026, 0, 1) });
  const account = createSimulatedAccount({ clock, ...options });
  const clients = createClients({
    region,
    clock,
    meter: new CallMeter(),
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    attach: account.attach,
  });
  return { clock, account, clients };
}

const image = 'docker.elastic.co/elasticsearch/elasticsearch:9.4.6';
const nodes = ['search-0', 'search-1', 'search-2'];

export function taskDefinition(
  changes: Partial<RegisterTaskDefinitionCommandInput> = {},
  container: Record<string, unknown> = {},
): RegisterTaskDefinitionCommandInput {
  return {
    family: 'es-ecs-search',
    networkMode: 'host',
    containerDefinitions: [
      {
        name: 'elasticsearch',
        image,
        memory: 6144,
        stopTimeout: 120,
        environment: [{ name: 'ES_ECS_ROLES', value: 'master,data,ingest' }],
        portMappings: [{ containerPort: 9200 }, { containerPort: 9300 }],
        healthCheck: { command: ['CMD', '/usr/local/bin/es-ecs-health'] },
        ...container,
      },
    ],
    ...changes,
  };
}

/** An ECS host as its agent registers it. */
export function host({ account }: Stage, name: string, attributes: Record<string, string> = {}): void {
  const index = nodes.indexOf(name);
  registerHost(account.world, {
    cluster: 'es-ecs-search',
    instanceId: `i-${name}`,
    memoryMiB: 8192,
    cpuUnits: 2048,
    attributes: {
      'es-ecs-node': name,
      'es-ecs-volume': `vol-${name}`,
      'es-ecs-bootstrap': nodes.join(':'),
      'ecs.availability-zone': `${region}${'abc'[index] ?? 'a'}`,
      'ecs.cpu-architecture': 'x86_64',
      ...attributes,
    },
  });
}

export async function service({ clients }: Stage, name: string, changes: object = {}): Promise<void> {
  await clients.ecs.send(
    new CreateServiceCommand({
      cluster: 'es-ecs-search',
      serviceName: name,
      taskDefinition: 'es-ecs-search',
      desiredCount: 1,
      availabilityZoneRebalancing: 'DISABLED',
      deploymentConfiguration: { minimumHealthyPercent: 0, maximumPercent: 100 },
      placementConstraints: [{ type: 'memberOf', expression: `attribute:es-ecs-node == ${name}` }],
      ...changes,
    }),
  );
}

/** A cluster, a task definition, and for each node a host and a service. */
export async function threeNodes(on: Stage): Promise<void> {
  await on.clients.ecs.send(new CreateClusterCommand({ clusterName: 'es-ecs-search' }));
  await on.clients.ecs.send(new RegisterTaskDefinitionCommand(taskDefinition()));
  for (const name of nodes) {
    host(on, name);
    await service(on, name);
  }
}

/** What the service's scheduler shows of itself. */
export async function describeService({ clients }: Stage, name: string): Promise<Service> {
  const answer = await clients.ecs.send(
    new DescribeServicesCommand({ cluster: 'es-ecs-search', services: [name] }),
  );
  const [found] = answer.services ?? [];
  if (found === undefined) throw new Error(`no service ${name}`);
  return found;
}

/** The tasks of a service, stopped ones when asked for. */
export async function tasksOf(
  { clients }: Stage,
  name: string,
  desiredStatus: 'RUNNING' | 'STOPPED' = 'RUNNING',
): Promise<Task[]> {
  const listed = await clients.ecs.send(
    new ListTasksCommand({ cluster: 'es-ecs-search', serviceName: name, desiredStatus }),
  );
  if ((listed.taskArns ?? []).length === 0) return [];
  const answer = await clients.ecs.send(
    new DescribeTasksCommand({ cluster: 'es-ecs-search', tasks: listed.taskArns }),
  );
  return answer.tasks ?? [];
}

/** Lets time pass in small steps, as somebody who looks from time to time does. */
export async function pass({ clock, account }: Stage, seconds: number): Promise<void> {
  await clock.sleep(seconds * 1000);
  account.world.catchUp();
}

/** A secret and the execution role, which may read secrets unless `allows` says otherwise. */
export async function secretAndRole(
  { clients }: Stage,
  allows = 'secretsmanager:GetSecretValue',
): Promise<{ readonly secretArn: string; readonly roleArn: string }> {
  const secret = await clients.secretsManager.send(
    new CreateSecretCommand({ Name: 'es-ecs/search/password', SecretString: '{"password":"p"}' }),
  );
  const role = await clients.iam.send(
    new CreateRoleCommand({
      RoleName: 'execution',
      AssumeRolePolicyDocument: JSON.stringify({
        Statement: [
          { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'ecs-tasks.amazonaws.com' } },
        ],
      }),
    }),
  );
  await clients.iam.send(
    new PutRolePolicyCommand({
      RoleName: 'execution',
      PolicyName: 'secrets',
      PolicyDocument: JSON.stringify({ Statement: [{ Effect: 'Allow', Action: allows, Resource: '*' }] }),
    }),
  );
  return { secretArn: secret.ARN ?? '', roleArn: role.Role?.Arn ?? '' };
}
