import { describe, expect, it } from 'vitest';

import { containerEnvironment } from '../../src/elasticsearch/container.ts';
import {
  discoveryEndpoint,
  newIndexSettings,
  refusedSetting,
  settings,
} from '../../src/elasticsearch/settings.ts';

const config = {
  name: 'search',
  ec2Host: 'ec2.eu-west-1.amazonaws.com',
  bastion: { enabled: true },
  access: { endpoint: undefined },
  elasticsearch: {
    version: '9.4.6',
    settings: { 'thread_pool.write.queue_size': 100, 'search.max_buckets': 100_000, 'cluster.name': 'other' },
  },
};

describe('elasticsearch.yml', () => {
  it('secures, finds and spreads, with the users own settings beside', () => {
    expect(settings(config)).toEqual({
      'thread_pool.write.queue_size': 100,
      'cluster.name': 'search',
      'path.data': '/usr/share/elasticsearch/data',
      'path.logs': '/usr/share/elasticsearch/logs',
      'bootstrap.memory_lock': true,
      'http.port': 9200,
      'transport.port': 9300,
      'discovery.seed_providers': 'ec2',
      'discovery.seed_hosts': [],
      'discovery.ec2.host_type': 'private_ip',
      'discovery.ec2.endpoint': 'https://ec2.eu-west-1.amazonaws.com',
      'discovery.ec2.tag.es-ecs-cluster': 'search',
      'discovery.ec2.tag.es-ecs-node': 'search-*',
      'cluster.routing.allocation.awareness.attributes': 'zone',
      'xpack.security.enabled': true,
      'xpack.security.autoconfiguration.enabled': false,
      'xpack.security.enrollment.enabled': false,
      'xpack.security.transport.ssl.enabled': true,
      'xpack.security.transport.ssl.verification_mode': 'certificate',
      'xpack.security.transport.ssl.client_authentication': 'required',
      'xpack.security.transport.ssl.certificate': 'certs/node.crt',
      'xpack.security.transport.ssl.key': 'certs/node.key',
      'xpack.security.transport.ssl.certificate_authorities': ['certs/ca.crt'],
      'xpack.security.http.ssl.enabled': true,
      'xpack.security.http.ssl.certificate': 'certs/node.crt',
      'xpack.security.http.ssl.key': 'certs/node.key',
      'xpack.security.http.ssl.certificate_authorities': ['certs/ca.crt'],
    });
  });

  it('never names initial masters, and holds no index setting, with which a node does not start', () => {
    expect(Object.keys(settings(config)).filter((key) => /initial_master|^index\./.test(key))).toEqual([]);
    expect(Object.keys(newIndexSettings)).toEqual(['index.unassigned.node_left.delayed_timeout']);
  });

  it('names tags that the discovery plugin accepts', () => {
    const tags = Object.keys(settings(config)).filter((key) => key.startsWith('discovery.ec2.tag.'));
    for (const tag of tags) expect(tag.slice('discovery.ec2.tag.'.length)).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it.each([
    ['8.13.4', 'ec2.eu-west-1.amazonaws.com'],
    ['8.18.9', 'ec2.eu-west-1.amazonaws.com'],
    ['8.19.0', 'https://ec2.eu-west-1.amazonaws.com'],
    ['9.0.8', 'ec2.eu-west-1.amazonaws.com'],
    ['9.1.0', 'https://ec2.eu-west-1.amazonaws.com'],
    ['9.4.6', 'https://ec2.eu-west-1.amazonaws.com'],
  ])('gives the plugin of %s the endpoint %s', (version, endpoint) => {
    expect(discoveryEndpoint(version, 'ec2.eu-west-1.amazonaws.com')).toBe(endpoint);
  });
});

describe('settings in the config', () => {
  it('are refused with the reason where they are es-ecs’s own', () => {
    for (const key of Object.keys(
      settings({ ...config, elasticsearch: { version: '9.4.6', settings: {} } }),
    )) {
      expect(refusedSetting(key), key).toBeTypeOf('string');
    }
    expect(refusedSetting('cluster.initial_master_nodes')).toContain('second cluster');
    expect(refusedSetting('node.roles')).toContain('node group');
    expect(refusedSetting('network.host')).toContain('address');
    expect(refusedSetting('index.number_of_replicas')).toContain('index template');
  });

  it('are taken otherwise', () => {
    for (const key of [
      'search.max_buckets',
      'node.attr.rack',
      'action.auto_create_index',
      'http.max_content_length',
    ]) {
      expect(refusedSetting(key), key).toBeUndefined();
    }
    expect(refusedSetting('node.namespace')).toBeUndefined();
  });
});

describe("the container's environment", () => {
  it('is plain words, without a setting that the official entrypoint would take for its own', () => {
    const environment = containerEnvironment({
      region: 'eu-west-1',
      roles: ['master', 'data'],
      heapMiB: 3584,
    });
    expect(environment).toEqual({
      AWS_REGION: 'eu-west-1',
      ES_ECS_HEAP_MIB: '3584',
      ES_ECS_ROLES: 'master,data',
    });
    for (const name of Object.keys(environment)) expect(name).not.toMatch(/^[a-z0-9_]+\.[a-z0-9_]+/);
  });
});
