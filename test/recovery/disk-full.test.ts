import { readFileSync } from 'node:fs';
import path from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { parseState } from '../../src/state/parse.ts';
import { type Disk, type Trouble, watchDisk } from './disk.ts';
import { Life } from './life.ts';
import { difference } from './normal-account.ts';
import { type Ended, runProcess } from './process.ts';
import { config } from './scenes.ts';
import { settledAccount } from './settled-account.ts';
import { createDirectory, type Files, openAccount, readFiles, removeDirectory } from './site.ts';
import type { SimulatedAccount } from '../../src/simulator/account.ts';
import type { WorldSnapshot } from '../../src/simulator/core/world.ts';

const directories: string[] = [];
let disk: Disk | undefined;
afterEach(() => {
  disk?.restore();
  directories.splice(0).forEach(removeDirectory);
});

/** The name under which the state is written aside. */
const aside = 'state.json.new';

interface Site {
  readonly account: SimulatedAccount;
  readonly directory: string;
}

function site(snapshot?: WorldSnapshot, files?: Files): Site {
  const directory = createDirectory(config, files);
  directories.push(directory);
  return { directory, account: openAccount(snapshot === undefined ? {} : { snapshot }) };
}

async function run({ account, directory }: Site, words: readonly string[]): Promise<Ended> {
  const ended = await runProcess({ words, directory, account, life: new Life() });
  if (ended === undefined) throw new Error('nobody kills it');
  return ended;
}

/** Runs it on a disk that refuses from one write on, or this one alone. */
async function runOn(where: Site, words: readonly string[], refuses: (write: number) => Trouble | undefined) {
  disk = watchDisk(aside, refuses);
  const ended = await run(where, words);
  disk.restore();
  return { ended, writes: disk.writes };
}

/** Every address in the account that the state file on the disk has never heard of. */
function unrecorded({ account, directory }: Site): readonly string[] {
  const file = path.join(directory, '.es-ecs', 'simulated', 'state.json');
  let known: ReadonlySet<string> = new Set();
  try {
    const { resources, intents } = parseState(readFileSync(file, 'utf8'), file);
    known = new Set([...Object.keys(resources), ...Object.keys(intents)]);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  const rows = Object.values(account.snapshot().tables).flat();
  const addresses = rows.map((row) => addressIn(JSON.stringify(row))).filter((one) => one !== undefined);
  // The lock is taken before anything is recorded, and is no resource.
  return addresses.filter((address) => address !== 'lock' && !known.has(address));
}

function addressIn(row: string): string | undefined {
  return /"es-ecs-resource(?:":"|","value":")([^"]+)"/i.exec(row)?.[1];
}

interface Told {
  readonly write: number;
  readonly how: string;
  readonly wrong: readonly string[];
}

/** One run with trouble at a write, then one with room; what is not as it should be. */
async function disturbed(
  given: {
    readonly words: readonly string[];
    readonly begin: () => Site;
    readonly expected: readonly string[];
  },
  trouble: { readonly write: number; readonly refuses: (write: number) => Trouble | undefined },
): Promise<readonly string[]> {
  const where = given.begin();
  const { ended, writes } = await runOn(where, given.words, trouble.refuses);
  // Writes asked for at the same time are made together, so there may be one or two less than last time.
  if (writes < trouble.write) return [];
  const wrong: string[] = [];
  if (ended.status !== 1) wrong.push(`ended with ${String(ended.status)}: ${ended.stderr}`);
  const sentences = ended.stderr.split('\n').filter((line) => line.startsWith('✖'));
  if (sentences.length !== 1 || !/state\.json cannot be written: E(NOSPC|ACCES): /.test(sentences[0] ?? ''))
    wrong.push(`said ${ended.stderr}`);
  if (given.words[0] === 'up')
    wrong.push(...unrecorded(where).map((address) => `${address} is not recorded`));
  const again = await run(where, given.words);
  if (again.status !== 0) wrong.push(`the next run ended with ${String(again.status)}: ${again.stderr}`);
  wrong.push(...difference(given.expected, await settledAccount(where.account)));
  if (Object.keys(readFiles(where.directory)).some((name) => /\.(lock|new)$/.test(name)))
    wrong.push(`files are left: ${Object.keys(readFiles(where.directory)).join(' ')}`);
  return wrong;
}

async function everyWrite(given: {
  readonly words: readonly string[];
  readonly begin: () => Site;
}): Promise<{ readonly writes: number; readonly told: readonly Told[] }> {
  const calm = given.begin();
  const { ended, writes } = await runOn(calm, given.words, () => undefined);
  expect(ended.status, ended.stderr).toBe(0);
  const expected = await settledAccount(calm.account);
  const told: Told[] = [];
  for (let write = 1; write <= writes; write += 1) {
    const hows: readonly (readonly [string, (n: number) => Trouble | undefined])[] = [
      ['full from then on', (n) => (n >= write ? 'ENOSPC' : undefined)],
      ['full once', (n) => (n === write ? 'ENOSPC' : undefined)],
      // It makes no difference to what is done, only to what is said.
      ...(write % 8 === 1
        ? [['unwritable from then on', (n: number) => (n >= write ? 'EACCES' : undefined)] as const]
        : []),
    ];
    for (const [how, refuses] of hows) {
      const wrong = await disturbed({ ...given, expected }, { write, refuses });
      if (wrong.length > 0) told.push({ write, how, wrong });
    }
  }
  return { writes, told };
}

describe('a disk that is full, or a directory that takes no more, at each write of the state', () => {
  it('makes up record all it has made, say which file it is, and go on where there is room again', async () => {
    const { writes, told } = await everyWrite({ words: ['up'], begin: () => site() });
    console.log(`up: each of ${writes} writes of the state refused, it alone and it with all that follow`);
    expect(writes).toBeGreaterThan(20);
    expect(told).toEqual([]);
  });

  it('makes destroy say which file it is, and leave nothing once there is room again', async () => {
    const standing = site();
    expect((await run(standing, ['up'])).status).toBe(0);
    const snapshot = JSON.stringify(standing.account.snapshot());
    const files = readFiles(standing.directory);
    const { writes, told } = await everyWrite({
      words: ['destroy', '--delete-data'],
      begin: () => site(JSON.parse(snapshot) as WorldSnapshot, files),
    });
    console.log(
      `destroy: each of ${writes} writes of the state refused, it alone and it with all that follow`,
    );
    expect(writes).toBeGreaterThan(10);
    expect(told).toEqual([]);
  });
});
