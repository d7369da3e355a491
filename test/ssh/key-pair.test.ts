import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { makeKeyPair, publicKeyOf } from '../../src/ssh/key-pair.ts';
import { createKeyStore } from '../../src/ssh/key-store.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'es-ecs-key-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** The real program; without it the test says so in CI instead of passing. */
function sshKeygen(argv: readonly string[]): string | undefined {
  const result = spawnSync('ssh-keygen', argv, { encoding: 'utf8' });
  if (result.error !== undefined) {
    if (process.env['CI'] !== undefined)
      throw new Error('ssh-keygen is missing: apt-get install openssh-client');
    return undefined;
  }
  expect(result.stderr).toBe('');
  return result.stdout.trim();
}

describe('a key pair', () => {
  it('is what OpenSSH itself reads, whatever the length of the comment', (context) => {
    for (const comment of ['', 'a', 'es-ecs', 'es-ecs search@eu-west-1', 'x'.repeat(37)]) {
      const pair = makeKeyPair(comment);
      const file = path.join(directory, `key-${comment.length}`);
      writeFileSync(file, pair.privateKey, { mode: 0o600 });
      const derived = sshKeygen(['-y', '-f', file]);
      if (derived === undefined) {
        context.skip('ssh-keygen is not installed');
        return;
      }
      expect(derived).toBe(pair.publicKey.trim());
      expect(publicKeyOf(pair.privateKey)).toBe(pair.publicKey);
      writeFileSync(`${file}.pub`, `${pair.publicKey}\n`);
      expect(sshKeygen(['-l', '-f', `${file}.pub`])).toContain('(ED25519)');
    }
  });

  it('is another one each time', () => {
    expect(makeKeyPair('a').publicKey).not.toBe(makeKeyPair('a').publicKey);
  });

  it('refuses keys that it did not make', () => {
    expect(() => publicKeyOf('nonsense')).toThrow(RangeError);
    expect(() => publicKeyOf(makeKeyPair('a').privateKey.slice(0, 120))).toThrow(RangeError);
  });
});

describe('the key store', () => {
  const store = (): ReturnType<typeof createKeyStore> =>
    createKeyStore({ file: path.join(directory, 'sub', 'es-ecs.key'), comment: 'es-ecs search' });

  it('makes a key once, readable by its owner alone, and leaves nothing beside it', async () => {
    expect(await store().read()).toBeUndefined();
    const first = await store().ensure();
    expect(first.publicKey).toMatch(/^ssh-ed25519 [A-Za-z0-9+/=]+ es-ecs search$/);
    expect(statSync(first.privateKeyFile).mode & 0o777).toBe(0o600);
    expect(readdirSync(path.dirname(first.privateKeyFile))).toEqual(['es-ecs.key']);
    expect(await store().ensure()).toEqual(first);
    expect(await store().read()).toEqual(first);
  });

  it('goes on after a crash in the middle of writing', async () => {
    const { privateKeyFile } = await store().ensure();
    rmSync(privateKeyFile);
    writeFileSync(`${privateKeyFile}.new`, 'half a k');
    expect((await store().ensure()).publicKey).toMatch(/^ssh-ed25519 /);
    expect(readdirSync(path.dirname(privateKeyFile))).toEqual(['es-ecs.key']);
  });

  it('never overwrites a file that is something else', async () => {
    const { privateKeyFile } = await store().ensure();
    writeFileSync(privateKeyFile, 'mine');
    await expect(store().ensure()).rejects.toMatchObject({ code: 'SSH' });
    expect(readFileSync(privateKeyFile, 'utf8')).toBe('mine');
  });

  it('is removed, and removed again', async () => {
    await store().ensure();
    await store().remove();
    await store().remove();
    expect(await store().read()).toBeUndefined();
  });
});
