import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import writeFileAtomic from 'write-file-atomic';

import type { AnyClient } from '../aws/clients.ts';
import { createSecretMaker } from '../certificates/secret-maker.ts';
import type { Config } from '../config/config.ts';
import { elasticsearchYml } from '../docker/context.ts';
import { type Clock, createPacedClock, createVirtualClock, realClock } from '../engine/clock.ts';
import { EsEcsError } from '../errors.ts';
import { createSimulatedAccount, type Fault, type SimulatedAccount } from '../simulator/account.ts';
import type { Delays } from '../simulator/core/delays.ts';
import { parseSnapshot } from '../simulator/core/snapshot.ts';
import type { World, WorldSnapshot } from '../simulator/core/world.ts';
import { kindOf, openAs } from '../simulator/kinds/kinds.ts';
import type { PolicyStatement } from '../simulator/policy/documents.ts';
import type { Weighed } from '../simulator/policy/permissions.ts';
import type { TaskRuntime } from '../simulator/ecs/task-runtime.ts';
import { simulatedImageBuilder } from '../simulator/ecr/image-builder.ts';
import { simulatedClusterView } from '../simulator/elasticsearch/cluster-view.ts';
import { createKeyStore } from '../ssh/key-store.ts';
import { findSecret } from '../simulator/secrets-manager/secrets.ts';
import type { Adapters } from '../steps/adapters.ts';
import { secretName } from '../steps/names.ts';
import { passwordKeys } from '../steps/way-in.ts';

/** The simulated account of a directory, and the adapters that go with it. */
export interface Simulation {
  readonly account: SimulatedAccount;
  readonly clock: Clock;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly adapters: Adapters;
  attach(client: AnyClient): void;
  askCallerAddress(): Promise<string>;
  /**
   * Writes the account to its file.
   *
   * @throws EsEcsError STATE_UNWRITABLE
   */
  save(): Promise<void>;
}

/** Where the account is, and for whom. */
export interface SimulationOptions {
  readonly file: string;
  /** Where the cluster's key pair is: clusters of one account have each their own. */
  readonly keyFile: string;
  readonly config: Config;
  /** What is to go wrong. */
  readonly faults?: readonly Fault[];
  /** What the caller may do; absent: everything. */
  readonly permissions?: readonly PolicyStatement[];
  /** As which kind it is opened for the first time; absent: as it is, and an ordinary one where there is none yet. */
  readonly kind?: string;
  /** Told of each thing that is weighed against `permissions`. For tests. */
  readonly onWeighed?: (weighed: Weighed) => void;
  /** How long things take, where it is not as long as usual. For tests. */
  readonly delays?: Partial<Delays>;
  /** What runs the tasks, where they are not to be played in virtual time. */
  readonly runtime?: TaskRuntime;
  /** Comes out the same each time it is played, from this moment on and whatever is written to disk first. For tests and documents. */
  readonly replayedFromMs?: number;
  /** Its time goes by itself, so many times as fast as the real one; absent: it jumps from one event to the next. */
  readonly pace?: number;
}

/** Opens the account that `--simulate` talks to. */
export type OpenSimulation = (options: SimulationOptions) => Promise<Simulation>;

/** Of TEST-NET-3 (RFC 5737): nobody's. */
const callerAddress = '203.0.113.7';

/**
 * Opens the simulated account, or makes a new one. Its time goes on from where it was left, or from now if that is later.
 *
 * @throws EsEcsError STATE_UNREADABLE or STATE_CORRUPT, when its file cannot be read; STATE_MISMATCH, when it is of another region.
 */
