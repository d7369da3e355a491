import {
  BatchGetSecretValueCommand,
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';

import { pass, stage } from '../ecs/support.ts';

const SecretId = 'es-ecs/search/password';
const token = '11111111-2222-4333-8444-555555555555';
const create = (changes: object = {}): CreateSecretCommand =>
  new CreateSecretCommand({ Name: SecretId, SecretString: 'p', ClientRequestToken: token, ...changes });

describe('secrets', () => {
  it('are made once by token; another content or token is refused', async () => {
    const { secretsManager } = stage().clients;
    const first = await secretsManager.send(create());
    expect(first.ARN).toMatch(/:secret:es-ecs\/search\/password-[A-Za-z]{6}$/);
    expect(await secretsManager.send(create())).toMatchObject({ ARN: first.ARN, VersionId: token });
    for (const changes of [{ SecretString: 'q' }, { ClientRequestToken: token.replace('1', '9') }]) {
      await expect(secretsManager.send(create(changes))).rejects.toMatchObject({
        name: 'ResourceExistsException',
      });
    }
  });

  it('have versions: the newest is current, the one before is kept', async () => {
    const { secretsManager } = stage().clients;
    await secretsManager.send(create());
    await secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString: 'q' }));
    const value = async (VersionStage?: string): Promise<string | undefined> =>
      (await secretsManager.send(new GetSecretValueCommand({ SecretId, VersionStage }))).SecretString;
    expect(await value()).toBe('q');
    expect(await value('AWSPREVIOUS')).toBe('p');
    await secretsManager.send(new UpdateSecretCommand({ SecretId, Description: 'd', SecretString: 'r' }));
    expect([await value(), await value('AWSPREVIOUS')]).toEqual(['r', 'q']);
    const described = await secretsManager.send(new DescribeSecretCommand({ SecretId }));
    expect(described.Description).toBe('d');
    expect(Object.values(described.VersionIdsToStages ?? {})).toEqual([['AWSPREVIOUS'], ['AWSCURRENT']]);
    await expect(value('NONE')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('wait out their recovery window, in which they can be restored but not read or made again', async () => {
    const on = stage();
    const { secretsManager } = on.clients;
    await secretsManager.send(create());
    await pass(on, 5);
    await secretsManager.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
    await expect(secretsManager.send(create())).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await expect(secretsManager.send(new GetSecretValueCommand({ SecretId }))).rejects.toMatchObject({
      name: 'InvalidRequestException',
    });
    expect((await secretsManager.send(new ListSecretsCommand({}))).SecretList).toEqual([]);
    const planned = await secretsManager.send(new ListSecretsCommand({ IncludePlannedDeletion: true }));
    expect(planned.SecretList).toMatchObject([{ Name: SecretId }]);
    await secretsManager.send(new RestoreSecretCommand({ SecretId }));
    expect((await secretsManager.send(new GetSecretValueCommand({ SecretId }))).SecretString).toBe('p');
    await secretsManager.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
    await pass(on, 8 * 86_400);
    await expect(secretsManager.send(new DescribeSecretCommand({ SecretId }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it('go at once by force, which a missing one does not mind', async () => {
    const on = stage();
    const { secretsManager } = on.clients;
    await secretsManager.send(create());
    const remove = new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true });
    await secretsManager.send(remove);
    await secretsManager.send(remove);
    await expect(secretsManager.send(new DeleteSecretCommand({ SecretId }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    // The deletion goes on after its answer.
    await expect(secretsManager.send(create())).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await pass(on, 5);
    expect((await secretsManager.send(create())).Name).toBe(SecretId);
  });

  it('are listed by name and tag, a little late, and had in batches', async () => {
    const on = stage();
    const { secretsManager } = on.clients;
    await secretsManager.send(create({ Tags: [{ Key: 'es-ecs-cluster', Value: 'search' }] }));
    expect((await secretsManager.send(new ListSecretsCommand({}))).SecretList).toEqual([]);
    await pass(on, 5);
    const listed = async (Key: 'tag-key' | 'tag-value' | 'name', value: string): Promise<number> => {
      const answer = await secretsManager.send(
        new ListSecretsCommand({ Filters: [{ Key, Values: [value] }] }),
      );
      return answer.SecretList?.length ?? 0;
    };
    expect(await listed('tag-key', 'es-ecs-cluster')).toBe(1);
    expect(await listed('tag-value', 'other')).toBe(0);
    expect(await listed('name', 'es-ecs/')).toBe(1);
    await secretsManager.send(new TagResourceCommand({ SecretId, Tags: [{ Key: 'a', Value: 'other' }] }));
    await secretsManager.send(new UntagResourceCommand({ SecretId, TagKeys: ['es-ecs-cluster'] }));
    expect([await listed('tag-key', 'es-ecs-cluster'), await listed('tag-value', 'other')]).toEqual([0, 1]);
    const batch = await secretsManager.send(
      new BatchGetSecretValueCommand({ SecretIdList: [SecretId, 'none'] }),
    );
    expect(batch.SecretValues).toMatchObject([{ SecretString: 'p' }]);
    expect(batch.Errors).toMatchObject([{ SecretId: 'none', ErrorCode: 'ResourceNotFoundException' }]);
  });
});
