import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
} from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';

import type { Resource } from '../../../src/engine/resource.ts';
import { secrets } from '../../../src/steps/task/secrets.ts';
import { type Stub, createBench } from '../support/bench.ts';

const authorityArn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:es-ecs/search/authority-AbCdEf';

function setUp(): {
  readonly stub: Stub;
  readonly own: ReturnType<typeof secrets>;
} {
  const bench = createBench();
  const stub = bench.stub('secretsManager');
  stub.answer(CreateSecretCommand, { Name: 'es-ecs/search/some' });
  return { stub, own: secrets(bench.context) };
}

async function create(resource: Resource, inputs: object): Promise<void> {
  await resource.create?.(await resource.desired(inputs as never), 'a-token-of-36-characters-at-the-most');
}

describe('the secrets of a cluster', () => {
  it('are made once, each with its token and keys', async () => {
    const { stub, own } = setUp();
    await create(own.password, {});
    await create(own.authority, {});
    const made = stub.sent(CreateSecretCommand);
    expect(made).toMatchObject([
      {
        Name: 'es-ecs/search/password',
        SecretString: '{"password":"a password"}',
        ClientRequestToken: 'a-token-of-36-characters-at-the-most',
      },
      {
        Name: 'es-ecs/search/authority',
        SecretString: '{"certificate":"search CA","privateKey":"search CA key"}',
      },
    ]);
  });

  it('give containers the authority’s certificate and never its key', async () => {
    const { stub, own } = setUp();
    stub.answer(GetSecretValueCommand, { SecretString: '{"certificate":"CA","privateKey":"CA key"}' });
    await create(own.certificates, { authority: { secretArn: authorityArn } });
    const [call] = stub.sent(CreateSecretCommand);
    const { SecretString } = call as { SecretString: string };
    expect(JSON.parse(SecretString)).toEqual({
      caCertificate: 'CA',
      nodeCertificate: 'search node, signed with CA key',
      nodeKey: 'search node key',
    });
  });

  it.each(['', 'no JSON', '{"certificate":"CA"}'])(
    'are not signed by what is no authority: %s',
    async (text) => {
      const { stub, own } = setUp();
      stub.answer(GetSecretValueCommand, { SecretString: text });
      const made = create(own.certificates, { authority: { secretArn: authorityArn } });
      await expect(made).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(stub.sent(CreateSecretCommand)).toHaveLength(0);
    },
  );

  it('are found with one call for all, and one for the policy of each, which read no value', async () => {
    const { stub, own } = setUp();
    const entry = (name: string): object => ({
      Name: `es-ecs/search/${name}`,
      ARN: `arn:${name}`,
      Tags: [
        { Key: 'es-ecs-cluster', Value: 'search' },
        { Key: 'es-ecs-resource', Value: `task/secret/${name}` },
      ],
    });
    const SecretList = [entry('authority'), { ...entry('password'), DeletedDate: new Date(0) }];
    stub.answer(ListSecretsCommand, { SecretList });
    stub.answer(GetResourcePolicyCommand, {});
    const look = { id: undefined, fresh: false, inputs: {} };
    const found = await Promise.all(
      [own.authority, own.certificates, own.password].map((one) => one.find(look)),
    );
    expect(found.map((one) => one?.secretArn)).toEqual(['arn:authority', undefined, 'arn:password']);
    expect(found.map((one) => one?.isDoomed)).toEqual([false, undefined, true]);
    // Of one that is to be deleted nobody can read a policy.
    expect(stub.sent(GetResourcePolicyCommand)).toMatchObject([{ SecretId: 'es-ecs/search/authority' }]);
    expect(stub.count).toBe(2);
  });

  it('whose policies may not be looked at are no failure: it is said, and nothing is changed', async () => {
    const { stub, own } = setUp();
    const tags = [
      { Key: 'es-ecs-cluster', Value: 'search' },
      { Key: 'es-ecs-resource', Value: 'task/secret/authority' },
    ];
    stub.answer(ListSecretsCommand, {
      SecretList: [{ Name: 'es-ecs/search/authority', ARN: 'arn:authority', Tags: tags }],
    });
    const denied = Object.assign(new Error('no'), { name: 'AccessDeniedException' });
    stub.answer(GetResourcePolicyCommand, denied);
    const found = await own.authority.find({ id: undefined, fresh: false, inputs: {} });
    if (found === undefined) throw new Error('it is there');
    expect(own.authority.unseen?.(found)).toContain('secretsmanager:GetResourcePolicy is denied');
    const desired = await own.authority.desired({});
    expect(own.authority.diff(desired, found).map(({ path }) => path)).not.toContain('resourcePolicy');
  });

  it('are restored when somebody had them scheduled for deletion', async () => {
    const { own } = setUp();
    const desired = await own.password.desired({});
    const { tags } = desired as { tags: Readonly<Record<string, string>> };
    const changes = own.password.diff(desired, {
      name: 'es-ecs/search/password',
      secretArn: '',
      isDoomed: true,
      policy: undefined,
      keyId: undefined,
      versionId: undefined,
      tags,
    });
    expect(changes).toMatchObject([{ path: 'deletion', impact: 'in-place' }]);
  });

  it('are deleted at once, so that the name is free again; gone already is fine', async () => {
    const { stub, own } = setUp();
    const gone = Object.assign(new Error('gone'), { name: 'ResourceNotFoundException' });
    stub.answer(DeleteSecretCommand, gone);
    stub.answer(DescribeSecretCommand, gone);
    const observed = {
      name: 'es-ecs/search/password',
      secretArn: '',
      isDoomed: false,
      policy: undefined,
      keyId: undefined,
      versionId: undefined,
      tags: {},
    };
    await own.password.destroy?.(observed);
    expect(stub.sent(DeleteSecretCommand)[0]).toEqual({
      SecretId: 'es-ecs/search/password',
      ForceDeleteWithoutRecovery: true,
    });
    expect(await own.password.find({ id: observed.name, fresh: true, inputs: {} })).toBeUndefined();
  });
});
