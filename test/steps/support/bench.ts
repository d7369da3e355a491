import { type AwsStub, mockClient } from 'aws-sdk-client-mock';

import { type Clients, createClients } from '../../../src/aws/clients.ts';
import { Inventory } from '../../../src/aws/inventory.ts';
import { CallMeter } from '../../../src/aws/meter.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createVirtualClock } from '../../../src/engine/clock.ts';
import type { Adapters } from '../../../src/steps/adapters.ts';
import type { StepContext } from '../../../src/steps/context.ts';
import type { Facts } from '../../../src/steps/facts.ts';
import { configText } from './ground.ts';

/** A stub that answers what it was told and refuses everything else. */
export type Stub = AwsStub<object, object, never>;

/** A context whose clients talk to stubs, for the exact input that a resource sends. */
export interface Bench {
  readonly context: StepContext;
  readonly clients: Clients;
  stub(client: keyof Clients): Stub;
}

export const facts: Facts = {
  accountId: '123456789012',
  partition: 'aws',
  region: 'eu-west-1',
  urlSuffix: 'amazonaws.com',
  zones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
  instanceTypes: new Map([
    ['m7g.large', { architecture: 'arm64', memoryMiB: 8192, vcpus: 2 }],
    ['m7i.large', { architecture: 'x86_64', memoryMiB: 8192, vcpus: 2 }],
    ['t4g.nano', { architecture: 'arm64', memoryMiB: 512, vcpus: 2 }],
  ]),
  hostImageIds: new Map([
    ['arm64', 'ami-0a'],
    ['x86_64', 'ami-0b'],
  ]),
  bastionImageId: 'ami-0c',
  bastionCidrs: ['203.0.113.7/32'],
};

/** Adapters that make values one can tell. */
export const adapters: Adapters = {
  images: {
    check: async () => {},
    buildAndPush: async () => ({ digest: `sha256:${'a'.repeat(64)}` }),
  },
  keys: {
    ensure: async () => ({ publicKey: 'ssh-ed25519 AAAA', privateKeyFile: 'key' }),
    read: async () => undefined,
    remove: async () => {},
  },
  secrets: {
    authority: async (cluster) => ({ certificate: `${cluster} CA`, privateKey: `${cluster} CA key` }),
    nodeCertificate: async (cluster, authority) => ({
      certificate: `${cluster} node, signed with ${authority.privateKey}`,
      privateKey: `${cluster} node key`,
    }),
    password: () => 'a password',
  },
  cluster: { connect: async () => undefined },
};

/** @param more lines of the config beside the smallest. */
export function createBench(more = '', given: Partial<StepContext> = {}): Bench {
  const clock = createVirtualClock({ startMs: Date.UTC(2026, 0, 1) });
  const clients = createClients({
    region: facts.region,
    clock,
    meter: new CallMeter(),
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
  });
  const { config } = loadConfig(configText(more), 'es-ecs.yaml');
  const inventory = new Inventory(clients, config.name);
  const context: StepContext = {
    config,
    facts,
    clients,
    inventory,
    adapters,
    clock,
    present: new Set(),
    ...given,
  };
  return {
    context,
    clients,
    // The stubs differ only in the types of commands, which each test writes out.
    stub: (client) => mockClient(clients[client] as never) as unknown as Stub,
  };
}

/** A resource that stands for one that others need. */
export function standIn(address: string): {
  address: string;
  needs: object;
  waits: { for: string; usualMs: number; everyMs: number; limitMs: number };
  desired: () => undefined;
  find: () => Promise<never>;
  id: () => string;
  phase: () => 'ready';
  diff: () => [];
} {
  return {
    address,
    needs: {},
    waits: { for: address, usualMs: 0, everyMs: 1, limitMs: 1 },
    desired: () => undefined,
    find: () => Promise.reject(new Error(`${address} is only a stand-in`)),
    id: () => address,
    phase: () => 'ready',
    diff: () => [],
  };
}
