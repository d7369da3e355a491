import * as autoScaling from '@aws-sdk/client-auto-scaling';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as ec2 from '@aws-sdk/client-ec2';
import * as ecr from '@aws-sdk/client-ecr';
import * as ecs from '@aws-sdk/client-ecs';
import * as iam from '@aws-sdk/client-iam';
import * as kms from '@aws-sdk/client-kms';
import * as secretsManager from '@aws-sdk/client-secrets-manager';
import * as serviceQuotas from '@aws-sdk/client-service-quotas';
import * as ssm from '@aws-sdk/client-ssm';
import * as sts from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import * as freeTier from '../../../src/aws/free-tier.ts';
import { type Clients, createClients } from '../../../src/aws/clients.ts';
import { CallMeter } from '../../../src/aws/meter.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/engine/clock.ts';
import { createSimulatedAccount, type SimulatedAccount } from '../../../src/simulator/account.ts';
import { services } from '../../../src/simulator/services.ts';
import { Story } from '../../lifecycle/story.ts';
import { operationSteps } from './steps.ts';
import { forSdk, frozen, valueAt, withValues } from './values.ts';

/** The client and the commands of each service. */
const sdk: Readonly<Record<string, readonly [keyof Clients, Readonly<Record<string, unknown>>]>> = {
  AutoScaling: ['autoScaling', autoScaling],
  CloudWatchLogs: ['logs', logs],
  EC2: ['ec2', ec2],
  ECR: ['ecr', ecr],
  ECS: ['ecs', ecs],
  FreeTier: ['freeTier', freeTier],
  IAM: ['iam', iam],
  KMS: ['kms', kms],
  SecretsManager: ['secretsManager', secretsManager],
  ServiceQuotas: ['serviceQuotas', serviceQuotas],
  SSM: ['ssm', ssm],
  STS: ['sts', sts],
};

type Send = (command: object) => Promise<object>;
type MakeCommand = new (input: object) => object;

describe('every simulated operation, in the account of a cluster that runs', () => {
  const story = new Story();
  let clock: VirtualClock;
  let account: SimulatedAccount;
  let clients: Clients;
  const known: Record<string, string> = {};

  beforeAll(async () => {
    await story.json('up');
    clock = createVirtualClock({ startMs: story.account.nowMs });
    account = createSimulatedAccount({ clock, snapshot: story.account });
    clients = createClients({
      region: account.world.region,
      clock,
      meter: new CallMeter(),
      credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
      attach: account.attach,
    });
  });
  afterAll(() => {
    story.end();
  });

  it('has a step', () => {
    const all = Object.entries(services).flatMap(([service, operations]) =>
      Object.keys(operations).map((operation) => `${service}:${operation}`),
    );
    expect([...new Set(operationSteps.map(({ call }) => call))].sort()).toEqual(all.sort());
  });

  it('does what it is asked', async () => {
    for (const { call, params, keeps = {}, thenSeconds = 0 } of operationSteps) {
      const [service = '', operation = ''] = call.split(':');
      const [client, commands] = sdk[service] ?? (['sts', sts] as const);
      // A client of the service takes its commands, whatever their types are.
      const Command = (commands as Readonly<Record<string, unknown>>)[`${operation}Command`] as MakeCommand;
      const send = clients[client].send.bind(clients[client]) as unknown as Send;
      const input = forSdk(withValues(params, known)) as object;
      const output = await send(new Command(input)).catch((error: unknown) => {
        throw new Error(`${call} ${JSON.stringify(input)}`, { cause: error });
      });
      for (const [name, where] of Object.entries(keeps)) known[name] = valueAt(frozen(output), where);
      await clock.sleep(thenSeconds * 1000);
    }
    expect(account.calls.filter(({ error }) => error !== undefined)).toEqual([]);
  });
});
