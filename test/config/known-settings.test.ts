import { describe, expect, it } from 'vitest';

import { loadConfig } from '../../src/config/load.ts';
import { EsEcsError } from '../../src/errors.ts';
import { isIndexSetting, knownSetting } from '../../src/config/known-settings.ts';

/** As 8.19.13 and 9.4.3 judged them when they were started with them. */
const judged: readonly (readonly [setting: string, in8: boolean, in9: boolean])[] = [
  ['action.auto_create_index', true, true],
  ['action.destructive_requires_name', true, true],
  ['cluster.max_shards_per_node', true, true],
  ['cluster.routing.allocation.disk.watermark.low', true, true],
  ['cluster.routing.allocation.disk.watermark.enable_for_single_data_node', true, false],
  ['cluster.routing.allocation.awareness.force.rack.values', true, true],
  ['cluster.remote.other.seeds', true, true],
  ['cluster.remote.other.sead', false, false],
  ['cluster.election.strategy', true, true],
  ['discovery.zen.minimum_master_nodes', false, false],
  ['http.cors.enabled', true, true],
  ['http.cors.allow-origin', true, true],
  ['http.max_content_length', true, true],
  ['http.compression', true, true],
  ['indices.memory.index_buffer_size', true, true],
  ['indices.query.bool.max_clause_count', true, true],
  ['indices.queries.cache.size', true, true],
  ['indices.fielddata.cache.size', true, true],
  ['indices.fielddata.cache.expire', true, true],
  ['indices.breaker.total.limit', true, true],
  ['indices.recovery.max_bytes_per_sec', true, true],
  ['node.attr.rack', true, true],
  ['node.store.allow_mmap', true, true],
  ['node.processors', true, true],
  ['processors', false, false],
  ['reindex.remote.whitelist', true, true],
  ['script.allowed_types', true, true],
  ['script.inline', false, false],
  ['search.max_buckets', true, true],
  ['search.default_search_timeout', true, true],
  ['thread_pool.write.queue_size', true, true],
  ['thread_pool.bulk.queue_size', false, false],
  ['thread_pool.search.size', true, true],
  ['tracing.apm.enabled', true, false],
  ['telemetry.tracing.enabled', true, true],
  ['xpack.security.audit.enabled', true, true],
  ['xpack.security.audit.logfile.events.ignore_filters.mine.users', true, true],
  ['xpack.security.authc.api_key.enabled', true, true],
  ['xpack.security.authc.realms.native.native1.order', true, true],
  ['xpack.security.authc.token.timeout', true, true],
  ['xpack.security.authc.tokens.timeout', false, false],
  ['xpack.license.self_generated.type', true, true],
  ['logger.org.elasticsearch.discovery', true, true],
  ['logger.level', true, true],
];

describe('the name of a setting', () => {
  it.each(judged)('%s is judged as real servers of 8.19.13 and 9.4.3 do', (setting, in8, in9) => {
    const known = (version: string): boolean => knownSetting(setting, version).kind === 'known';
    expect([known('8.19.13'), known('9.4.3')]).toEqual([in8, in9]);
  });

  it('has the nearest beside it, and is unsure where no list is near', () => {
    expect(knownSetting('indices.query.bool.max_clause_cout', '9.4.6')).toEqual({
      kind: 'unknown',
      nearest: ['indices.query.bool.max_clause_count'],
      isSure: true,
    });
    expect(knownSetting('wholly.unlike.anything', '9.4.6')).toMatchObject({ nearest: [], isSure: true });
    expect(knownSetting('search.brand_new', '9.7.0')).toMatchObject({ kind: 'unknown', isSure: false });
    expect(knownSetting('search.brand_new', '8.14.0')).toMatchObject({ kind: 'unknown', isSure: false });
    // Between two that are listed, what either knows may be there.
    expect(knownSetting('tracing.apm.enabled', '9.1.0').kind).toBe('known');
    expect(knownSetting('xpack.ml.whatever', '9.4.6').kind).toBe('known');
  });

  it('of an index is another list', () => {
    expect(isIndexSetting('index.number_of_replicas')).toBe(true);
    expect(isIndexSetting('index.routing.allocation.require.box')).toBe(true);
    expect(isIndexSetting('index.no_such')).toBe(false);
  });
});

it('only the first of many unknown settings have the nearest beside them, as each takes its time', () => {
  const settings = Array.from(
    { length: 40 },
    (_, at) => `    indices.query.bool.max_clause_cout${String(at)}: 1\n`,
  );
  const text = `name: search\nregion: eu-west-1\nnodes: 3\nelasticsearch:\n  version: 9.4.6\n  settings:\n${settings.join('')}`;
  let hints: readonly string[] = [];
  try {
    loadConfig(text, 'es-ecs.yaml');
  } catch (error) {
    if (!(error instanceof EsEcsError)) throw error;
    hints = error.hints;
  }
  // The first of all is the message.
  expect(hints).toHaveLength(39);
  expect(hints.filter((hint) => hint.includes('did you mean'))).toHaveLength(19);
});
