import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterEach, expect, it } from 'vitest';

import { slowDisk } from './disk.ts';
import { Life } from './life.ts';
import { runProcess } from './process.ts';
import { config, editedConfig } from './scenes.ts';
import { createDirectory, openAccount, removeDirectory } from './site.ts';

// What the other suites find by a seed can be had again by it only if nothing that takes real time decides what happens when.

let restore = (): void => undefined;
const directories: string[] = [];
afterEach(() => {
  restore();
  directories.splice(0).forEach(removeDirectory);
});

/** Every call of a whole life, with the instant of the account's time at which it came. */
async function life(): Promise<readonly string[]> {
  const account = openAccount({ hiddenUpToMs: 10_000 });
  const directory = createDirectory(config);
  directories.push(directory);
  for (const [text, words] of [
    [config, ['up']],
    [editedConfig, ['up']],
    [editedConfig, ['destroy', '--delete-data']],
  ] as const) {
    writeFileSync(path.join(directory, 'es-ecs.yaml'), text);
    const ended = await runProcess({ words, directory, account, life: new Life() });
    if (ended?.status !== 0) throw new Error(ended?.stderr);
  }
  return account.calls.map(({ service, operation, atMs }) => `${String(atMs)} ${service} ${operation}`);
}

it('does the same things at the same moments on a fast disk and on slow ones', async () => {
  const onFastDisk = await life();
  expect(onFastDisk.length).toBeGreaterThan(300);
  for (const longestMs of [4, 12]) {
    let turn = 0;
    ({ restore } = slowDisk(() => (turn += 7) % longestMs));
    expect(await life()).toEqual(onFastDisk);
    restore();
  }
});
