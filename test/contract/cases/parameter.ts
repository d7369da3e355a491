import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  GetParameterCommand,
  ListTagsForResourceCommand,
  paginateGetParameterHistory,
  PutParameterCommand,
  RemoveTagsFromResourceCommand,
} from '@aws-sdk/client-ssm';

import { answer, outcome, tagsOf } from '../case.ts';
import type { ContractCase } from '../case.ts';

export const parameterCases: readonly ContractCase[] = [
  {
    name: 'parameter: without Overwrite only the first of many writes it',
    calls: ['SSM:PutParameter', 'SSM:GetParameter'],
    // PutParameter: ParameterAlreadyExists; "Working with parameter versions": version 1 first.
    expected: {
      'before it is made': 'ParameterNotFound',
      'five at once': ['1', ...Array<string>(4).fill('ParameterAlreadyExists')],
      'tags and Overwrite together': 'ValidationException',
    },
    run: async ({ ssm }, scratch) => {
      const Name = `/es-ecs/${scratch.name('lock')}/lock`;
      const absent = await outcome(ssm.send(new GetParameterCommand({ Name })));
      const put = (Value: string) =>
        answer(
          ssm.send(
            new PutParameterCommand({
              Name,
              Value,
              Type: 'String',
              Tags: [{ Key: 'es-ecs-cluster', Value: 'search' }],
            }),
          ),
          ({ Version }) => String(Version),
        );
      const many = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(put));
      const both = new PutParameterCommand({
        Name,
        Value: 'f',
        Type: 'String',
        Overwrite: true,
        Tags: [{ Key: 'a', Value: 'b' }],
      });
      return {
        'before it is made': absent,
        'five at once': many.sort(),
        'tags and Overwrite together': await outcome(ssm.send(both)),
      };
    },
  },
  {
    name: 'parameter: every Overwrite is a version of its own, and the history has them all in order',
    calls: ['SSM:PutParameter', 'SSM:GetParameter', 'SSM:GetParameterHistory'],
    expected: {
      versions: [2, 3, 4],
      'the last one': ['4', true],
      'the history': ['1 a', '2 b', '3 b', '4 b'],
      'the history of nothing': 'ParameterNotFound',
    },
    run: async ({ ssm }, scratch) => {
      const Name = `/es-ecs/${scratch.name('history')}/lock`;
      await ssm.send(new PutParameterCommand({ Name, Value: 'a', Type: 'String' }));
      const overwrite = async () => {
        const command = new PutParameterCommand({ Name, Value: 'b', Type: 'String', Overwrite: true });
        return (await ssm.send(command)).Version;
      };
      const versions = await Promise.all([overwrite(), overwrite(), overwrite()]);
      const { Parameter } = await ssm.send(new GetParameterCommand({ Name }));
      const history: string[] = [];
      for await (const page of paginateGetParameterHistory({ client: ssm }, { Name })) {
        history.push(...(page.Parameters ?? []).map((one) => `${String(one.Version)} ${one.Value ?? ''}`));
      }
      const none = paginateGetParameterHistory({ client: ssm }, { Name: `${Name}-none` });
      return {
        versions: versions.sort(),
        'the last one': [String(Parameter?.Version), Parameter?.LastModifiedDate instanceof Date],
        'the history': history,
        'the history of nothing': await outcome(none.next()),
      };
    },
  },
  {
    name: 'parameter: tags are added, changed and removed, and no other',
    calls: ['SSM:AddTagsToResource', 'SSM:ListTagsForResource', 'SSM:RemoveTagsFromResource'],
    expected: {
      'after all': { 'es-ecs-cluster': 'search', team: 'b' },
      'of nothing': 'InvalidResourceId',
    },
    run: async ({ ssm }, scratch) => {
      const Name = `/es-ecs/${scratch.name('tagged')}/lock`;
      const named = { ResourceType: 'Parameter', ResourceId: Name } as const;
      const Tags = [{ Key: 'es-ecs-cluster', Value: 'search' }];
      await ssm.send(new PutParameterCommand({ Name, Value: 'a', Type: 'String', Tags }));
      for (const Value of ['a', 'b']) {
        const added = ['team', 'old'].map((Key) => ({ Key, Value }));
        await ssm.send(new AddTagsToResourceCommand({ ...named, Tags: added }));
      }
      await ssm.send(new RemoveTagsFromResourceCommand({ ...named, TagKeys: ['old', 'never'] }));
      const { TagList } = await ssm.send(new ListTagsForResourceCommand(named));
      const none = new ListTagsForResourceCommand({ ...named, ResourceId: `${Name}-none` });
      return { 'after all': tagsOf(TagList), 'of nothing': await outcome(ssm.send(none)) };
    },
  },
  {
    name: 'parameter: deleted, its versions begin anew',
    calls: ['SSM:DeleteParameter'],
    expected: { 'deleted twice': 'ParameterNotFound', 'the next version': 1 },
    run: async ({ ssm }, scratch) => {
      const Name = `/es-ecs/${scratch.name('again')}/lock`;
      const put = () =>
        ssm.send(new PutParameterCommand({ Name, Value: 'a', Type: 'String', Overwrite: true }));
      await put();
      await put();
      await ssm.send(new DeleteParameterCommand({ Name }));
      const twice = await outcome(ssm.send(new DeleteParameterCommand({ Name })));
      return { 'deleted twice': twice, 'the next version': (await put()).Version };
    },
  },
];
