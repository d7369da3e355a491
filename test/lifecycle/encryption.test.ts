import { rmSync } from 'node:fs';

import { AssociateKmsKeyCommand, DisassociateKmsKeyCommand } from '@aws-sdk/client-cloudwatch-logs';
import { PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { UpdateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, it } from 'vitest';

import type { World } from '../../src/simulator/core/world.ts';
import { volumes } from '../../src/simulator/ec2/volumes.ts';
import { repositories } from '../../src/simulator/ecr/repositories.ts';
import { roles } from '../../src/simulator/iam/roles.ts';
import {
  addKey,
  keys,
  type KeyRow,
  type KeyState,
  type NewKey,
  setEbsKey,
} from '../../src/simulator/kms/keys.ts';
import { logGroups } from '../../src/simulator/logs/log-groups.ts';
import { secrets } from '../../src/simulator/secrets-manager/secrets.ts';
import { configText, type PlanDocument, Story, type UpDocument } from './story.ts';
import { keyPolicy } from './key-policy.ts';

const withKey = configText('network: { flowLogs: true }\nencryption: { kmsKeyId: alias/search }\n');

const everything = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
});

let story: Story;
afterEach(() => {
  story.end();
});

/** Begins a story in an account in which somebody has made a key. */
async function withKeyThere(key: NewKey = {}, config = withKey): Promise<string> {
  story = new Story(configText());
  await story.run('plan');
  const { arn } = await story.behindTheBack((_clients, world) =>
    Promise.resolve(addKey(world, { alias: 'alias/search', policy: keyPolicy(), ...key })),
  );
  story.write(config);
  return arn;
}

/** The keys of everything that has one, each once. */
function keysInUse(world: World): readonly (string | undefined)[] {
  const all = [
    ...[...world.rows(volumes).values()].filter((one) => !one.isDeleting).map(({ keyArn }) => keyArn),
    ...[...world.rows(secrets).values()].map(({ kmsKeyId }) => kmsKeyId),
    ...[...world.rows(logGroups).values()].map(({ kmsKeyId }) => kmsKeyId),
    ...[...world.rows(repositories).values()].map(({ encryption }) => encryption.kmsKey),
  ];
  expect(all.length).toBeGreaterThan(10);
  return [...new Set(all)];
}

describe('a key of the config', () => {
  it('encrypts everything that is kept, and nothing but it', async () => {
    const arn = await withKeyThere();
    const up = await story.run('up');
    expect(up.status, up.stderr).toBe(0);
    const used = await story.behindTheBack((_clients, world) => Promise.resolve(keysInUse(world)));
    expect(used).toEqual([arn]);
    const again = await story.json<UpDocument>('up');
    expect(again).toMatchObject({ outcome: 'up-to-date', apiCalls: { writes: 0 } });
    const gone = await story.run('destroy', '--yes', '--delete-data');
    expect(gone.status, gone.stderr).toBe(0);
  });
});

interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hints: readonly string[];
}

interface Concerned {
  readonly refusals: readonly Refusal[];
  readonly concerns: readonly Refusal[];
}

async function refusals(): Promise<readonly Refusal[]> {
  return (await story.json<PlanDocument & { readonly refusals: readonly Refusal[] }>('plan')).refusals;
}

