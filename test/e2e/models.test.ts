import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { services } from '../../src/simulator/services.ts';
import { modelDifferences } from '../contract/models/differences.ts';
import type { Model } from '../contract/models/model.ts';
import { type Notes, together } from '../contract/models/notes.ts';
import { loadModels } from './support/models.ts';
import { startPart } from './support/part.ts';

const models = await startPart("botocore's models of the services", loadModels);
const root = path.join(import.meta.dirname, '..', '..');

/** Far fewer than there are: a suite that watches nothing must not pass. */
const leastCalls = 10_000;

/** Runs the suites of `vitest.models.config.ts` with every call watched. */
async function watchedSuites(known: Readonly<Record<string, Model>>): Promise<Notes> {
  const folder = mkdtempSync(path.join(tmpdir(), 'es-ecs-models-'));
  try {
    writeFileSync(path.join(folder, 'models.json'), JSON.stringify(known));
    const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
    await execa(process.execPath, [vitest, 'run', '--config', 'vitest.models.config.ts'], {
      cwd: root,
      env: { ES_ECS_MODELS: folder },
      // What the outer one tells its own workers is not for another one's.
      extendEnv: true,
    });
    const notes = path.join(folder, 'notes');
    // Each was written by `watch.ts`.
    return together(
      readdirSync(notes).map((file) => JSON.parse(readFileSync(path.join(notes, file), 'utf8')) as Notes),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.skipIf(models === undefined)("the calls of the suites, held against the services' models", () => {
  let notes: Notes;
  beforeAll(async () => {
    notes = await watchedSuites(models ?? {});
  }, 1_800_000);

  afterAll(() => {
    const sum = (counts: Readonly<Record<string, number>>): number =>
      Object.values(counts).reduce((one, other) => one + other, 0);
    process.stderr.write(
      `\n${String(sum(notes.answered))} requests and answers of ${String(Object.keys(notes.answered).length)} operations held against ` +
        `their models, ${String(sum(notes.refused))} refusals; ${String(notes.differences.length)} differences, ${String(modelDifferences.length)} listed\n`,
    );
  });

  it('are many, and of every simulated operation', () => {
    const all = Object.entries(services).flatMap(([service, operations]) =>
      Object.keys(operations).map((operation) => `${service}:${operation}`),
    );
    expect(all.filter((one) => notes.answered[one] === undefined)).toEqual([]);
    const calls = Object.values(notes.answered).reduce((one, other) => one + other, 0);
    expect(calls).toBeGreaterThan(leastCalls);
  });

  it('are what the models say, but for what is listed', () => {
    const listed = new Set(modelDifferences.map(({ difference }) => difference));
    expect(notes.differences.filter(({ difference }) => !listed.has(difference))).toEqual([]);
  });

  it('differ still in all that is listed', () => {
    const seen = new Set(notes.differences.map(({ difference }) => difference));
    expect(modelDifferences.filter(({ difference }) => !seen.has(difference))).toEqual([]);
  });
});
