import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { optionalActions } from '../../scripts/permissions.js';
import { lifeConfig, longLife, type Scene } from '../lifecycle/life.ts';
import { type Grant, grantsOf, operatorPolicies, Permitted, without } from '../lifecycle/permitted.ts';
import { Story } from '../lifecycle/story.ts';

const policies = operatorPolicies();
const kept = mkdtempSync(path.join(tmpdir(), 'es-ecs-life-'));
interface Use {
  readonly scene: Scene;
  readonly folder: string;
}

/** By what a statement allows, the scenes that use it. */
const uses = new Map<string, Use[]>();

const keyOf = ({ sid, action }: Grant): string => `${sid} ${action}`;

describe('a whole life under the policies of docs/permissions.md', () => {
  const permitted = new Permitted(new Story(lifeConfig), policies);
  afterAll(() => {
    permitted.story.end();
  });

  it.each(longLife.map((scene, index) => [scene.what, scene, index] as const))(
    '%s',
    async (_what, scene, index) => {
      await scene.before?.(permitted);
      const folder = path.join(kept, String(index));
      cpSync(permitted.story.directory, folder, { recursive: true });
      const before = permitted.weighed.length;
      const told = await permitted.playOn(scene);
      expect(told.status, told.stderr).toBe(scene.fails === true ? 1 : 0);
      expect(permitted.refused).toEqual([]);
      for (const key of permitted.usedSince(before)) {
        uses.set(key, [...(uses.get(key) ?? []), { scene, folder }]);
      }
    },
  );

  it('uses each action of each statement', () => {
    expect(grantsOf(policies).map(keyOf).toSorted()).toEqual([...uses.keys()].toSorted());
  });
});

describe('without', () => {
  afterAll(() => {
    rmSync(kept, { recursive: true, force: true });
  });

  it.each(grantsOf(policies).map((grant) => [keyOf(grant), grant] as const))('%s', async (key, grant) => {
    const [first, ...later] = uses.get(key) ?? [];
    if (first === undefined) throw new Error('the life above did not come so far');
    const isOptional = grant.action in optionalActions;
    let status = await playWithout(grant, first);
    // Where it is only asked for how much room the quotas leave, nothing ends for want of it; somewhere else it does.
    for (const use of isOptional ? [] : later) {
      if (status !== 0) break;
      status = await playWithout(grant, use);
    }
    expect(status).toBe(isOptional ? 0 : 1);
  });
});

/** How a scene ends for whoever lacks one action: by an error that names it, or none. */
async function playWithout(grant: Grant, { scene, folder }: Use): Promise<number> {
  const story = new Story();
  try {
    cpSync(folder, story.directory, { recursive: true });
    const permitted = new Permitted(story, without(grant, policies));
    const told = await permitted.playOn(scene);
    expect(new Set(permitted.refused.map(({ action }) => action))).toEqual(new Set([grant.action]));
    if (told.status !== 0) expect(told.stderr).toContain(grant.action);
    return told.status;
  } finally {
    story.end();
  }
}