describe('a key that cannot be used', () => {
  const scaling =
    'arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling';

  it.each<[string, NewKey, string, string]>([
    ['disabled', { state: 'Disabled' }, 'is disabled', 'aws kms enable-key'],
    ['about to be deleted', { state: 'PendingDeletion' }, 'is to be deleted', 'aws kms cancel-key-deletion'],
    ['without material', { state: 'PendingImport' }, 'is PendingImport, not Enabled', 'aws kms describe-key'],
    [
      'asymmetric',
      { spec: 'RSA_4096' },
      'does not encrypt symmetrically (RSA_4096, for ENCRYPT_DECRYPT)',
      'aws kms create-key',
    ],
    [
      'for codes of messages',
      { spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC' },
      'does not encrypt symmetrically (HMAC_256',
      'aws kms create-key',
    ],
  ])('is refused before anything is made: %s', async (_what, key, why, wayOut) => {
    await withKeyThere(key);
    const [one, ...others] = await refusals();
    expect(others).toEqual([]);
    expect(one?.code).toBe('KMS_KEY');
    expect(one?.message).toMatch(
      /es-ecs\.yaml:6:\d+: encryption\.kmsKeyId: arn:aws:kms:eu-west-1:123456789012:key\//,
    );
    expect(one?.message).toContain(why);
    expect(one?.hints[0]).toContain(wayOut);
    expect((await story.run('plan')).stdout).toMatch(/is refused until the key can be used$/);
    const up = await story.run('up');
    expect(up.status).toBe(1);
    expect(up.stderr).toContain(why);
    const made = await story.behindTheBack((_clients, world) => Promise.resolve(world.rows(volumes).size));
    expect(made).toBe(0);
  });

  it('takes the copy of a multi-Region key', async () => {
    await withKeyThere({ isMultiRegion: true });
    expect(await refusals()).toEqual([]);
  });

  it('is refused where there is none of that name, or it is of another account', async () => {
    await withKeyThere({}, configText('encryption: { kmsKeyId: alias/other }\n'));
    expect((await refusals())[0]?.message).toContain('there is no alias/other in eu-west-1');
    story.write(
      configText(
        'encryption: { kmsKeyId: "arn:aws:kms:eu-west-1:210987654321:key/0a1b2c3d-0000-4000-8000-000000000001" }\n',
      ),
    );
    expect((await refusals())[0]?.message).toContain(
      'is a key of the account 210987654321, and these credentials are of 123456789012',
    );
  });

  it.each<[string, readonly string[], string, string]>([
    [
      'Auto Scaling',
      ['Launch', 'LaunchGrants'],
      'does not let the role AWSServiceRoleForAutoScaling do kms:CreateGrant, kms:Decrypt',
      `--grantee-principal ${scaling}`,
    ],
    [
      'Auto Scaling make grants',
      ['LaunchGrants'],
      'AWSServiceRoleForAutoScaling do kms:CreateGrant: no host starts',
      'aws kms create-grant',
    ],
    [
      'CloudWatch Logs',
      ['Logs'],
      'does not let CloudWatch Logs, for the log group /es-ecs/search, do kms:Encrypt',
      'aws kms get-key-policy',
    ],
    [
      'the account',
      ['ByIam'],
      'does not let the role of the hosts do kms:CreateGrant',
      'aws kms get-key-policy',
    ],
  ])('is refused where its policy does not let %s use it', async (_who, sids, why, wayOut) => {
    await withKeyThere();
    await story.behindTheBack((_clients, world) => {
      // Whoever is left out of a policy cannot read it either.
      const policy = keyPolicy(...sids);
      const [key] = world.rows(keys).values();
      if (key !== undefined)
        key.policy = JSON.stringify(sids.includes('ByIam') ? readable(world, policy) : policy);
      return Promise.resolve();
    });
    const found = await refusals();
    expect(found).toHaveLength(1);
    expect(found[0]?.message).toContain(why);
    expect(found[0]?.hints[0]).toContain(wayOut);
  });
});

/** The same policy, which the caller may look at. */
function readable({ accountId }: World, policy: object): object {
  const { Statement } = policy as { readonly Statement: readonly object[] };
  const Principal = { AWS: `arn:aws:iam::${accountId}:user/simulated` };
  const Action = ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:ListGrants', 'kms:PutKeyPolicy'];
  return { ...policy, Statement: [...Statement, { Effect: 'Allow', Principal, Action, Resource: '*' }] };
}

describe('what a key has to do with things that exist', () => {
  it('goes to secrets and log groups in place, to hosts one by one, and to no volume and no repository, which the plan says', async () => {
    const old = await withKeyThere();
    await story.json('up');
    const next = await story.behindTheBack((_clients, world) =>
      Promise.resolve(addKey(world, { alias: 'alias/next', policy: keyPolicy() }).arn),
    );
    story.write(withKey.replace('alias/search', 'alias/next'));
    const plan = await story.json<
      PlanDocument & { readonly kept: readonly { readonly address: string; readonly because: string }[] }
    >('plan');
    expect(plan.kept.map(({ address }) => address).sort()).toEqual([
      'hosts/volume/search-0',
      'hosts/volume/search-1',
      'hosts/volume/search-2',
      'image/repository',
    ]);
    expect(plan.kept[0]?.because).toContain(
      `keeps the key ${old}, not encryption.kmsKeyId: EBS cannot give a volume another`,
    );
    const shown = await story.run('plan');
    expect(shown.stdout).toContain('= hosts/volume/search-0 and 2 more  keeps the key');
    expect((await story.json<UpDocument>('up')).outcome).toBe('applied');
    const used = await story.behindTheBack((_clients, world) =>
      Promise.resolve({
        secrets: [...new Set([...world.rows(secrets).values()].map(({ kmsKeyId }) => kmsKeyId))],
        logs: [...new Set([...world.rows(logGroups).values()].map(({ kmsKeyId }) => kmsKeyId))],
        // Data volumes outlive hosts.
        disks: [...world.rows(volumes).values()]
          .filter(({ isDeleting }) => !isDeleting)
          .map(({ keyArn, tags }) => [tags['es-ecs-resource']?.startsWith('hosts/volume/') === true, keyArn]),
      }),
    );
    expect(used.secrets).toEqual([next]);
    expect(used.logs).toEqual([next]);
    expect(new Set(used.disks.map(String))).toEqual(new Set([`true,${old}`, `false,${next}`]));
    const again = await story.json<UpDocument>('up');
    expect(again).toMatchObject({ outcome: 'up-to-date', apiCalls: { writes: 0 } });
    const insync = await story.run('plan');
    expect(insync.stdout).toContain('= image/repository  keeps the key');
  });

  it('is put back where somebody has given a thing another', async () => {
    const arn = await withKeyThere();
    await story.json('up');
    const other = await story.behindTheBack(async ({ logs, secretsManager }, world) => {
      const { arn: KmsKeyId } = addKey(world, { policy: keyPolicy() });
      await logs.send(new AssociateKmsKeyCommand({ logGroupName: '/es-ecs/search', kmsKeyId: KmsKeyId }));
      await logs.send(new DisassociateKmsKeyCommand({ logGroupName: '/es-ecs/search/flow-log' }));
      await secretsManager.send(new UpdateSecretCommand({ SecretId: 'es-ecs/search/password', KmsKeyId }));
      return KmsKeyId;
    });
    const { changes } = await story.json<PlanDocument>('plan');
    expect(
      changes.map(({ address, fields }) => [address, fields[0]?.path, fields[0]?.before, fields[0]?.after]),
    ).toEqual([
      ['network/log-group', 'kmsKeyId', null, arn],
      ['task/log-group', 'kmsKeyId', other, arn],
      ['task/secret/password', 'kmsKeyId', other, arn],
    ]);
    await story.json('up');
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  });

  it('stays as it is where the config names none any more', async () => {
    const arn = await withKeyThere();
    await story.json('up');
    story.write(configText('network: { flowLogs: true }\n'));
    await story.json('up');
    const kept = await story.behindTheBack((_clients, world) =>
      Promise.resolve(
        [...world.rows(secrets).values(), ...world.rows(logGroups).values()].map(({ kmsKeyId }) => kmsKeyId),
      ),
    );
    expect(new Set(kept)).toEqual(new Set([arn]));
    expect((await story.json<PlanDocument>('plan')).changes).toEqual([]);
  });

  it.each<[KeyState, string, string]>([
    ['Disabled', 'is disabled', 'aws kms enable-key'],
    ['PendingDeletion', 'is to be deleted', 'aws kms cancel-key-deletion'],
  ])('is looked at though nothing is to be changed: %s', async (state, why, wayOut) => {
    const arn = await withKeyThere();
    await story.json('up');
    expect((await story.json<PlanDocument & Concerned>('plan')).concerns).toEqual([]);
    await story.behindTheBack((_clients, world) => {
      for (const key of world.rows(keys).values()) key.state = state;
      return Promise.resolve();
    });
    const document = await story.json<PlanDocument & Concerned>('plan');
    expect(document).toMatchObject({ changes: [], refusals: [] });
    expect(document.concerns.map(({ code }) => code)).toEqual(['KMS_KEY']);
    const plan = await story.run('plan');
    const up = await story.run('up');
    for (const { status, told } of [
      { status: plan.status, told: plan.stdout },
      { status: up.status, told: up.stderr },
    ]) {
      expect(status).toBe(0);
      expect(told).toContain(`encryption.kmsKeyId: ${arn} ${why}`);
      expect(told).toContain('no host that starts gets its disks, and no task its secrets');
      expect(told).toContain(wayOut);
    }
    expect(up.stdout).toContain('is up to date');
  });

  it('is said once: where a plan asks for it, as a refusal, and else beside the changes', async () => {
    await withKeyThere();
    await story.json('up');
    await story.behindTheBack((_clients, world) => {
      for (const key of world.rows(keys).values()) key.state = 'Disabled';
      return Promise.resolve();
    });
    story.write(`${withKey}tags: { Team: search }\n`);
    const all = await story.json<PlanDocument & Concerned>('plan');
    expect(all.refusals).toHaveLength(1);
    expect(all.concerns).toEqual([]);
    story.write(withKey);
    await story.behindTheBack(async ({ iam }, world) => {
      const [RoleName = ''] = world.rows(roles).keys();
      await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'more', PolicyDocument: everything }));
    });
    const other = await story.json<PlanDocument & Concerned>('plan');
    expect(other.changes.map(({ address }) => address)).toEqual([expect.stringContaining('/role')]);
    expect(other.refusals).toEqual([]);
    expect(other.concerns).toHaveLength(1);
  });

  const { Version, Statement } = keyPolicy();
  const hostsKeptOut = {
    Version,
    Statement: [
      ...Statement,
      {
        Effect: 'Deny',
        Principal: { AWS: 'arn:aws:iam::123456789012:role/es-ecs-search-eu-west-1-instance' },
        Action: 'kms:CreateGrant',
        Resource: '*',
      },
    ],
  };

  it.each<[string, object, string]>([
    [
      'Auto Scaling',
      keyPolicy('Launch', 'LaunchGrants'),
      'does not let the role AWSServiceRoleForAutoScaling do',
    ],
    ['CloudWatch Logs', keyPolicy('Logs'), 'does not let CloudWatch Logs, for the log group'],
    ['the hosts', hostsKeptOut, 'does not let the role of the hosts do kms:CreateGrant'],
  ])('says when its policy no longer lets in %s, though nothing is to be changed', async (_, policy, why) => {
    const arn = await withKeyThere();
    expect((await story.json<Concerned>('up')).concerns).toEqual([]);
    await story.behindTheBack((_clients, world) => {
      for (const key of world.rows(keys).values()) if (key.arn === arn) key.policy = JSON.stringify(policy);
      return Promise.resolve();
    });
    const plan = await story.json<PlanDocument & Concerned>('plan');
    expect(plan).toMatchObject({ changes: [], refusals: [] });
    expect(plan.concerns.map(({ message }) => message)).toEqual(
      expect.arrayContaining([expect.stringContaining(why)]),
    );
    // Everywhere the same, and for machines as well.
    expect((await story.json<Concerned>('status')).concerns).toEqual(plan.concerns);
    expect((await story.json<Concerned>('up')).concerns).toEqual(plan.concerns);
    expect((await story.run('status')).stdout).toContain(why);
  });

  it('that things have kept, and no config names any more, is looked at as well', async () => {
    const arn = await withKeyThere();
    await story.json('up');
    await story.behindTheBack((_clients, world) =>
      Promise.resolve(addKey(world, { alias: 'alias/other', policy: keyPolicy() })),
    );
    story.write(withKey.replace('alias/search', 'alias/other'));
    expect((await story.json<Concerned>('up')).concerns).toEqual([]);
    expect((await story.json<PlanDocument & Concerned>('plan')).concerns).toEqual([]);
    await story.behindTheBack((_clients, world) => {
      for (const key of world.rows(keys).values()) if (key.arn === arn) key.state = 'PendingDeletion';
      return Promise.resolve();
    });
    const { changes, concerns } = await story.json<PlanDocument & Concerned>('plan');
    expect(changes).toEqual([]);
    expect(concerns.map(({ message }) => message)).toEqual([
      `the key of hosts/volume/search-0 and 3 more: ${arn} is to be deleted, and with it all that it encrypts: what runs goes on, but no host that starts gets its data volume, no host pulls the image`,
    ]);
    expect(concerns[0]?.hints[0]).toContain('aws kms cancel-key-deletion');
  });

  it('lets a cluster go whose key is lost', async () => {
    await withKeyThere();
    await story.json('up');
    await story.behindTheBack((_clients, world) => {
      for (const key of world.rows(keys).values()) key.state = 'PendingDeletion';
      return Promise.resolve();
    });
    const gone = await story.run('destroy', '--yes', '--delete-data');
    expect(gone.status, gone.stderr).toBe(0);
  });
});

