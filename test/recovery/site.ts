import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { createVirtualClock } from '../../src/engine/clock.ts';
import { createSimulatedAccount, type SimulatedAccount } from '../../src/simulator/account.ts';
import type { Fault } from '../../src/simulator/core/faults.ts';
import type { WorldSnapshot } from '../../src/simulator/core/world.ts';
import { scratch } from '../scratch.ts';
import type { WriteMoment } from './life.ts';

/** What a directory holds of a run, by name: the state, its lock, the key. */
export type Files = Readonly<Record<string, string>>;

/** All that a killed process leaves: the files of its directory, and the account as JSON. */
export interface CrashImage {
  readonly files: Files;
  readonly account: string;
}

const stateFolder = path.join('.es-ecs', 'simulated');

/** A new directory with a config, and with the files of an earlier one. */
export function createDirectory(config: string, files: Files = {}): string {
  const directory = scratch('desk');
  writeFileSync(path.join(directory, 'es-ecs.yaml'), config);
  mkdirSync(path.join(directory, stateFolder), { recursive: true });
  for (const [name, text] of Object.entries(files))
    writeFileSync(path.join(directory, stateFolder, name), text, { mode: 0o600 });
  return directory;
}

export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

/** The files as they lie there now. */
export function readFiles(directory: string): Files {
  const folder = path.join(directory, stateFolder);
  if (!existsSync(folder)) return {};
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]),
  );
}

/** How an account is opened. */
export interface Opening {
  readonly snapshot?: WorldSnapshot;
  /** How long after the snapshot. */
  readonly gapMs?: number;
  readonly seed?: number;
  readonly onCall?: (moment: WriteMoment) => void;
  /** Up to so long nothing new is shown by filters, tags or its id, each thing for a time of its own. */
  readonly hiddenUpToMs?: number;
  readonly faults?: readonly Fault[];
}

/** An account of its own virtual time, empty or as it was left. */
export function openAccount(opening: Opening = {}): SimulatedAccount {
  const { snapshot, gapMs = 0, seed = 1, onCall = () => undefined, hiddenUpToMs, faults } = opening;
  const clock = createVirtualClock({
    startMs: (snapshot?.nowMs ?? Date.UTC(2026, 0, 1)) + gapMs,
    seed: (snapshot?.serial ?? 0) * 31 + seed,
    inOrder: true,
  });
  const account = createSimulatedAccount({
    clock,
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(faults === undefined ? {} : { faults }),
    beforeCall: ({ operation, service }) => {
      onCall({ operation, service, when: 'before' });
    },
    afterCall: ({ operation, service }) => {
      onCall({ operation, service, when: 'after' });
    },
  });
  if (hiddenUpToMs !== undefined) hide(account, hiddenUpToMs);
  return account;
}

/** Each time that a delay is asked for it is another one. */
function hide(account: SimulatedAccount, upToMs: number): void {
  const { world } = account;
  for (const name of ['visible', 'visibleById'])
    Object.defineProperty(world.delays, name, { get: () => Math.round(world.random() * upToMs) });
}

/** Reads a crash image's account anew, so that nobody shares rows with anybody. */
export function snapshotOf(image: CrashImage): WorldSnapshot {
  // Written by JSON.stringify from just this type.
  return JSON.parse(image.account) as WorldSnapshot;
}
