import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';

import { createClusterAccess, findWayIn } from '../../src/cli/real-adapters.ts';
import { type Bench, createBench } from '../steps/support/bench.ts';

const keyPair = { publicKey: 'ssh-ed25519 AAAA', privateKeyFile: '/beside/es-ecs.key' };

function accessOf(
  bench: Bench,
  hasKey: boolean,
): Parameters<typeof createClusterAccess>[0] & { said: string[] } {
  const { config, clients, inventory, clock } = bench.context;
  const said: string[] = [];
  return {
    config,
    clients,
    inventory,
    clock,
    keys: {
      ensure: () => Promise.resolve(keyPair),
      read: () => Promise.resolve(hasKey ? keyPair : undefined),
      remove: () => Promise.resolve(),
    },
    knownHostsFile: '/beside/known_hosts',
    notice: (text) => {
      said.push(text);
    },
    said,
  };
}

/** The account: a bastion, a host, and the secrets. */
function furnish(bench: Bench): void {
  bench.stub('secretsManager').answer(GetSecretValueCommand, {
    SecretString: JSON.stringify({ caCertificate: 'CA', nodeCertificate: 'N', password: 'P' }),
  });
  const tag = (Key: string, Value: string): object => ({ Key, Value });
  bench.stub('ec2').answer(DescribeInstancesCommand, {
    Reservations: [
      {
        Instances: [
          {
            InstanceId: 'i-0bastion',
            PublicIpAddress: '203.0.113.7',
            PrivateIpAddress: '10.0.0.5',
            State: { Name: 'running' },
            Tags: [
              tag('es-ecs-cluster', 'search'),
              tag('es-ecs-resource', 'bastion/instance'),
              tag('es-ecs-node', 'search-0'),
            ],
          },
        ],
      },
    ],
  });
}

describe('the way in', () => {
  it('leads through the bastion to the hosts, with the key and the host keys beside the state', async () => {
    const bench = createBench();
    furnish(bench);
    expect(await findWayIn(accessOf(bench, true))).toEqual({
      doors: [{ name: 'search-0', host: '10.0.0.5', port: 9200 }],
      route: {
        bastion: { address: '203.0.113.7', instanceId: 'i-0bastion' },
        privateKeyFile: '/beside/es-ecs.key',
        knownHostsFile: '/beside/known_hosts',
      },
      clusterName: 'search',
      caCertificate: 'CA',
      password: 'P',
    });
  });

  it('is the address in the config where there is one, key or not', async () => {
    const bench = createBench('bastion: false\naccess: { endpoint: "https://search.internal:9200" }\n');
    furnish(bench);
    expect(await findWayIn(accessOf(bench, false))).toMatchObject({
      doors: [{ name: 'search.internal:9200', host: 'search.internal', port: 9200 }],
      route: undefined,
    });
  });

  it.each([
    ['bastion: false\n', true, 'the bastion is off, and the config has no access.endpoint'],
    ['', false, "the bastion's private key is not on this machine"],
  ])(
    'is not to be had with %j and a key: %s; said once, and nothing is asked of AWS',
    async (more, hasKey, why) => {
      const options = accessOf(createBench(more), hasKey);
      const access = createClusterAccess(options);
      expect(await access.connect()).toBeUndefined();
      expect(await access.connect()).toBeUndefined();
      expect(options.said).toEqual([`Elasticsearch itself is not asked: ${why}`]);
    },
  );
});