describe("the account's own key for disks", () => {
  it('is looked at where nothing is to be changed: its state, and whom it lets in', async () => {
    const arn = await ownKey();
    expect((await story.json<Concerned>('up')).concerns).toEqual([]);
    const concerns = async (change: (key: KeyRow) => void) => {
      await story.behindTheBack((_clients, world) => {
        for (const key of world.rows(keys).values()) if (key.arn === arn) change(key);
        return Promise.resolve();
      });
      const document = await story.json<PlanDocument & Concerned>('plan');
      expect(document.changes).toEqual([]);
      return document.concerns.map(({ message }) => message);
    };
    expect(await concerns(() => undefined)).toEqual([]);
    expect(
      await concerns((key) => {
        key.policy = JSON.stringify(keyPolicy('Launch', 'LaunchGrants'));
      }),
    ).toEqual([
      expect.stringMatching(
        /^the account's default key for disks: the policy of .* AWSServiceRoleForAutoScaling/,
      ),
    ]);
    expect(
      await concerns((key) => {
        key.state = 'Disabled';
      }),
    ).toEqual([
      `the account's default key for disks: ${arn} is disabled: what runs goes on, but no host that starts gets its data volume`,
    ]);
    // It is not the default any more: hosts start, and yet their data is by it.
    await story.behindTheBack((_clients, world) => {
      setEbsKey(world, addKey(world, { policy: keyPolicy() }).arn);
      return Promise.resolve();
    });
    expect((await concerns(() => undefined))[0]).toMatch(/^the key of hosts\/volume\/search-0 and 2 more: /);
  });

  it("costs no call where it is AWS's own, and one once the state is lost", async () => {
    story = new Story(configText());
    await story.json('up');
    const described = async (command: string): Promise<number> => {
      const { apiCalls } = await story.json<{
        readonly apiCalls: { readonly byOperation: Readonly<Record<string, number>> };
      }>(command, '--verbose');
      const { DescribeKey = 0, GetKeyPolicy = 0, GetEbsDefaultKmsKeyId = 0 } = apiCalls.byOperation;
      return DescribeKey + GetKeyPolicy + GetEbsDefaultKmsKeyId;
    };
    expect(await described('up')).toBe(0);
    rmSync(story.stateFile);
    expect(await described('up')).toBe(1);
    expect(await described('up')).toBe(0);
  });

  async function ownKey(...without: readonly string[]): Promise<string> {
    story = new Story(configText());
    await story.run('plan');
    return story.behindTheBack((_clients, world) => {
      const { arn } = addKey(world, { policy: keyPolicy(...without) });
      setEbsKey(world, arn);
      return Promise.resolve(arn);
    });
  }

  it('is judged though the config says nothing, before anything is made', async () => {
    const arn = await ownKey('Launch', 'LaunchGrants');
    const [one, ...others] = await refusals();
    expect(others).toEqual([]);
    expect(one?.message).toContain(
      `the account's default key for disks: the policy of ${arn} does not let the role AWSServiceRoleForAutoScaling`,
    );
    expect((await story.run('up')).status).toBe(1);
  });

  it('is not let by a statement without Resource, which KMS takes and which has no effect', async () => {
    story = new Story(configText());
    await story.run('plan');
    await story.behindTheBack((_clients, world) => {
      const { Statement } = keyPolicy();
      const spoilt = Statement.map((one) => (one.Sid === 'Launch' ? { ...one, Resource: undefined } : one));
      setEbsKey(world, addKey(world, { policy: { ...keyPolicy(), Statement: spoilt } }).arn);
      return Promise.resolve();
    });
    expect((await refusals()).map(({ message }) => message)).toEqual([
      expect.stringContaining('AWSServiceRoleForAutoScaling do kms:Decrypt, kms:DescribeKey'),
    ]);
    const up = await story.run('up', '--simulate-fault', 'GetKeyPolicy:AccessDeniedException:always');
    expect(up.stderr).toContain('its disk cannot be encrypted');
  });

  it('is used by hosts that attach their volumes, without a statement for logs', async () => {
    const arn = await ownKey('Logs');
    const up = await story.run('up');
    expect(up.status, up.stderr).toBe(0);
    const used = await story.behindTheBack((_clients, world) =>
      Promise.resolve(new Set([...world.rows(volumes).values()].map(({ keyArn }) => keyArn))),
    );
    expect(used).toEqual(new Set([arn]));
  });

  it('ends a launch where nobody could look, and the way out names it', async () => {
    const arn = await ownKey('Launch', 'LaunchGrants');
    const blind = ['--simulate-fault', 'GetKeyPolicy:AccessDeniedException:always'] as const;
    const up = await story.run('up', ...blind);
    expect(up.status).toBe(1);
    expect(up.stderr).toContain('its disk cannot be encrypted');
    expect(up.stderr).toContain(
      `aws kms create-grant --region eu-west-1 --key-id ${arn} --grantee-principal`,
    );
  });
});
