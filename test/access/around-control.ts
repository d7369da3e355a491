import type { ClusterControl } from '../../src/elasticsearch/client.ts';

/** What stands around every question to a cluster: it may look at it, hold it up, or never let its answer through. */
export type Around = <Value>(method: keyof ClusterControl, ask: () => Promise<Value>) => Promise<Value>;

/** A way in whose every question goes through `around`. */
export function aroundControl(control: ClusterControl, around: Around): ClusterControl {
  return {
    health: () => around('health', () => control.health()),
    nodes: () => around('nodes', () => control.nodes()),
    clusterUuid: () => around('clusterUuid', () => control.clusterUuid()),
    shards: () => around('shards', () => control.shards()),
    indices: () => around('indices', () => control.indices()),
    settings: () => around('settings', () => control.settings()),
    watermarks: () => around('watermarks', () => control.watermarks()),
    voting: () => around('voting', () => control.voting()),
    runningSnapshots: () => around('runningSnapshots', () => control.runningSnapshots()),
    explainReplica: (index, shard) => around('explainReplica', () => control.explainReplica(index, shard)),
    delays: () => around('delays', () => control.delays()),
    indexOrigins: () => around('indexOrigins', () => control.indexOrigins()),
    deprecations: () => around('deprecations', () => control.deprecations()),
    request: (request) => around('request', () => control.request(request)),
    putSettings: (changes) => around('putSettings', () => control.putSettings(changes)),
    lengthenDelays: (indices) => around('lengthenDelays', () => control.lengthenDelays(indices)),
    setPassword: (password) => around('setPassword', () => control.setPassword(password)),
    flush: () => around('flush', () => control.flush()),
    excludeVotes: (names) => around('excludeVotes', () => control.excludeVotes(names)),
    excludeAbsentVotes: (ids) => around('excludeAbsentVotes', () => control.excludeAbsentVotes(ids)),
    clearVoteExclusions: (options) =>
      around('clearVoteExclusions', () => control.clearVoteExclusions(options)),
    waitForHealth: (wanted) => around('waitForHealth', () => control.waitForHealth(wanted)),
  };
}
