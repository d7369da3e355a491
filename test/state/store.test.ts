import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { realClock } from '../../src/engine/clock.ts';
import { parseState } from '../../src/state/parse.ts';
import { emptyState, stateSchema } from '../../src/state/schema.ts';
import { StateStore } from '../../src/state/store.ts';

const owner = { cluster: 'search', accountId: '123456789012', region: 'eu-west-1' };
let directory = '';
let file = '';

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'es-ecs-state-'));
  file = path.join(directory, 'es-ecs.state.json');
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const open = () => StateStore.open(file, owner, realClock);

describe('StateStore', () => {
  it('remembers ids between runs, in a file for its owner alone', async () => {
    const store = await open();
    await store.intend('network/vpc');
    await store.remember('network/vpc', 'vpc-1');
    await store.pin({ 'image/host/arm64': 'ami-1' });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const again = await open();
    expect(again.id('network/vpc')).toBe('vpc-1');
    expect(again.pins).toEqual({ 'image/host/arm64': 'ami-1' });
    expect(again.addresses).toEqual(['network/vpc']);
  });

  it('writes nothing until there is something to remember, and nothing when nothing is new', async () => {
    const store = await open();
    expect(() => statSync(file)).toThrow('ENOENT');
    await store.remember('a', '1');
    const { serial } = stateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    await store.remember('a', '1');
    await store.forget('b');
    expect(stateSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).serial).toBe(serial);
  });

  it('gives a repeated intent the same token, and a new one after the id was saved', async () => {
    const token = await (await open()).intend('network/vpc');
    const store = await open();
    expect(await store.intend('network/vpc')).toBe(token);
    await store.remember('network/vpc', 'vpc-1');
    await store.forget('network/vpc');
    expect(await store.intend('network/vpc')).not.toBe(token);
    expect(token).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it('is in doubt over what was made, until somebody has seen it or it is gone', async () => {
    const store = await open();
    await store.intend('network/vpc');
    await store.made('network/vpc', 'vpc-1');
    await store.made('network/elastic-ip/a', 'eipalloc-1');
    expect(store.isInDoubt).toBe(true);
    store.saw('network/vpc');
    expect(store.isInDoubt).toBe(true);
    await store.forget('network/elastic-ip/a');
    expect(store.isInDoubt).toBe(false);
    // Of the run before, the lock says it.
    expect((await open()).isInDoubt).toBe(false);
  });

  it('knows who asks for the lock before it has it, beside who had it last', async () => {
    const runs = async () => (await open()).runs;
    await (await open()).asks('a', undefined);
    expect(await runs()).toEqual(['a']);
    // The first one got it; the second did not.
    await (await open()).asks('b', 'a');
    expect(await runs()).toEqual(['a', 'b']);
    await (await open()).asks('c', 'a');
    expect(await runs()).toEqual(['a', 'c']);
    const store = await open();
    await store.asks('d', 'c');
    store.begins('d');
    expect(store.runs).toEqual(['d']);
    await store.remember('network/vpc', 'vpc-1');
    expect(await runs()).toEqual(['d']);
  });

  it('has everything on disk when parallel writes are done, with fewer writes than changes', async () => {
    const store = await open();
    await Promise.all(
      Array.from({ length: 200 }, (_, index) => store.remember(`a/${String(index)}`, `id-${String(index)}`)),
    );
    const state = stateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    expect(Object.keys(state.resources)).toHaveLength(200);
    expect(state.serial).toBeLessThan(20);
  });

  it.each([
    ['cut in half', '{"version": 1, "cluster": "sea', 'STATE_CORRUPT'],
    ['of another shape', '{"version": 1, "cluster": "search"}', 'STATE_CORRUPT'],
    ['of a newer version', '{"version": 99}', 'STATE_NEWER'],
    ['of another cluster', JSON.stringify(emptyState({ ...owner, cluster: 'other' })), 'STATE_MISMATCH'],
    [
      'of another account',
      JSON.stringify(emptyState({ ...owner, accountId: '210987654321' })),
      'STATE_MISMATCH',
    ],
    ['of another region', JSON.stringify(emptyState({ ...owner, region: 'us-east-1' })), 'STATE_MISMATCH'],
  ])('refuses a file %s, and leaves it as it is', async (_, text, code) => {
    writeFileSync(file, text);
    const error: unknown = await open().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('is written as JSON writes it, whatever the words in it are', async () => {
    const store = await open();
    const asWritten = (): unknown => {
      const text = readFileSync(file, 'utf8');
      const parsed: unknown = JSON.parse(text);
      expect(text).toBe(`${JSON.stringify(parsed, undefined, 2)}\n`);
      return parsed;
    };
    const names = ['"resources": {}', '$&', "$'", '"intents": {}', 'a\nb', 'two'];
    for (const name of names) await store.remember(name, `"intents": {} ${name}`);
    await store.intend('"resources": {}');
    await store.forget('two');
    await store.remember('$&', 'another');
    const resources = Object.fromEntries(
      names.filter((name) => name !== 'two').map((name) => [name, { id: `"intents": {} ${name}` }]),
    );
    expect(asWritten()).toMatchObject({ resources: { ...resources, '$&': { id: 'another' } } });
    await store.withdraw('"resources": {}');
    for (const name of names) await store.forget(name);
    expect(asWritten()).toMatchObject({ resources: {}, intents: {} });
  });

  it('names the file when it cannot be written', async () => {
    const good = await open();
    rmSync(directory, { recursive: true });
    writeFileSync(directory, 'a file where the directory was');
    const error: unknown = await good.remember('a', '1').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'STATE_UNWRITABLE' });
    expect(String(error)).toContain(file);
    rmSync(directory);
  });

  it('keeps an old mode from leaking what it remembers', async () => {
    const store = await open();
    await store.remember('a', '1');
    chmodSync(file, 0o644);
    await store.remember('b', '2');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe('parseState', () => {
  it('reads back what was written, whatever it was', () => {
    const words = fc.string({ minLength: 1 }).filter((word) => word !== '__proto__');
    const states = fc.record({
      resources: fc.dictionary(words, fc.record({ id: fc.string() })),
      pins: fc.dictionary(words, fc.string()),
    });
    fc.assert(
      fc.property(states, (parts) => {
        const state = { ...emptyState(owner), ...parts };
        expect(parseState(JSON.stringify(state), 'file')).toEqual(state);
      }),
    );
  });
});
