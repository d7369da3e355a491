import { mockClient } from 'aws-sdk-client-mock';

import { type Clients, createClients } from '../../../src/aws/clients.ts';
import { Inventory } from '../../../src/aws/inventory.ts';
import { CallMeter } from '../../../src/aws/meter.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createVirtualClock } from '../../../src/engine/clock.ts';
import { oneByOne } from '../../../src/engine/lane.ts';
import type { Adapters } from '../../../src/steps/adapters.ts';
import type { StepContext } from '../../../src/steps/context.ts';
import type { Facts, HostImage } from '../../../src/steps/facts.ts';
import { configText, freeDepartures } from './ground.ts';

/** The class of an SDK command. */
export type CommandClass = abstract new (...input: never[]) => object;

/** Stands in for AWS: answers what it was told, refuses everything else, and keeps what was sent. */
export interface Stub {
  /** Every call of a command gets the answer, or the error, from now on. */
  answer(command: CommandClass, answer: object): void;
  /** The inputs of a command, in the order of the calls. */
  sent(command: CommandClass): readonly unknown[];
  /** How many calls there were, of whatever command. */
  readonly count: number;
}

/** A context whose clients talk to stubs, for the exact input that a resource sends. */
export interface Bench {
  readonly context: StepContext;
  readonly clients: Clients;
  stub(client: keyof Clients): Stub;
}

function hostImage(imageId: string): HostImage {
  return { imageId, rootDevice: '/dev/xvda', rootSizeGiB: 30, createdAtMs: Date.UTC(2025, 11, 1) };
}

export const facts: Facts = {
  accountId: '123456789012',
  partition: 'aws',
  region: 'eu-west-1',
  zones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
  volumeZones: new Map(),
  bastionZone: 'eu-west-1a',
  instanceTypes: new Map([
    ['m7g.large', { architecture: 'arm64', memoryMiB: 8192, vcpus: 2, hasNvmeVolumes: true }],
    ['m7i.large', { architecture: 'x86_64', memoryMiB: 8192, vcpus: 2, hasNvmeVolumes: true }],
    ['t4g.nano', { architecture: 'arm64', memoryMiB: 512, vcpus: 2, hasNvmeVolumes: true }],
  ]),
  hostImages: new Map([
    ['arm64', hostImage('ami-0a')],
    ['x86_64', hostImage('ami-0b')],
  ]),
  bastionImageId: 'ami-0c',
  callerArn: 'arn:aws:iam::123456789012:user/simulated',
  key: undefined,
  bastionCidrs: ['203.0.113.7/32'],
};

/** Adapters that make values one can tell. */
const adapters: Adapters = {
  images: {
    check: async () => {},
    buildAndPush: async () => {},
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
      notAfterMs: Date.UTC(2029, 0, 1),
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
  const located = loadConfig(configText(more), 'es-ecs.yaml');
  const { config } = located;
  const inventory = new Inventory(clients, config.name);
  const context: StepContext = {
    config,
    located,
    facts,
    clients,
    inventory,
    adapters,
    clock,
    nodeLane: oneByOne('nodes'),
    departures: freeDepartures,
    present: new Set(),
    standingSubnets: [],
    formerTags: new Set(),
    ...given,
  };
  return {
    context,
    clients,
    stub: (name) => stubOf(clients[name]),
  };
}

function stubOf(client: Clients[keyof Clients]): Stub {
  // aws-sdk-client-mock types each stub by its client's commands; a test names the command it means.
  const mock = mockClient(client as Clients['ec2']);
  mock.onAnyCommand().rejects(new Error('no answer was given for this command'));
  return {
    answer: (command, answer) => {
      const behaviour = mock.on(command as never);
      if (answer instanceof Error) behaviour.rejects(answer);
      else behaviour.resolves(answer);
    },
    sent: (command) => mock.commandCalls(command as never).map((call): unknown => call.args[0].input),
    get count() {
      return mock.calls().length;
    },
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
