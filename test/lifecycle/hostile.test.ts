import { readFileSync, writeFileSync } from 'node:fs';

import { CreateTagsCommand, DescribeInstancesCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { processTerminal } from '../../src/cli/terminal.ts';
import { lockName } from '../../src/lock/parameter.ts';
import { instances } from '../../src/simulator/ec2/instance-rows.ts';
import { containerInstances } from '../../src/simulator/ecs/container-instances.ts';
import { configText, type PlanDocument, Story } from './story.ts';

/** Clears a screen, gives a window a name, begins a colour in one byte, turns the direction around, and begins a line of its own. */
const hostile = '\u001B[2J\u001B]0;x\u0007\u009B31m\u202Egnp\r\n✖ rm -rf';
// eslint-disable-next-line no-control-regex -- they are what is looked for
const obeyed = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/;

let story: Story | undefined;
afterEach(() => {
  story?.end();
});

/** The bytes that the process itself would write, as text. */
async function written(told: Story, ...words: readonly string[]): Promise<string> {
  const bytes: string[] = [];
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      bytes.push(typeof text === 'string' ? text : Buffer.from(text).toString());
      return true;
    }),
  );
  try {
    const { out, err } = processTerminal();
    await told.execute([...words, '--config', told.config, '--simulate'], { out, err });
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return bytes.join('');
}

function expectShown(text: string, begin: string): void {
  expect(text).not.toMatch(obeyed);
  // It is told all the same, and begins no line.
  expect(text).toContain(String.raw`${begin}\u001b[2J\u001b]0;x\u0007\u009b31m\u202egnp`);
  expect(text.split('\n').filter((line) => line.startsWith('✖ rm'))).toEqual([]);
}

describe('words from outside', () => {
  it.each(['plan', 'plan --json', 'up'])('in a tag: %s', async (command) => {
    story = await Story.standing();
    await story.behindTheBack(async ({ ec2 }) => {
      const { Vpcs } = await ec2.send(
        new DescribeVpcsCommand({ Filters: [{ Name: 'tag-key', Values: ['es-ecs-cluster'] }] }),
      );
      const Resources = [Vpcs?.[0]?.VpcId ?? ''];
      await ec2.send(new CreateTagsCommand({ Resources, Tags: [{ Key: 'Name', Value: hostile }] }));
    });
    const text = await written(story, ...command.split(' '));
    if (command === 'plan --json') {
      expect(text).not.toMatch(obeyed);
      // A document in which the word stands as it is.
      const plan = JSON.parse(text) as PlanDocument;
      expect(plan.changes.flatMap(({ fields }) => fields.map(({ before }) => before))).toContain(hostile);
    } else expectShown(text, '');
  });

  it.each(['up', 'unlock'])('in the record of the lock: %s', async (command) => {
    story = await Story.standing();
    await story.behindTheBack(async ({ ssm }, world) => {
      const Name = lockName('search');
      const { Parameter } = await ssm.send(new GetParameterCommand({ Name }));
      const before = JSON.parse(Parameter?.Value ?? '{}') as Record<string, unknown>;
      const Value = JSON.stringify({
        ...before,
        run: 'elsewhere',
        who: `ben${hostile}`,
        host: `build${hostile}`,
        command: `es-ecs${hostile}`,
        since: new Date(world.nowMs).toISOString(),
        event: 'taken',
        after: { version: Parameter?.Version ?? 0, run: before['run'] },
      });
      await ssm.send(new PutParameterCommand({ Name, Overwrite: true, Value }));
    });
    expectShown(await written(story, command), 'ben');
  });

  it('in what a host says of itself, and on its console, while it is waited for', async () => {
    story = await Story.standing();
    await story.behindTheBack(async ({ ec2 }, world) => {
      const { Reservations = [] } = await ec2.send(
        new DescribeInstancesCommand({ Filters: [{ Name: 'tag:es-ecs-node', Values: ['search-0'] }] }),
      );
      const id = Reservations[0]?.Instances?.[0]?.InstanceId ?? '';
      const Tags = [{ Key: 'es-ecs-problem', Value: `for a person: es-ecs: ${hostile}` }];
      await ec2.send(new CreateTagsCommand({ Resources: [id], Tags }));
      const row = world.rows(instances).get(id);
      if (row !== undefined)
        world.rows(instances).set(id, { ...row, console: [...row.console, `console ${hostile}`] });
      for (const [arn, one] of world.rows(containerInstances)) {
        if (one.instanceId === id) world.rows(containerInstances).set(arn, { ...one, status: 'INACTIVE' });
      }
    });
    const text = await written(story, 'up');
    expectShown(text, 'es-ecs: ');
    expectShown(text, 'console ');
  });

  it.each(['cluster', 'accountId', 'region'])('in the state file, as its %s', async (key) => {
    story = await Story.standing();
    const before = JSON.parse(readFileSync(story.stateFile, 'utf8')) as Record<string, unknown>;
    writeFileSync(story.stateFile, JSON.stringify({ ...before, [key]: `x${hostile}` }));
    const text = await written(story, 'plan');
    expectShown(text, 'x');
    expect(text).toContain('belongs to the ');
  });

  it('in the record of the lock of this directory', async () => {
    story = await Story.standing();
    const record = {
      pid: 1,
      who: `ben${hostile}`,
      host: `build${hostile}`,
      command: `up${hostile}`,
      since: new Date().toISOString(),
      run: 'r',
    };
    writeFileSync(`${story.stateFile}.lock`, JSON.stringify(record));
    expectShown(await written(story, 'up'), 'ben');
  });

  it.each([
    ['a value', 'tags: { a: "x\\e[2J\\e]0;x\\a\\u009b31m\\u202egnp\\r\\n✖ rm -rf" }\n'],
    ['a key', '? "x\\e[2J\\e]0;x\\a\\u009b31m\\u202egnp\\r\\n✖ rm -rf"\n: 1\n'],
  ])('in the config, as %s', async (_, line) => {
    story = new Story(configText(line));
    const text = await written(story, 'plan');
    expect(text).not.toMatch(obeyed);
    expect(text).toContain(String.raw`gnp\r\n✖ rm -rf`);
  });
});
