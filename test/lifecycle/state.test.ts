import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { parseState } from '../../src/state/parse.ts';
import { configText, type PlanDocument, Story, type UpDocument } from './story.ts';

interface RebuildDocument {
  readonly written: boolean;
  readonly found: readonly { readonly address: string; readonly id: string }[];
  readonly differences: readonly {
    readonly address: string;
    readonly before: string | null;
    readonly after: string | null;
  }[];
}

let story: Story;
beforeEach(async () => {
  story = await Story.standing();
});
afterEach(() => {
  story.end();
});

function cutInHalf(): string {
  const half = readFileSync(story.stateFile, 'utf8').slice(0, 400);
  writeFileSync(story.stateFile, half);
  return half;
}

function ids(): Readonly<Record<string, string>> {
  const { resources } = parseState(readFileSync(story.stateFile, 'utf8'), story.stateFile);
  return Object.fromEntries(Object.entries(resources).map(([address, { id }]) => [address, id]));
}

describe('a state file of another account', () => {
  it.each(['plan', 'status', 'up'])(
    'is refused by %s, though it was read by before anybody knew whose it is',
    async (command) => {
      const own = readFileSync(story.stateFile, 'utf8');
      const foreign = own.replace('"accountId": "123456789012"', '"accountId": "210987654321"');
      expect(foreign).not.toBe(own);
      writeFileSync(story.stateFile, foreign);
      const told = await story.run(command);
      expect(told.status).toBe(1);
      expect(told.stderr).toContain('belongs to the account 210987654321, and this run is for 123456789012');
      expect(told.stdout).toBe('');
      expect(readFileSync(story.stateFile, 'utf8')).toBe(foreign);
    },
  );
});

describe('a state file cut in half', () => {
  it('is nothing to plan and status: they say so, and leave it where it is', async () => {
    const half = cutInHalf();
    const told = await story.run('plan');
    expect(told.status).toBe(0);
    expect(told.stderr).toContain('state.json cannot be read: it ends or breaks after 400 characters');
    expect(told.stdout).toMatch(/^search is up to date/);
    expect((await story.run('status', '--exit-code')).status).toBe(0);
    expect(readFileSync(story.stateFile, 'utf8')).toBe(half);
  });

  it('is put aside by up, which writes nothing to the account and goes on as ever', async () => {
    const half = cutInHalf();
    const told = await story.run('up', '--json');
    expect(told.status).toBe(0);
    expect(told.stderr).toContain(`it was put aside as ${story.stateFile}.broken`);
    expect((JSON.parse(told.stdout) as UpDocument).apiCalls.writes).toBe(0);
    expect(readFileSync(`${story.stateFile}.broken`, 'utf8')).toBe(half);
  });

  it('keeps destroy from nothing', async () => {
    cutInHalf();
    const told = await story.run('destroy', '--yes', '--delete-data');
    expect(told.status).toBe(0);
    expect((await story.json<PlanDocument>('plan')).summary.inSync).toBe(0);
  });
});

describe('state rebuild', () => {
  it('finds everything again by its tags, says what was not known, and remembers it', async () => {
    const before = ids();
    rmSync(story.stateFile);
    const shown = await story.json<RebuildDocument>('state rebuild', '--dry-run');
    expect(shown.written).toBe(false);
    expect(existsSync(story.stateFile)).toBe(true);
    const rebuilt = await story.json<RebuildDocument>('state rebuild');
    const found = Object.fromEntries(rebuilt.found.map(({ address, id }) => [address, id]));
    expect(before).toMatchObject(found);
    expect(rebuilt.found.length).toBeGreaterThan(45);
    expect(rebuilt.differences.every((one) => one.before === null)).toBe(true);
    expect(ids()).toEqual(found);
    expect((await story.json<RebuildDocument>('state rebuild')).differences).toEqual([]);
  });

  it('shows what is remembered otherwise than it is, or is gone', async () => {
    const text = readFileSync(story.stateFile, 'utf8');
    const vpc = ids()['network/vpc'] ?? '';
    const changed = text
      .replace(`"${vpc}"`, '"vpc-0fffffffffffffff0"')
      .replace('"resources": {', '"resources": {"network/subnet/public/eu-west-1z": {"id": "subnet-0f"},');
    writeFileSync(story.stateFile, changed);
    const told = await story.run('state rebuild');
    expect(told.status).toBe(0);
    expect(told.stdout).toMatch(new RegExp(`^~ network/vpc +vpc-0fffffffffffffff0 → ${vpc}$`, 'm'));
    expect(told.stdout).toMatch(/^- network\/subnet\/public\/eu-west-1z +subnet-0f, not found$/m);
    expect(told.stdout).toContain('51 of 51 resources found by their tags, 2 not as remembered');
  });
});

describe('unlock', () => {
  it('says that nobody holds the lock where nobody does', async () => {
    const told = await story.run('unlock');
    expect(told).toMatchObject({ status: 0, stdout: 'nobody holds the lock of search' });
  });

  it('names whom it evicts, and the next run goes on', async () => {
    const holder = {
      run: 'r',
      who: 'deploy',
      host: 'build-7',
      pid: 4711,
      command: 'es-ecs up',
      since: '2026-01-01T14:02:00Z',
    };
    writeFileSync(`${story.stateFile}.lock`, JSON.stringify(holder));
    const refused = await story.run('up');
    expect(refused.status).toBe(4);
    expect(refused.stderr).toContain('deploy@build-7, es-ecs up, since 14:02');
    expect(refused.stderr).toContain('es-ecs unlock');
    const told = await story.run('unlock');
    expect(told.status).toBe(0);
    expect(told.stderr).toContain('held in this directory by deploy@build-7, es-ecs up, since 14:02');
    expect(told.stdout).toContain('the lock of search is free');
    expect((await story.run('up')).status).toBe(0);
  });
});

describe('a simulated account', () => {
  it('says that it has no other region than its first, and stays as it is', async () => {
    await story.json('destroy', '--yes', '--delete-data');
    const before = readFileSync(story.accountFile, 'utf8');
    story.write(configText().replace('eu-west-1', 'us-east-1'));
    const told = await story.run('up');
    expect(told).toMatchObject({ status: 1, stdout: '' });
    expect(told.stderr).toContain('has the region eu-west-1 only, and this run is for us-east-1');
    expect(told.stderr).toContain('set region: eu-west-1 in the config, or rm -r ');
    expect(readFileSync(story.accountFile, 'utf8')).toBe(before);
  });
});
