import { z } from 'zod';

import type { ClusterControl, FlushResult } from '../elasticsearch/client.ts';
import { askFor, pathOf } from './answers.ts';
import { askUuid, askVoting } from './cluster-state.ts';
import { askDelays, lengthenDelays } from './delays.ts';
import { askReplica } from './explain.ts';
import { askHealth, awaitHealth } from './health.ts';
import { masterTimeout, voteLimitMs, voteTimeout } from './limits.ts';
import { askNodes } from './nodes.ts';
import type { ClusterServer } from './server.ts';
import { askSettings, askWatermarks, putSettings } from './settings.ts';
import { askDeprecations, askOrigins } from './origins.ts';
import { askIndices, askShards, askSnapshots } from './shards.ts';

/** The typed questions to whatever answers requests: the same for real nodes and for the simulated cluster. */
export function clusterControl(server: ClusterServer): ClusterControl {
  return {
    health: () => askHealth(server),
    nodes: () => askNodes(server),
    clusterUuid: () => askUuid(server),
    shards: () => askShards(server),
    indices: () => askIndices(server),
    settings: () => askSettings(server),
    watermarks: () => askWatermarks(server),
    voting: () => askVoting(server),
    runningSnapshots: () => askSnapshots(server),
    explainReplica: (index, shard) => askReplica(server, index, shard),
    delays: () => askDelays(server),
    indexOrigins: () => askOrigins(server),
    deprecations: () => askDeprecations(server),
    request: (request) => server.send({ ...request, accepts: 'any' }),
    putSettings: (changes) => putSettings(server, changes),
    lengthenDelays: (indices) => lengthenDelays(server, indices),
    setPassword: (password) => setPassword(server, password),
    flush: () => flush(server),
    excludeVotes: (names) => excludeVotes(server, { node_names: names }),
    excludeAbsentVotes: (ids) => excludeVotes(server, { node_ids: ids }),
    clearVoteExclusions: ({ awaitRemoval }) => clearVoteExclusions(server, awaitRemoval),
    waitForHealth: (wanted) => awaitHealth(server, wanted),
  };
}

/** The same password again changes nothing but its hash ("Change user passwords", `_security/user/{username}/_password`). */
async function setPassword(server: ClusterServer, password: string): Promise<void> {
  await server.send({ method: 'PUT', path: '/_security/user/elastic/_password', body: { password } });
}

const flushAnswer = z.object({ _shards: z.object({ total: z.number(), failed: z.number() }) });

async function flush(server: ClusterServer): Promise<FlushResult> {
  const { _shards: shards } = await askFor(server, flushAnswer, {
    method: 'POST',
    path: '/_flush',
    isRepeatable: true,
  });
  return { shards: shards.total, failed: shards.failed };
}

/** Answered with an empty body. Naming a node twice changes nothing ("Voting configuration exclusions API"). */
async function excludeVotes(
  server: ClusterServer,
  whose: { readonly node_names: readonly string[] } | { readonly node_ids: readonly string[] },
): Promise<void> {
  const [[by, nodes] = ['', []]] = Object.entries(whose);
  if (nodes.length === 0) return;
  const path = pathOf('/_cluster/voting_config_exclusions', {
    [by]: nodes.join(','),
    timeout: voteTimeout,
    master_timeout: masterTimeout,
  });
  await server.send({ method: 'POST', path, isRepeatable: true, limitMs: voteLimitMs });
}

async function clearVoteExclusions(server: ClusterServer, awaitRemoval: boolean): Promise<void> {
  const path = pathOf('/_cluster/voting_config_exclusions', {
    wait_for_removal: String(awaitRemoval),
    // It has no `timeout` of its own: this one is its wait for the nodes to leave as well.
    master_timeout: awaitRemoval ? voteTimeout : masterTimeout,
  });
  await server.send({ method: 'DELETE', path, limitMs: voteLimitMs, isWait: awaitRemoval });
}
