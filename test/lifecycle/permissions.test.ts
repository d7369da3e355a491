import path from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';

import { calledActions } from '../../scripts/called-actions.js';
import { impliedActions } from '../../scripts/permissions.js';
import { arnFits } from '../../src/simulator/policy/patterns.ts';
import { lifeConfig, shortLife } from './life.ts';
import { actionsOf, grantsOf, operatorPolicies, Permitted, policiesOfPage, without } from './permitted.ts';
import { configText, Story } from './story.ts';

const root = path.join(import.meta.dirname, '..', '..');
const operator = operatorPolicies();
const { 'es-ecs-read': read, 'es-ecs-password': password } = policiesOfPage();
if (read === undefined || password === undefined) throw new Error('the page shows no reader');

/** What the short life does not come to, and the long one of the recovery suite does. */
const rare = [
  'autoscaling:DescribeScalingActivities',
  'ec2:DescribeVolumesModifications',
  'ec2:GetConsoleOutput',
  'ec2:ModifyVolume',
  'ec2:ReplaceRouteTableAssociation',
  'iam:PutRolePermissionsBoundary',
  'logs:GetLogEvents',
  'secretsmanager:PutSecretValue',
];

/** Resources that the short life asks for nothing of, and why they are there. */
const unnamed = [
  // The console of a host that does not get ready, in the long life.
  'LookAtTagged arn:aws:ec2:*:*:instance/*',
  // The snapshots of a public image, where a launch says something of its root disk.
  'LaunchFrom arn:aws:ec2:*::snapshot/*',
];

/** The call that asks for an action, as IAM would write it. */
function actionOfCall(call: string): string {
  const [service = '', operation = ''] = call.split(':');
  return `${service === 'CloudWatchLogs' ? 'logs' : service.toLowerCase()}:${operation}`;
}

describe('page, code and recorded calls', () => {
  const permitted = new Permitted(new Story(lifeConfig), operator);
  afterAll(() => {
    permitted.story.end();
  });

  it('say the same', async () => {
    for (const scene of shortLife) {
      const told = await permitted.play(scene);
      expect(told.status, told.stderr).toBe(0);
    }
    expect(permitted.refused).toEqual([]);

    const called = calledActions(root);
    const implied = impliedActions.flatMap(({ actions }) => actions);
    const page = actionsOf(operator);
    // The page against the code.
    expect(page).toEqual([...new Set([...called, ...implied])].toSorted());
    // The recorded calls against the page, statement by statement.
    const played = [...permitted.used];
    const grants = grantsOf(operator).map(({ sid, action }) => `${sid} ${action}`);
    const unplayed = grants.filter((one) => !permitted.used.has(one));
    expect(unplayed.map((one) => one.split(' ')[1]).toSorted()).toEqual(rare);
    expect(played.filter((one) => !grants.includes(one))).toEqual([]);
    // The recorded calls against what is said to be implied.
    const recorded = permitted.weighed.filter(({ call, action }) => actionOfCall(call) !== action);
    expect([...new Set(recorded.map(({ action }) => action))].toSorted()).toEqual(
      // The push into the registry is nobody's call: the builder asks by itself, and under the names of its calls.
      implied.filter((action) => !isOfPush(action)).toSorted(),
    );
    const pushed = new Set(played.map((one) => one.split(' ')[1]));
    expect(implied.filter(isOfPush).filter((action) => !pushed.has(action))).toEqual([]);
    expect(unusedResources(permitted)).toEqual(unnamed);
  });
});

/** Resources that a statement names and nothing was asked for. */
function unusedResources({ weighed }: Permitted): readonly string[] {
  return operator.flatMap(({ Statement }) =>
    Statement.flatMap(({ Sid, Resource }) =>
      [Resource]
        .flat()
        .filter((pattern) => !weighed.some((one) => one.statement === Sid && arnFits(pattern, one.resource)))
        .map((pattern) => `${Sid} ${pattern}`),
    ),
  );
}

function isOfPush(action: string): boolean {
  return action.startsWith('ecr:') && action !== 'ecr:TagResource';
}

describe('whoever has less than all', () => {
  let permitted: Permitted;
  afterEach(() => {
    permitted.story.end();
  });

  it('may plan and look with the policy for readers, before there is a cluster and after', async () => {
    permitted = new Permitted(new Story(), [read]);
    expect((await permitted.run('plan')).status).toBe(0);
    const told = await permitted.run('up');
    expect(told.status).toBe(1);
    expect(told.stderr).toContain('ssm:PutParameter is not allowed');
    expect(told.stderr).toContain('statement Lock of es-ecs-services in docs/permissions.md');
    expect(permitted.refused.map(({ action }) => action)).toEqual(['ssm:PutParameter']);

    await permitted.story.json('up', '--no-wait');
    permitted.weighed.length = 0;
    expect((await permitted.run('plan', '--exit-code')).status).toBe(0);
    expect(permitted.refused).toEqual([]);
    // It tells of AWS what it sees, and of Elasticsearch that it may not ask.
    expect((await permitted.run('status')).status).toBe(0);
    expect(permitted.refused.map(({ action }) => action)).toEqual(['secretsmanager:GetSecretValue']);
    const secret = await permitted.run('credentials', '--password');
    expect(secret).toMatchObject({ status: 1, stdout: '' });
    expect(secret.stderr).toContain('statement ReadPassword of es-ecs-password in docs/permissions.md');

    permitted.allow([read, password]);
    expect((await permitted.run('credentials', '--password')).status).toBe(0);
  });

  it('begins nothing that costs once something was refused', async () => {
    permitted = new Permitted(
      new Story(),
      without({ sid: 'Images', action: 'ecr:CreateRepository' }, operator),
    );
    const told = await permitted.run('up');
    expect(told.status).toBe(1);
    expect(told.stderr).toContain('✖ image/repository: ecr:CreateRepository is not allowed');
    const at = permitted.weighed.findIndex(({ outcome }) => outcome === 'refused');
    const later = permitted.weighed.slice(at + 1).map(({ call }) => call);
    // Volumes need nothing, as the repository does, and begin in the same instant.
    const costs = ['EC2:CreateNatGateway', 'EC2:RunInstances', 'AutoScaling:CreateAutoScalingGroup'];
    expect(later.filter((call) => costs.includes(call))).toEqual([]);
    permitted.allow(operator);
    const again = await permitted.run('up', '--no-wait');
    expect(again.status, again.stderr).toBe(0);
  });

  it('is told by AWS of a launch template only, and by es-ecs what that means', async () => {
    permitted = new Permitted(
      new Story(configText()),
      without({ sid: 'PassRoles', action: 'iam:PassRole' }, operator),
    );
    const told = await permitted.run('up', '--no-wait');
    expect(told.status).toBe(1);
    expect(told.stderr).toMatch(/iam:PassRole/);
  });
});
