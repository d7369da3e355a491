import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';

import {
  endpointAddress,
  nodeAddresses,
  readCertificates,
  readCredentials,
  runningBastion,
} from '../../src/steps/way-in.ts';
import { createBench } from './support/bench.ts';

describe('the nodes', () => {
  it('are those whose hosts run, by their private addresses', async () => {
    const bench = createBench();
    const ec2 = bench.stub('ec2');
    const instance = (node: string, PrivateIpAddress: string): object => ({
      PrivateIpAddress,
      State: { Name: 'running' },
      Tags: [
        { Key: 'es-ecs-cluster', Value: 'search' },
        { Key: 'es-ecs-node', Value: node },
      ],
    });
    ec2.answer(DescribeInstancesCommand, {
      Reservations: [
        { Instances: [instance('search-1', '10.0.1.5')] },
        { Instances: [instance('search-0', '10.0.0.5')] },
      ],
    });
    expect(await nodeAddresses(bench.context)).toEqual([
      { name: 'search-0', host: '10.0.0.5', port: 9200 },
      { name: 'search-1', host: '10.0.1.5', port: 9200 },
    ]);
    expect(ec2.sent(DescribeInstancesCommand)).toEqual([
      {
        Filters: [
          { Name: 'tag:es-ecs-cluster', Values: ['search'] },
          { Name: 'tag-key', Values: ['es-ecs-node'] },
          { Name: 'instance-state-name', Values: ['running'] },
        ],
      },
    ]);
  });

  it('may all be away', async () => {
    const bench = createBench();
    bench.stub('ec2').answer(DescribeInstancesCommand, { Reservations: [] });
    await expect(nodeAddresses(bench.context)).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
  });

  it('have the bastion before them, if it runs', async () => {
    const bench = createBench();
    bench.stub('ec2').answer(DescribeInstancesCommand, { Reservations: [] });
    await expect(runningBastion(bench.context)).rejects.toMatchObject({
      code: 'BASTION_UNREACHABLE',
      message: 'the bastion does not run',
    });
  });
});

describe('the address in the config', () => {
  it.each([
    ['https://10.0.1.5:9200', '10.0.1.5', 9200, '10.0.1.5:9200'],
    ['https://search.internal', 'search.internal', 443, 'search.internal:443'],
    ['https://[fd00::5]:9200/', 'fd00::5', 9200, '[fd00::5]:9200'],
  ])('%s', (endpoint, host, port, name) => {
    expect(endpointAddress(endpoint)).toEqual({ name, host, port });
  });
});

describe('the credentials', () => {
  it('are read from the secrets, of the certificates without their key', async () => {
    const bench = createBench();
    const secrets = bench.stub('secretsManager');
    secrets.answer(GetSecretValueCommand, {
      SecretString: JSON.stringify({
        caCertificate: 'CA',
        nodeCertificate: 'N',
        nodeKey: 'K',
        password: 'P',
      }),
    });
    expect(await readCredentials(bench.context)).toEqual({ caCertificate: 'CA', password: 'P' });
    expect(secrets.sent(GetSecretValueCommand)).toEqual([
      { SecretId: 'es-ecs/search/certificates' },
      { SecretId: 'es-ecs/search/password' },
    ]);
    expect(await readCertificates(bench.context)).toEqual({ caCertificate: 'CA', nodeCertificate: 'N' });
  });

  it.each([
    [{ SecretString: 'not ours' }, 'NOT_FOUND'],
    [{ SecretString: '{}' }, 'NOT_FOUND'],
    [Object.assign(new Error('no'), { name: 'ResourceNotFoundException' }), 'NOT_FOUND'],
    [
      Object.assign(new Error('no'), { name: 'AccessDeniedException', $fault: 'client', $metadata: {} }),
      'ACCESS_DENIED',
    ],
  ])('may not be had: %j', async (answer, code) => {
    const bench = createBench();
    bench.stub('secretsManager').answer(GetSecretValueCommand, answer);
    const reading = readCredentials(bench.context);
    await expect(reading).rejects.toMatchObject({ code });
    await expect(reading).rejects.not.toThrow(/not ours/);
  });
});
