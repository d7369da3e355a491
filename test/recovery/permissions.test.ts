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
/** By what a statement allows, the first scene that needs it. */
const firstUse = new Map<string, { readonly scene: Scene; readonly folder: string }>();

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
      const told = await permitted.playOn(scene);
      expect(told.status, told.stderr).toBe(scene.fails === true ? 1 : 0);
      expect(permitted.refused).toEqual([]);
      for (const key of permitted.used) if (!firstUse.has(key)) firstUse.set(key, { scene, folder });
    },
  );

  it('uses each action of each statement', () => {
    expect(grantsOf(policies).map(keyOf).toSorted()).toEqual([...firstUse.keys()].toSorted());
  });
});

describe('without', () => {
  afterAll(() => {
    rmSync(kept, { recursive: true, force: true });
  });

  it.each(grantsOf(policies).map((grant) => [keyOf(grant), grant] as const))('%s', async (key, grant) => {
    const use = firstUse.get(key);
    if (use === undefined) throw new Error('the life above did not come so far');
    const story = new Story();
    try {
      cpSync(use.folder, story.directory, { recursive: true });
      const permitted = new Permitted(story, without(grant, policies));
      const told = await permitted.playOn(use.scene);
      expect(new Set(permitted.refused.map(({ action }) => action))).toEqual(new Set([grant.action]));
      if (grant.action in optionalActions) {
        expect(told.status, told.stderr).toBe(0);
      } else {
        expect(told.status).toBe(1);
        expect(told.stderr).toContain(grant.action);
      }
    } finally {
      story.end();
    }
  });
});