export async function createSimulation(options: SimulationOptions): Promise<Simulation> {
  const { file, config, faults = [], runtime, permissions, onWeighed, delays, pace } = options;
  const snapshot = await readAccount(file);
  if (snapshot !== undefined) checkRegion(snapshot, options);
  const { replayedFromMs } = options;
  const startMs = Math.max(replayedFromMs ?? realClock.now(), snapshot?.nowMs ?? 0);
  // Another seed each time the account has changed: client tokens come from it, and AWS remembers them for a day.
  const seed = (snapshot?.serial ?? 0) + 1;
  const clock =
    pace === undefined
      ? createVirtualClock({ startMs, seed, inOrder: replayedFromMs !== undefined })
      : createPacedClock({ startMs, pace });
  const account = createSimulatedAccount({
    clock,
    region: config.region,
    faults,
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(runtime === undefined ? {} : { runtime }),
    ...(permissions === undefined ? {} : { permissions }),
    ...(onWeighed === undefined ? {} : { onWeighed }),
    // A call that really takes its time need not be played.
    delays: { ...(pace === undefined ? {} : { call: 0 }), ...delays },
  });
  if (options.kind !== undefined) {
    if (snapshot === undefined) openAs(account.world, options.kind);
    else checkKind(kindOf(account.world), options.kind, file);
  }
  return {
    account,
    clock,
    credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
    adapters: simulatedAdapters(account, options),
    attach: (client) => {
      account.attach(client);
    },
    askCallerAddress: () => Promise.resolve(callerAddress),
    save: () => writeAccount(file, account.snapshot()),
  };
}

/** What goes with a simulated account; the key pair alone is a real one, in a file. */
export function simulatedAdapters(account: SimulatedAccount, options: SimulationOptions): Adapters {
  const { keyFile, config } = options;
  return {
    images: simulatedImageBuilder(account, elasticsearchYml(config)),
    keys: createKeyStore({
      file: keyFile,
      comment: `es-ecs ${config.name}`,
    }),
    secrets: createSecretMaker(() => account.clock.now()),
    cluster: {
      connect: () => {
        const { world } = account;
        return Promise.resolve(simulatedClusterView(world, config.name, simulatedPasswords(world, config)));
      },
    },
  };
}

/** Those that the secret holds now, as the real way in reads them; undefined where there is none. */
function simulatedPasswords(world: World, config: Config): readonly string[] | undefined {
  const row = findSecret(world, secretName(config, 'password'));
  const text = row?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.text;
  if (text === undefined) return undefined;
  const { password, next } = passwordKeys.parse(JSON.parse(text));
  return next === undefined ? [password] : [password, next];
}

async function writeAccount(file: string, snapshot: WorldSnapshot): Promise<void> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFileAtomic(file, JSON.stringify(snapshot), { mode: 0o600 });
  } catch (error) {
    throw new EsEcsError(
      'STATE_UNWRITABLE',
      `the simulated account cannot be kept in ${file}: ${reason(error)}`,
      {
        cause: error,
        hint: 'make room or make the directory writable: the account is as it was before this command',
      },
    );
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** An account has every region; a simulated one has only the one that it was begun with. */
function checkRegion({ region }: WorldSnapshot, { file, config }: SimulationOptions): void {
  if (region === config.region) return;
  throw new EsEcsError(
    'STATE_MISMATCH',
    `the simulated account in ${file} has the region ${region} only, and this run is for ${config.region}`,
    {
      hint: `set region: ${region} in the config, or rm -r ${path.dirname(file)}  to start with an empty account`,
    },
  );
}

/** An account is opened once: what has happened in one of another kind would have gone otherwise in this one. */
function checkKind(is: string | undefined, asked: string, file: string): void {
  if (is === asked) return;
  const was = is === undefined ? 'as an ordinary one' : `with --simulate-account ${is}`;
  throw new EsEcsError(
    'STATE_MISMATCH',
    `the simulated account in ${file} was opened ${was}, and this run asks for --simulate-account ${asked}`,
    {
      hint: `leave --simulate-account out to go on with it, or rm -r ${path.dirname(file)}  to start with an empty account`,
    },
  );
}

async function readAccount(file: string): Promise<WorldSnapshot | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new EsEcsError(
      'STATE_UNREADABLE',
      `the simulated account in ${file} cannot be read: ${reason(error)}`,
      {
        cause: error,
        hint: `make ${file} readable for you, or rm -r ${path.dirname(file)}  to start with an empty account`,
      },
    );
  }
  const snapshot = parseSnapshot(text);
  if (snapshot !== undefined) return snapshot;
  throw new EsEcsError('STATE_CORRUPT', `the simulated account in ${file} cannot be read`, {
    hint: `rm -r ${path.dirname(file)}  starts with an empty account`,
  });
}
