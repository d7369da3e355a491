import path from 'node:path';

import { type Clients, createClients, type CredentialPlaces } from '../aws/clients.ts';
import { CallMeter } from '../aws/meter.ts';
import { type Clock, realClock } from '../engine/clock.ts';
import { EsEcsError, invariant } from '../errors.ts';
import { AccountLock } from '../lock/account-lock.ts';
import type { Holder } from '../state/lock.ts';
import { openProxies, type Proxies } from './proxies.ts';
import type { SessionOptions } from './session.ts';
import type { SessionFiles } from './session-files.ts';
import type { Simulation } from './simulation.ts';

/** The account that a command works on, real or simulated, before anything was asked of it. */
export interface Account {
  readonly clock: Clock;
  readonly clients: Clients;
  readonly meter: CallMeter;
  /** Undefined on a real account. */
  readonly simulation: Simulation | undefined;
  /** The way out of this machine, where it leads through a proxy. */
  readonly proxies: Proxies | undefined;
  /** The account's own lock: not taken before something is to be written. */
  readonly lock: AccountLock;
  /** Says that a run is known to be dead, whatever its lock says. */
  declareDead(run: string): void;
}

/** What of a session's options concerns its account. */
type AccountOptions = Pick<SessionOptions, 'options' | 'located' | 'terminal' | 'locks'> &
  Partial<Pick<SessionOptions, 'command' | 'signal' | 'notice' | 'faults' | 'permissions' | 'kind'>>;

/** Opens an account. No call changes anything in it before the command holds the account's lock. */
export async function openAccount(
  options: AccountOptions,
  given: { readonly files: SessionFiles; readonly holder: Holder },
): Promise<Account> {
  const { config } = options.located;
  const simulation =
    options.options.simulate === true ? await openSimulation(options, given.files) : undefined;
  // Nothing of a rehearsal leaves this machine.
  const proxies = simulation === undefined ? await openProxies() : undefined;
  const clock = simulation?.clock ?? realClock;
  const meter = new CallMeter();
  const dead = new Set<string>();
  const beforeWrite = async (): Promise<void> => {
    invariant(options.locks, 'a command that only reads was about to write');
    await lock.take();
  };
  const beforeSend = (): void => {
    if (options.signal?.aborted !== true) return;
    // What is being made is brought to its end, so that its id is recorded. What is being taken down may stop between any two
    // calls: it is found again as far as it is there.
    if (lock.isTaken && options.command !== 'destroy') return;
    const message = lock.isTaken ? 'interrupted' : 'interrupted before anything was changed';
    throw new EsEcsError('INTERRUPTED', message, { hint: 'run the same command again to go on' });
  };
  const clients = createClients({
    region: config.region,
    clock,
    meter,
    beforeWrite,
    beforeSend,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onSlow: (service) => {
      options.notice?.(`AWS throttles ${service}: its calls are sent more slowly until it no longer does`);
    },
    ...(proxies === undefined ? {} : { proxies }),
    ...(simulation === undefined
      ? { credentials: realCredentials(options) }
      : {
          attach: (client) => {
            simulation.attach(client);
          },
          credentials: simulation.credentials,
        }),
  });
  const lock = new AccountLock({
    ssm: clients.ssm,
    cluster: config.name,
    tags: config.tags,
    clock,
    holder: given.holder,
    isKnownDead: ({ run }) => dead.has(run),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onNameHeld: () => {
      options.notice?.('waiting until AWS frees the name of the lock that was taken down a moment ago');
    },
    ...visibleWithin(simulation === undefined ? process.env['ES_ECS_VISIBLE_WITHIN_SECONDS'] : undefined),
  });
  return { clock, clients, meter, simulation, proxies, lock, declareDead: (run) => dead.add(run) };
}

/** Those that the AWS CLI would take. A document for a program has nobody in front of it who could be asked for a code. */
function realCredentials({ options, terminal, signal, notice }: AccountOptions): CredentialPlaces {
  const asks = terminal.canAsk && options.json !== true ? terminal.askSecret?.bind(terminal) : undefined;
  return {
    environment: process.env,
    ...(notice === undefined ? {} : { notice }),
    ...(asks === undefined ? {} : { askSecret: (question) => asks(question, signal) }),
  };
}

/** For an emulator that shows at once what it has made: a wait for what it shows late would only cost time. */
function visibleWithin(seconds: string | undefined): { readonly visibleWithinMs?: number } {
  if (seconds === undefined || seconds === '') return {};
  if (/^\d+$/.test(seconds)) return { visibleWithinMs: Number(seconds) * 1000 };
  throw new EsEcsError(
    'USAGE',
    `ES_ECS_VISIBLE_WITHIN_SECONDS is ${seconds}, not a whole number of seconds`,
    {
      hint: 'unset ES_ECS_VISIBLE_WITHIN_SECONDS',
    },
  );
}

/** @throws EsEcsError LOCKED while the account is served */
async function openSimulation(options: AccountOptions, files: SessionFiles): Promise<Simulation> {
  const { terminal, located, locks, permissions, kind, faults = [] } = options;
  const open = terminal.openSimulation ?? (await import('./simulation.ts')).createSimulation;
  const { served, whoServes } = await import('./served-account.ts');
  const file = path.join(path.dirname(files.state), 'account.json');
  const holder = await whoServes(file, terminal);
  if (holder !== undefined) throw served(file, holder);
  const simulation = await open({
    file,
    keyFile: files.key,
    config: located.config,
    faults,
    ...(permissions === undefined ? {} : { permissions }),
    ...(kind === undefined ? {} : { kind }),
  });
  return {
    ...simulation,
    save: async () => {
      // Somebody has begun to serve it meanwhile: what this command has in mind is no longer the account.
      const later = await whoServes(file, terminal);
      if (later === undefined) await simulation.save();
      else if (locks) throw served(file, later);
    },
  };
}
