import { DeleteRolePermissionsBoundaryCommand } from '@aws-sdk/client-iam';
import { afterEach, describe, expect, it } from 'vitest';

import { operatorPolicies } from '../../src/aws/permissions/operator.ts';
import { readerPolicy } from '../../src/aws/permissions/reader.ts';
import { documentOf } from '../../src/aws/permissions/statement.ts';
import { natGateways } from '../../src/simulator/ec2/tables.ts';
import { instanceProfiles } from '../../src/simulator/iam/instance-profiles.ts';
import { roles } from '../../src/simulator/iam/roles.ts';
import { grantsOf, Permitted, type PolicyJson } from './permitted.ts';
import { configText, type PlanDocument, Story, type UpDocument } from './story.ts';

const boundary = 'arn:aws:iam::123456789012:policy/team/boundary';
const scope = { partition: 'aws', path: '/company/', boundary };
/** What the company gives: roles with its boundary only, and none that leaves it. */
const companys = [readerPolicy(scope), ...operatorPolicies(scope)].map(
  (policy) => documentOf(policy) as PolicyJson,
);
const asDemanded = configText(
  `network: { flowLogs: true }\niam: { permissionsBoundary: "${boundary}", path: /company/ }\n`,
);

let story: Story;
const begun: Story[] = [];
afterEach(() => {
  for (const one of begun.splice(0)) one.end();
});

function beginStory(...given: ConstructorParameters<typeof Story>): void {
  story = new Story(...given);
  begun.push(story);
}

function rolesThere(): Promise<readonly { readonly boundary?: string | undefined; readonly path: string }[]> {
  return story.behindTheBack((_clients, world) =>
    Promise.resolve([...world.rows(roles).values()].filter(({ name }) => name.startsWith('es-ecs-'))),
  );
}

describe('an account whose policy demands a permissions boundary', () => {
  it('gets a cluster with it and under its path, and is left without a trace', async () => {
    beginStory(asDemanded);
    const permitted = new Permitted(story, companys);
    const up = await permitted.run('up');
    expect(up.status, up.stderr).toBe(0);
    const made = await rolesThere();
    expect(made).toHaveLength(4);
    for (const role of made) expect(role).toMatchObject({ boundary, path: '/company/' });
    const [profile] = await story.behindTheBack((_clients, world) =>
      Promise.resolve([...world.rows(instanceProfiles).values()]),
    );
    expect(profile?.path).toBe('/company/');
    const again = await permitted.run('up', '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ outcome: 'up-to-date', apiCalls: { writes: 0 } });
    const gone = await permitted.run('destroy', '--yes', '--delete-data');
    expect(gone.status, gone.stderr).toBe(0);
    expect(await rolesThere()).toEqual([]);
    expect(permitted.refused).toEqual([]);
  });

  it('has the boundary put back when somebody takes it off, before anything else of the role', async () => {
    story = await Story.standing(asDemanded);
    const RoleName = 'es-ecs-search-eu-west-1-instance';
    await story.behindTheBack(({ iam }) => iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName })));
    const permitted = new Permitted(story, companys);
    const plan = JSON.parse((await permitted.run('plan', '--json')).stdout) as PlanDocument;
    expect(plan.changes).toMatchObject([
      { address: 'hosts/role/instance', fields: [{ path: 'permissionsBoundary', after: boundary }] },
    ]);
    const up = await permitted.run('up');
    expect(up.status, up.stderr).toBe(0);
    expect(permitted.refused).toEqual([]);
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  });

  it('refuses a config without it, which says how to go on before anything that costs is begun', async () => {
    beginStory();
    const told = await new Permitted(story, companys).run('up');
    expect(told.status).toBe(1);
    expect(told.stderr).toContain('iam:CreateRole is not allowed');
    expect(told.stderr).toContain('name it in the config: iam.permissionsBoundary');
    expect(await rolesThere()).toEqual([]);
    const nat = await story.behindTheBack((_clients, world) => Promise.resolve(world.rows(natGateways).size));
    expect(nat).toBe(0);
  });

  it('lets nobody take the boundary off, whose policies stay those that a managed policy can hold', () => {
    const grants = grantsOf(companys).map(({ action }) => action);
    expect(grants).not.toContain('iam:DeleteRolePermissionsBoundary');
    expect(grants.filter((action) => /^iam:.*Policy(Version)?$/.test(action)).sort()).toEqual([
      'iam:DeleteRolePolicy',
      'iam:DetachRolePolicy',
      'iam:GetRolePolicy',
      'iam:PutRolePolicy',
      'iam:UpdateAssumeRolePolicy',
    ]);
    const sizes = companys.map((policy) => JSON.stringify(policy).length);
    expect(sizes.filter((size) => size > 6144)).toEqual([]);
  });
});

describe('a cluster that stands already', () => {
  it('gets a boundary, another one and none, in place: nothing restarts', async () => {
    story = await Story.standing();
    const other = boundary.replace('boundary', 'other');
    for (const [iam, now] of [
      [`iam: { permissionsBoundary: "${boundary}" }\n`, boundary],
      [`iam: { permissionsBoundary: "${other}" }\n`, other],
      ['', undefined],
    ] as const) {
      story.write(configText(iam));
      const plan = await story.json<PlanDocument>('plan');
      expect(plan.changes.map(({ address }) => address).sort()).toEqual([
        'hosts/role/instance',
        'task/role/execution',
        'task/role/task',
      ]);
      expect(new Set(plan.changes.map(({ impact }) => impact))).toEqual(new Set(['in-place']));
      expect((await story.json<UpDocument>('up')).outcome).toBe('applied');
      expect(new Set((await rolesThere()).map((role) => role.boundary))).toEqual(new Set([now]));
      expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
    }
  });

  it('is not moved to another path, and the refusal says how it can be', async () => {
    story = await Story.standing();
    story.write(configText('iam: { path: /company/ }\n'));
    const told = await story.run('up');
    expect(told.status).toBe(1);
    expect(told.stderr).toContain('hosts/instance-profile: path / → /company/ is refused');
    expect(told.stderr).toContain('hosts/role/instance: path / → /company/ is refused');
    expect(told.stderr).toContain('set iam.path back to /');
    // The way out that it names keeps the data.
    await story.json('destroy', '--yes');
    await story.json('up');
    expect(new Set((await rolesThere()).map(({ path }) => path))).toEqual(new Set(['/company/']));
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  });

  it.each([
    [
      'arn:aws:iam::210987654321:policy/boundary',
      'is a policy of the account 210987654321, and these credentials are of 123456789012',
    ],
    [
      'arn:aws-cn:iam::123456789012:policy/boundary',
      'is of the partition aws-cn, and these credentials are of aws',
    ],
  ])('refuses a boundary that IAM would not find: %s', async (arn, because) => {
    beginStory(configText(`iam: { permissionsBoundary: "${arn}" }\n`));
    const told = await story.run('plan');
    expect(told.status).toBe(2);
    expect(told.stderr).toContain('es-ecs.yaml:5:29: iam.permissionsBoundary:');
    expect(told.stderr).toContain(because);
  });
});
