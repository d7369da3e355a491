import { existsSync } from 'node:fs';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { instances } from '../../src/simulator/ec2/instance-rows.ts';
import { volumes } from '../../src/simulator/ec2/volumes.ts';
import { roles } from '../../src/simulator/iam/roles.ts';
import { configText, type PlanDocument, Story, type UpDocument } from './story.ts';

const asCompany = ['--simulate-account', 'company'] as const;
const boundary = 'arn:aws:iam::123456789012:policy/company/boundary';
const asDemanded = configText(`iam: { permissionsBoundary: "${boundary}" }\n`);

let story: Story;
beforeEach(() => {
  story = new Story(asDemanded);
});
afterEach(() => {
  story.end();
});

describe("a company's account", () => {
  it('gets a cluster by what it demands, which stays in sync whatever it tags, and leaves nothing behind', async () => {
    const up = await story.json<UpDocument>('up', ...asCompany);
    expect(up.outcome).toBe('applied');
    story.later(120_000);
    const plan = await story.json<PlanDocument>('plan');
    expect(plan.changes).toEqual([]);
    const tagged = await story.behindTheBack((_clients, world) =>
      Promise.resolve(
        [...world.rows(instances).values(), ...world.rows(roles).values()].map(({ tags }) => tags),
      ),
    );
    expect(tagged.length).toBeGreaterThan(6);
    for (const tags of tagged) expect(tags).toMatchObject({ CostCentre: '4711', 'es-ecs-cluster': 'search' });
    const again = await story.json<UpDocument>('up');
    expect(again).toMatchObject({ outcome: 'up-to-date', apiCalls: { writes: 0 } });
    const destroyed = await story.run('destroy', '--yes', '--delete-data');
    expect(destroyed.status, destroyed.stderr).toBe(0);
    expect(destroyed.stdout + destroyed.stderr).toContain('nothing else carries its tag');
  });

  it('lets nobody take a tag off: the right to bootstrap is emptied instead, and found a cluster no more', async () => {
    await story.json('up', ...asCompany);
    const rights = await story.behindTheBack((_clients, world) =>
      Promise.resolve([...world.rows(volumes).values()].map(({ tags }) => tags['es-ecs-bootstrap'])),
    );
    expect(rights.filter((right) => right !== undefined)).toEqual(['', '', '']);
  });

  it('refuses roles without its boundary in the words of an organisation, to whoever may do everything', async () => {
    story.write(configText());
    const told = await story.run('up', ...asCompany);
    expect(told.status).toBe(1);
    expect(told.stderr).toContain('with an explicit deny in a service control policy');
    expect(told.stderr).toContain('name it in the config: iam.permissionsBoundary');
  });
});

describe('the kind of an account', () => {
  it('stays with it: no later command need say it, and none may say another', async () => {
    expect((await story.run('plan', ...asCompany)).status).toBe(0);
    story.write(configText());
    const unsaid = await story.run('up');
    expect(unsaid.stderr).toContain('service control policy');
    expect((await story.run('plan', ...asCompany)).status).toBe(0);
  });

  it('is none that an account gets later', async () => {
    await story.json('plan');
    const told = await story.run('plan', ...asCompany);
    expect(told.stderr).toContain(
      'was opened as an ordinary one, and this run asks for --simulate-account company',
    );
    expect(told.stderr).toContain('to start with an empty account');
  });

  it.each(['', 'firm', 'constructor', '__proto__'])('is none that there is not: "%s"', async (kind) => {
    const told = await story.run('up', '--simulate-account', kind);
    expect(told.status).toBe(2);
    expect(told.stderr).toContain(
      `--simulate-account: ${kind === '' ? 'nothing' : kind} is no kind of account`,
    );
    expect(told.stderr).toContain('--simulate-account company  has');
    expect(existsSync(story.accountFile)).toBe(false);
  });

  it('is for rehearsals alone', async () => {
    const told = await story.runForReal('plan', ...asCompany);
    expect(told.status).toBe(2);
    expect(told.stderr).toContain('it needs --simulate');
  });
});
