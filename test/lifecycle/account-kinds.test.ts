import { existsSync } from 'node:fs';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { instances } from '../../src/simulator/ec2/instance-rows.ts';
import { volumes } from '../../src/simulator/ec2/volumes.ts';
import { findKey, keys } from '../../src/simulator/kms/keys.ts';
import { roles } from '../../src/simulator/iam/roles.ts';
import { configText, type PlanDocument, Story, type UpDocument } from './story.ts';

const asCompany = ['--simulate-account', 'company'] as const;
const boundary = 'arn:aws:iam::123456789012:policy/company/boundary';
const demanded = `iam: { permissionsBoundary: "${boundary}" }\n`;
/** What the company demands, and the key that it offers. */
const asDemanded = configText(`${demanded}encryption: { kmsKeyId: alias/company/es-ecs }\n`);

/** What AWS only remembers: answers by their tokens, names that are free again soon, numbers that are never used twice. */
const memories = ['core/', 'ecs/task-definition-revisions', 'elasticsearch/', 'kms/'];
/** How AWS shows for a while what is gone. */
const gone =
  /"(deletedAtMs":\d|state":"terminated"|status":"INACTIVE"|lastStatus":"STOPPED"|isOfDeleted":true)/;

/** Whatever of a cluster is in the account, by table and id. */
function leftOf({ account: { tables } }: Story): readonly string[] {
  return Object.entries(tables)
    .filter(([table]) => !memories.some((memory) => table.startsWith(memory)))
    .flatMap(([table, rows]) => rows.map(([id, row]) => [`${table} ${id}`, JSON.stringify(row)] as const))
    .filter(([id, row]) => /es-ecs[-/]/.test(id + row) && !gone.test(row))
    .map(([id]) => id);
}

let story: Story;
beforeEach(() => {
  story = new Story(asDemanded);
});
afterEach(() => {
  story.end();
});

describe("a company's account", () => {
  it('stays in sync where its tag and the config are the same to IAM, of groups and under a path too', async () => {
    story.write(
      configText(
        `iam: { permissionsBoundary: "${boundary}", path: /company/es/ }\nencryption: { kmsKeyId: alias/company/es-ecs }\n` +
          'network: { nat: single }\ntags: { backup: none }\n',
      ).replace('nodes: 3', 'nodes: [{ name: hot, count: 3 }, { name: warm, count: 1, roles: [data_warm] }]'),
    );
    expect(await story.json<UpDocument>('up', ...asCompany)).toMatchObject({ outcome: 'applied' });
    story.later(120_000);
    expect(await story.json<UpDocument>('up')).toMatchObject({
      outcome: 'up-to-date',
      apiCalls: { writes: 0 },
    });
    await story.json('destroy', '--yes', '--delete-data');
    expect(leftOf(story)).toEqual([]);
  });

  it('gets a cluster by what it demands, which stays in sync whatever it tags, and leaves nothing behind', async () => {
    const up = await story.json<UpDocument>('up', ...asCompany);
    expect(up.outcome).toBe('applied');
    story.later(120_000);
    const plan = await story.json<PlanDocument>('plan');
    expect(plan.changes).toEqual([]);
    expect(leftOf(story).length).toBeGreaterThan(50);
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
    expect(leftOf(story)).toEqual([]);
    const kept = await story.behindTheBack((_clients, world) => Promise.resolve(world.rows(keys).size));
    expect(kept).toBe(2);
  });

  it('has a default key for disks by which Auto Scaling starts nothing: said by the plan, before anything is made', async () => {
    story.write(configText(demanded));
    const plan = await story.json<
      PlanDocument & { readonly refusals: readonly { code: string; message: string }[] }
    >('plan', ...asCompany);
    expect(plan.refusals.map(({ code }) => code)).toEqual(['KMS_KEY']);
    expect(plan.refusals[0]?.message).toMatch(
      /^the account's default key for disks: the policy of arn:aws:kms:\S+ does not let the role AWSServiceRoleForAutoScaling do kms:CreateGrant/,
    );
    const told = await story.run('up');
    expect(told.status).toBe(1);
    expect(told.stderr).toContain("the account's default key for disks");
    expect(leftOf(story)).toEqual([]);
  });

  it('encrypts disks with the key of the config, whatever its default is', async () => {
    await story.json('up', ...asCompany);
    const used = await story.behindTheBack((_clients, world) =>
      Promise.resolve({
        disks: new Set([...world.rows(volumes).values()].map(({ keyArn }) => keyArn)),
        offered: findKey(world, 'alias/company/es-ecs')?.arn,
      }),
    );
    expect(used.disks).toEqual(new Set([used.offered]));
  });

  it('lets nobody take a tag off: the right to bootstrap is emptied instead, and found a cluster no more', async () => {
    await story.json('up', ...asCompany);
    const rights = await story.behindTheBack((_clients, world) =>
      Promise.resolve([...world.rows(volumes).values()].map(({ tags }) => tags['es-ecs-bootstrap'])),
    );
    expect(rights.filter((right) => right !== undefined)).toEqual(['', '', '']);
  });

  it('refuses roles without its boundary in the words of an organisation, to whoever may do everything', async () => {
    story.write(configText('encryption: { kmsKeyId: alias/company/es-ecs }\n'));
    const told = await story.run('up', ...asCompany);
    expect(told.status).toBe(1);
    expect(told.stderr).toContain('with an explicit deny in a service control policy');
    expect(told.stderr).toContain('name it in the config: iam.permissionsBoundary');
  });
});

describe('the kind of an account', () => {
  it('stays with it: no later command need say it, and none may say another', async () => {
    expect((await story.run('plan', ...asCompany)).status).toBe(0);
    story.write(configText('encryption: { kmsKeyId: alias/company/es-ecs }\n'));
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
