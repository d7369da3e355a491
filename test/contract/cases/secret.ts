import {
  CreateSecretCommand,
  DeleteResourcePolicyCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-secrets-manager';

import type { Clients } from '../../../src/aws/clients.ts';
import { answer, given, outcome, tagsOf } from '../case.ts';
import type { ContractCase } from '../case.ts';
import { secretReaders } from '../../secret-readers.ts';

const value = JSON.stringify({ password: 'correct horse' });

function make({ secretsManager }: Clients, Name: string, more: object = {}) {
  return secretsManager.send(
    new CreateSecretCommand({
      Name,
      Description: 'for a contract',
      SecretString: value,
      Tags: [{ Key: 'es-ecs-cluster', Value: 'search' }],
      ...more,
    }),
  );
}

function look({ secretsManager }: Clients, SecretId: string) {
  return secretsManager.send(new DescribeSecretCommand({ SecretId }));
}

function read({ secretsManager }: Clients, SecretId: string) {
  return secretsManager.send(new GetSecretValueCommand({ SecretId }));
}

function remove({ secretsManager }: Clients, SecretId: string, more: object = {}) {
  return outcome(secretsManager.send(new DeleteSecretCommand({ SecretId, ...more })));
}

const readers = secretReaders('123456789012');

export const secretCases: readonly ContractCase[] = [
  {
    name: 'secret: its resource policy',
    calls: ['SecretsManager:GetResourcePolicy', 'SecretsManager:DeleteResourcePolicy'],
    // GetResourcePolicy: ResourcePolicy is "a JSON-formatted string", and not there where there is none.
    expected: {
      'of a new one': undefined,
      put: JSON.parse(readers) as unknown,
      'taken off': undefined,
      'taking it off again': 'done',
      'of an unknown one': ['ResourceNotFoundException', 'ResourceNotFoundException'],
    },
    run: async (clients, scratch) => {
      const { secretsManager } = clients;
      const name = `es-ecs/${scratch.name('secret')}/password`;
      await make(clients, name);
      const seen = async (SecretId: string): Promise<unknown> => {
        const { ResourcePolicy } = await secretsManager.send(new GetResourcePolicyCommand({ SecretId }));
        return ResourcePolicy === undefined ? undefined : JSON.parse(ResourcePolicy);
      };
      const take = (SecretId: string) => secretsManager.send(new DeleteResourcePolicyCommand({ SecretId }));
      const fresh = await seen(name);
      await secretsManager.send(new PutResourcePolicyCommand({ SecretId: name, ResourcePolicy: readers }));
      const put = await seen(name);
      await take(name);
      const nobody = scratch.name('nobody');
      return {
        'of a new one': fresh,
        put,
        'taken off': await seen(name),
        'taking it off again': await outcome(take(name)),
        'of an unknown one': [await outcome(seen(nobody)), await outcome(take(nobody))],
      };
    },
  },
  {
    name: 'secret: create, look at it, read it',
    calls: ['SecretsManager:CreateSecret', 'SecretsManager:DescribeSecret', 'SecretsManager:GetSecretValue'],
    // "What's in a Secrets Manager secret?": the ARN ends in a hyphen and six random characters.
    expected: {
      'name and ARN': [true, true],
      tags: { 'es-ecs-cluster': 'search' },
      doomed: false,
      value,
      'another of its name': 'ResourceExistsException',
      'looking at an unknown one': 'ResourceNotFoundException',
      'reading an unknown one': 'ResourceNotFoundException',
    },
    run: async (clients, scratch) => {
      const name = `es-ecs/${scratch.name('secret')}/password`;
      const made = await make(clients, name);
      const seen = await look(clients, name);
      const prefix = `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}-`;
      return {
        'name and ARN': [
          seen.Name === name,
          made.ARN === seen.ARN && /^[A-Za-z0-9]{6}$/.test((seen.ARN ?? '').replace(prefix, '')),
        ],
        tags: tagsOf(seen.Tags),
        doomed: seen.DeletedDate !== undefined,
        value: (await read(clients, given(made.ARN))).SecretString,
        'another of its name': await outcome(make(clients, name)),
        'looking at an unknown one': await outcome(look(clients, 'es-ecs/nobody/password')),
        'reading an unknown one': await outcome(read(clients, 'es-ecs/nobody/password')),
      };
    },
  },
  {
    name: 'secret: a client request token makes one',
    calls: ['SecretsManager:CreateSecret'],
    // CreateSecret, ClientRequestToken: "If a version with this value already exists and that version's
    // SecretString and SecretBinary values are the same as those in the request, then the request is ignored
    // (the operation is idempotent)"; otherwise it fails.
    expected: { 'the same one': true, 'with another value': 'ResourceExistsException' },
    run: async (clients, scratch) => {
      const name = `es-ecs/${scratch.name('secret')}/password`;
      const ClientRequestToken = scratch.name('token').padEnd(32, '0');
      const first = await make(clients, name, { ClientRequestToken });
      return {
        'the same one': await answer(
          make(clients, name, { ClientRequestToken }),
          (again) => again.ARN === first.ARN,
        ),
        'with another value': await outcome(
          make(clients, name, { ClientRequestToken, SecretString: 'other' }),
        ),
      };
    },
  },
  {
    name: 'secret: another value',
    calls: ['SecretsManager:PutSecretValue', 'SecretsManager:GetSecretValue'],
    // PutSecretValue: "Secrets Manager automatically moves the staging label AWSCURRENT from the previous version to this
    // version"; the previous one is then AWSPREVIOUS.
    expected: {
      putting: 'done',
      'then it says': 'other',
      'and said before': value,
      'its name and tags stay': [true, { 'es-ecs-cluster': 'search' }],
      'of an unknown one': 'ResourceNotFoundException',
      'of a doomed one': 'InvalidRequestException',
    },
    run: async (clients, scratch) => {
      const { secretsManager } = clients;
      const name = `es-ecs/${scratch.name('secret')}/password`;
      await make(clients, name);
      const put = (SecretId: string) =>
        outcome(secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString: 'other' })));
      const putting = await put(name);
      const previous = new GetSecretValueCommand({ SecretId: name, VersionStage: 'AWSPREVIOUS' });
      const seen = await look(clients, name);
      const observed = {
        putting,
        'then it says': (await read(clients, name)).SecretString,
        'and said before': (await secretsManager.send(previous)).SecretString,
        'its name and tags stay': [seen.Name === name, tagsOf(seen.Tags)],
        'of an unknown one': await put('es-ecs/nobody/password'),
      };
      await remove(clients, name, { RecoveryWindowInDays: 7 });
      return { ...observed, 'of a doomed one': await put(name) };
    },
  },
  {
    name: 'secret: listed by the beginning of its name',
    calls: ['SecretsManager:ListSecrets'],
    // Filter, name: "Matches the beginning of the secret name"; IncludePlannedDeletion is off unless asked
    // for.
    expected: {
      listed: 2,
      tags: { 'es-ecs-cluster': 'search' },
      'without the doomed one': 1,
      'with the doomed one': [1, 2],
      'by a name of nobody': 0,
    },
    run: async (clients, scratch) => {
      const { secretsManager } = clients;
      const cluster = scratch.name('cluster');
      await make(clients, `es-ecs/${cluster}/authority`);
      await make(clients, `es-ecs/${cluster}/password`);
      await scratch.settle();
      const list = async (name: string, IncludePlannedDeletion = false) =>
        (
          await secretsManager.send(
            new ListSecretsCommand({ Filters: [{ Key: 'name', Values: [name] }], IncludePlannedDeletion }),
          )
        ).SecretList ?? [];
      const first = await list(`es-ecs/${cluster}/`);
      await remove(clients, `es-ecs/${cluster}/password`, { RecoveryWindowInDays: 7 });
      await scratch.settle();
      const all = await list(`es-ecs/${cluster}/`, true);
      return {
        listed: first.length,
        tags: tagsOf(first[0]?.Tags),
        'without the doomed one': (await list(`es-ecs/${cluster}/`)).length,
        'with the doomed one': [all.filter((one) => one.DeletedDate !== undefined).length, all.length],
        'by a name of nobody': (await list('es-ecs/nobody/')).length,
      };
    },
  },
  {
    name: 'secret: deleted for good',
    calls: ['SecretsManager:DeleteSecret', 'SecretsManager:CreateSecret'],
    // DeleteSecret, ForceDeleteWithoutRecovery: "if you use this parameter with a previously deleted or
    // nonexistent secret, the operation does not return ResourceNotFoundException".
    expected: {
      deleting: 'done',
      'deleting again': 'done',
      'looking at it': 'ResourceNotFoundException',
      'making one of its name': 'done',
    },
    run: async (clients, scratch) => {
      const name = `es-ecs/${scratch.name('secret')}/password`;
      await make(clients, name);
      const force = { ForceDeleteWithoutRecovery: true };
      const deleting = await remove(clients, name, force);
      const seen = await scratch.until(
        () => outcome(look(clients, name)),
        (state) => state === 'ResourceNotFoundException',
      );
      return {
        deleting,
        'deleting again': await remove(clients, name, force),
        'looking at it': seen,
        // "This operation is asynchronous … use appropriate back off and retry logic."
        'making one of its name': await scratch.until(
          () => outcome(make(clients, name)),
          (state) => state === 'done',
        ),
      };
    },
  },
  {
    name: 'secret: doomed by hand, and restored',
    calls: [
      'SecretsManager:DeleteSecret',
      'SecretsManager:DescribeSecret',
      'SecretsManager:RestoreSecret',
      'SecretsManager:GetSecretValue',
    ],
    // DeleteSecret: Secrets Manager keeps it for the recovery window; "You can't access a secret … scheduled
    // for deletion".
    expected: {
      doomed: true,
      reading: 'InvalidRequestException',
      'making one of its name': 'InvalidRequestException',
      restoring: 'done',
      'doomed then': false,
      'reading then': value,
      'restoring an unknown one': 'ResourceNotFoundException',
    },
    run: async (clients, scratch) => {
      const { secretsManager } = clients;
      const name = `es-ecs/${scratch.name('secret')}/password`;
      await make(clients, name);
      await remove(clients, name, { RecoveryWindowInDays: 7 });
      const isDoomed = async () => (await look(clients, name)).DeletedDate !== undefined;
      const restore = (SecretId: string) =>
        outcome(secretsManager.send(new RestoreSecretCommand({ SecretId })));
      return {
        doomed: await isDoomed(),
        reading: await outcome(read(clients, name)),
        'making one of its name': await outcome(make(clients, name)),
        restoring: await restore(name),
        'doomed then': await isDoomed(),
        'reading then': (await read(clients, name)).SecretString,
        'restoring an unknown one': await restore('es-ecs/nobody/password'),
      };
    },
  },
  {
    name: 'secret: tags',
    calls: ['SecretsManager:TagResource', 'SecretsManager:UntagResource'],
    expected: {
      'with another': { 'es-ecs-cluster': 'search', team: 'new' },
      'without one': { team: 'new' },
      'of an unknown one': ['ResourceNotFoundException', 'ResourceNotFoundException'],
    },
    run: async (clients, scratch) => {
      const { secretsManager } = clients;
      const name = `es-ecs/${scratch.name('secret')}/password`;
      await make(clients, name);
      const tag = (SecretId: string, Value: string) =>
        secretsManager.send(new TagResourceCommand({ SecretId, Tags: [{ Key: 'team', Value }] }));
      const untag = (SecretId: string) =>
        secretsManager.send(new UntagResourceCommand({ SecretId, TagKeys: ['es-ecs-cluster'] }));
      const tags = async () => tagsOf((await look(clients, name)).Tags);
      await tag(name, 'old');
      await tag(name, 'new');
      const more = await tags();
      await untag(name);
      const nobody = 'es-ecs/nobody/password';
      return {
        'with another': more,
        'without one': await tags(),
        'of an unknown one': [await outcome(tag(nobody, 'x')), await outcome(untag(nobody))],
      };
    },
  },
];
