import { GetRoleCommand } from '@aws-sdk/client-iam';
import { describe, expect, it } from 'vitest';

import { repositories } from '../../src/simulator/ecr/repositories.ts';
import { configText, type PlanDocument, Story, type UpDocument } from './story.ts';

/** One region of each partition, with what AWS calls its things there. */
const places = [
  ['cn-north-1', 'aws-cn', 'amazonaws.com.cn', 'ec2.amazonaws.com.cn'],
  ['us-gov-west-1', 'aws-us-gov', 'amazonaws.com', 'ec2.amazonaws.com'],
  ['eusc-de-east-1', 'aws-eusc', 'amazonaws.eu', 'ec2.amazonaws.com'],
  ['us-iso-east-1', 'aws-iso', 'c2s.ic.gov', 'ec2.c2s.ic.gov'],
  ['us-isob-east-1', 'aws-iso-b', 'sc2s.sgov.gov', 'ec2.sc2s.sgov.gov'],
  ['eu-isoe-west-1', 'aws-iso-e', 'cloud.adc-e.uk', 'ec2.amazonaws.com'],
  ['us-isof-south-1', 'aws-iso-f', 'csp.hci.ic.gov', 'ec2.amazonaws.com'],
] as const;

function inRegion(region: string, extra = ''): string {
  return configText(extra).replace('eu-west-1', region);
}

/** Every text in a document, whatever it is in. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => [key, ...textsIn(inner)])
    : [];
}

/** All matches of a pattern in all that an account holds. */
function found(story: Story, pattern: RegExp): readonly string[] {
  const texts = textsIn(story.account.tables).flatMap((text) => [...text.matchAll(pattern)]);
  return [...new Set(texts.map(([match]) => match))];
}

describe.each(places)('in %s', (region, partition, suffix, ec2) => {
  it('a cluster is made, found, looked at and taken down, by that partition’s names alone', async () => {
    const story = new Story(inRegion(region, 'network: { flowLogs: true }\n'));
    try {
      const made = await story.json<UpDocument>('up');
      expect(made.outcome).toBe('applied');

      const arns = found(story, /arn:[\w-]*:[^\s"',]*/g);
      expect(arns.length).toBeGreaterThan(30);
      expect(arns.filter((arn) => !arn.startsWith(`arn:${partition}:`))).toEqual([]);
      expect(arns).toContain(`arn:${partition}:s3:::prod-${region}-starport-layer-bucket/*`);

      const hosts = found(
        story,
        /[\w-]+(\.[\w-]+)*\.(amazonaws\.com\.cn|amazonaws\.(com|eu)|[a-z0-9-]+\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk)(?![\w-])/g,
      );
      const principals = [
        ec2,
        'ecs-tasks.amazonaws.com',
        'vpc-flow-logs.amazonaws.com',
        'ecs.amazonaws.com',
        'autoscaling.amazonaws.com',
      ];
      const rest = hosts.filter((host) => !principals.includes(host));
      expect(rest.filter((host) => !host.endsWith(`${region}.${suffix}`))).toEqual([]);
      expect(rest).toContain(`123456789012.dkr.ecr.${region}.${suffix}`);
      expect(rest).toContain(`ec2.${region}.${suffix}`);
      expect(found(story, /com\.amazonaws\.[\w-]+\.s3/g)).toEqual([`com.amazonaws.${region}.s3`]);

      const trust = await story.behindTheBack(async ({ iam }) => {
        const { Role } = await iam.send(new GetRoleCommand({ RoleName: `es-ecs-search-${region}-instance` }));
        return decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '');
      });
      expect(trust).toContain(`"Service":"${ec2}"`);

      const again = await story.json<UpDocument>('up');
      expect(again.apiCalls.writes).toBe(0);
      const status = await story.run('status');
      expect(status).toMatchObject({ status: 0 });
      expect(status.stdout).toContain('green');

      const destroyed = await story.run('destroy', '--yes', '--delete-data');
      expect(destroyed.status, destroyed.stderr).toBe(0);
      const { summary } = await story.json<PlanDocument>('plan');
      expect(summary.inSync).toBe(0);
    } finally {
      story.end();
    }
  });
});

it('in the partition aws nothing is called otherwise than it was', async () => {
  const story = await Story.standing();
  try {
    expect(found(story, /arn:[\w-]*:/g)).toEqual(['arn:aws:']);
  } finally {
    story.end();
  }
});

it('nodes whose discovery asks under another partition’s name join nobody', async () => {
  const story = new Story(inRegion('eusc-de-east-1'));
  try {
    await story.json('up');
    await story.behindTheBack((_, world) => {
      for (const { images } of world.rows(repositories).values()) {
        images.forEach((image, index) => {
          expect(image.discoveryEndpoint).toBe('https://ec2.eusc-de-east-1.amazonaws.eu');
          images[index] = { ...image, discoveryEndpoint: 'https://ec2.eusc-de-east-1.amazonaws.com' };
        });
      }
      return Promise.resolve();
    });
    // On a new host: the others have pulled theirs.
    const told = await story.run('replace search-1', '--yes');
    expect(told.status).toBe(1);
    expect(told.stderr).toContain('for the node to join');
  } finally {
    story.end();
  }
});

it('a region of a partition that nobody knows is refused before anything is asked', async () => {
  const story = new Story(inRegion('xx-mars-1'));
  try {
    for (const command of ['plan', 'up', 'status', 'destroy', 'unlock', 'tunnel', 'simulate serve']) {
      const told = command === 'simulate serve' ? await story.runForReal(command) : await story.run(command);
      expect(told.status, command).toBe(2);
      expect(told.stderr).toContain(
        'es-ecs.yaml:2:9: region: xx-mars-1 belongs to no partition of AWS that this version of es-ecs knows',
      );
    }
    expect(() => story.account).toThrow();
  } finally {
    story.end();
  }
});

it.each([
  [
    '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/search:9.4.6',
    'is of the partition aws-cn, and these credentials are of aws',
  ],
  [
    '123456789012.dkr.ecr.cn-north-1.amazonaws.com/search:9.4.6',
    'AWS has no registry 123456789012.dkr.ecr.cn-north-1.amazonaws.com',
  ],
])('the image %s is refused in the plan', async (uri, why) => {
  const story = new Story(configText(`image: { uri: "${uri}" }\n`));
  try {
    const told = await story.run('plan');
    expect(told.status).toBe(2);
    expect(told.stderr).toContain(`image.uri: `);
    expect(told.stderr).toContain(why);
  } finally {
    story.end();
  }
});
