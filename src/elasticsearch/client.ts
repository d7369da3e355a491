import type { ClusterSettings, SettingChanges } from './cluster-settings.ts';
import type { Watermarks } from './watermarks.ts';

/** `red`: a primary shard is missing; `yellow`: a replica is. */
export type HealthStatus = 'green' | 'yellow' | 'red';

/** The cluster's own word on its health, as `GET _cluster/health` gives it. */
export interface ClusterHealth {
  readonly status: HealthStatus;
  /** Nodes in the cluster, as the elected master sees it. */
  readonly nodes: number;
  /** Those of them that hold shards. */
  readonly dataNodes: number;
  /** Active shards: started or moving. */
  readonly shards: number;
  readonly initializing: number;
  readonly relocating: number;
  readonly unassigned: number;
  /** Those of the unassigned that wait for their node to come back (`index.unassigned.node_left.delayed_timeout`). */
  readonly delayedUnassigned: number;
}

/** A node as the cluster sees it. */
export interface ClusterNode {
  readonly name: string;
  /** What Elasticsearch keeps on the data path: it survives restarts, and a lost disk makes another. */
  readonly id: string;
  /** Another one at each start: what tells that a node was restarted. */
  readonly ephemeralId: string;
  /** `node.attr.zone`. */
  readonly zone: string | undefined;
  readonly roles: readonly string[];
  /** x.y.z, which may differ from node to node while an upgrade rolls; '' where the node did not say in time. */
  readonly version: string;
  readonly isMaster: boolean;
  /** How long its JVM has run; undefined, as all that follows, where the node did not say in time. */
  readonly uptimeMs: number | undefined;
  /** Of the data path. */
  readonly diskTotalBytes: number | undefined;
  readonly diskAvailableBytes: number | undefined;
  readonly diskUsedPercent: number | undefined;
  readonly heapMaxBytes: number | undefined;
  readonly heapUsedPercent: number | undefined;
}

/** A copy of a shard, or the want of one. */
export interface ShardCopy {
  readonly index: string;
  readonly shard: number;
  readonly isPrimary: boolean;
  readonly state: 'started' | 'initializing' | 'relocating' | 'unassigned';
  /** The node's name; undefined where it is on none. */
  readonly node: string | undefined;
  /** Where a relocating one goes to. */
  readonly relocatingTo: string | undefined;
  /** Undefined where it has not started. */
  readonly bytes: number | undefined;
  /** `NODE_LEFT`, `ALLOCATION_FAILED`, …: of one that is on no node. */
  readonly unassignedReason: string | undefined;
}

/** An index, hidden and system ones included. */
export interface ClusterIndex {
  readonly name: string;
  /** Undefined for a closed index that is not replicated. */
  readonly health: HealthStatus | undefined;
  readonly isOpen: boolean;
  readonly shards: number;
  /** Copies beside each primary: 0 means that a node cannot go without the index being red. */
  readonly replicas: number;
  /** `0-1`, `0-all`: the number of replicas follows the number of nodes; undefined where it does not. */
  readonly autoExpandReplicas: string | undefined;
  /** Where its shards go: the first of these tiers that has a node; absent where it does not say. */
  readonly tierPreference?: string;
  readonly documents: number | undefined;
  /** All copies. */
  readonly bytes: number | undefined;
}

/** Why a replica is on no node. */
export interface ReplicaVerdict {
  /** No node may take it as things are; false: it is awaited, on its way, or nobody knows yet. */
  readonly isRefused: boolean;
  /** Of each node that holds data, the names of the deciders that say no. */
  readonly refusals: readonly (readonly string[])[];
}

/** How long shards wait for a node that went away, where nobody has said it. */
export interface Delays {
  /** The template of es-ecs for indices to come is there, and as it should be. */
  readonly hasTemplate: boolean;
  /** Indices of users that say nothing of it themselves. */
  readonly silent: readonly string[];
}

/** Where an index comes from, as far as that decides which Elasticsearch opens it. */
export interface IndexOrigin {
  readonly name: string;
  /** Major version of the Elasticsearch that created it. */
  readonly createdMajor: number;
  /** `index.blocks.write`, or verified to be read-only. */
  readonly isReadOnly: boolean;
}

/** What Elasticsearch itself finds to be in the way of its next major version. */
export interface Deprecation {
  /** `critical` has to be mended first. */
  readonly level: 'critical' | 'warning' | 'none';
  readonly message: string;
  /** The index, template or policy that it is about, where it is about one. */
  readonly about: string | undefined;
}

/** A node that has a vote or has been deprived of it; its name is unknown while it is not in the cluster. */
export interface Voter {
  readonly id: string;
  readonly name: string | undefined;
}

/** Whose majority elects the master, as last committed. */
export interface VotingConfiguration {
  readonly voters: readonly Voter[];
  /** Deprived of their vote; they stay listed until somebody clears the list, at most ten of them. */
  readonly exclusions: readonly Voter[];
}

/** A snapshot that is being taken. */
export interface RunningSnapshot {
  readonly repository: string;
  readonly snapshot: string;
}

/** A question to Elasticsearch as a person would ask it. */
export interface ElasticsearchRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** With its query: `/_cat/nodes?v`. */
  readonly path: string;
  /** An object is sent as JSON, a text as it is. */
  readonly body?: object | string;
  /** The answer's body is to stay the text that it is: JSON that is read loses the digits of long numbers. */
  readonly asText?: boolean;
  /** How long the answer may take, where Elasticsearch has work to do first. */
  readonly limitMs?: number;
}

/** Whatever Elasticsearch said. */
export interface ElasticsearchAnswer {
  readonly status: number;
  /** JSON already read; a text where it is none; undefined where there is nothing. */
  readonly body: unknown;
}

/** What is waited for; all of it. */
export interface WantedHealth {
  readonly status: 'green' | 'yellow';
  /** At least so many in the cluster. */
  readonly nodes?: number;
  /** No shard moves, and none is being copied. */
  readonly atRest?: boolean;
}

/** How a wait ended. */
export interface HealthWait {
  readonly isReached: boolean;
  /** At the end of the wait. */
  readonly health: ClusterHealth;
}

/** What came of a flush. */
export interface FlushResult {
  readonly shards: number;
  /** Those that recover from their translog when their node comes back, which takes longer and loses nothing. */
  readonly failed: number;
}

/**
 * What is asked of a cluster. Each method rejects with an EsEcsError when the cluster does not answer; a cluster
 * without an elected master does not answer (`GET /` and `_cluster/health?local=true` still do then, and must not be
 * used for this).
 */
export interface ClusterView {
  health(): Promise<ClusterHealth>;
  nodes(): Promise<readonly ClusterNode[]>;
  /** Undefined while the cluster has not formed (`_na_`). */
  clusterUuid(): Promise<string | undefined>;
  shards(): Promise<readonly ShardCopy[]>;
  indices(): Promise<readonly ClusterIndex[]>;
  /** What was set by API, and no defaults; `allocationOf` and `markersOf` read it. */
  settings(): Promise<ClusterSettings>;
  /** As they are in force, defaults included. */
  watermarks(): Promise<Watermarks>;
  voting(): Promise<VotingConfiguration>;
  runningSnapshots(): Promise<readonly RunningSnapshot[]>;
  /** Undefined where no replica of the shard is wanted. */
  explainReplica(index: string, shard: number): Promise<ReplicaVerdict | undefined>;
  delays(): Promise<Delays>;
  /** Of every index, those of the system included. */
  indexOrigins(): Promise<readonly IndexOrigin[]>;
  /** Undefined where this Elasticsearch has no such question (a distribution without x-pack's module). */
  deprecations(): Promise<readonly Deprecation[] | undefined>;
}

/** What is done to a cluster. Every method can be repeated without harm. */
export interface ClusterControl extends ClusterView {
  /**
   * Asks anything; whatever Elasticsearch answers is an answer, a refusal too. What is not known to be harmless when
   * done twice (POST) is sent to another node only while no node can have done it.
   *
   * @throws EsEcsError where nothing answers, CLUSTER_PASSWORD, CLUSTER_NO_MASTER
   */
  request(request: ElasticsearchRequest): Promise<ElasticsearchAnswer>;
  /**
   * Changes settings, all of them or none (`null` takes one back); see `cluster-settings.ts` for those that are used here.
   *
   * @throws EsEcsError CLUSTER_REFUSED with Elasticsearch's reason
   */
  putSettings(changes: SettingChanges): Promise<void>;
  /** Lets shards wait longer for a node that went away: those of indices to come, and of these; what somebody else has set stays. */
  lengthenDelays(indices: readonly string[]): Promise<void>;
  /**
   * Gives the user `elastic` this password, at once and on every node; the one before is refused from then on.
   *
   * @throws EsEcsError CLUSTER_REFUSED
   */
  setPassword(password: string): Promise<void>;
  /** Writes what is only in the translog, so that the shards of a node that goes are back sooner. */
  flush(): Promise<FlushResult>;
  /**
   * Takes nodes' votes, and returns when they have none. Only for those that are to leave for good ("Voting configuration
   * exclusions API"); the list has to be cleared afterwards.
   *
   * @throws EsEcsError CLUSTER_REFUSED
   */
  excludeVotes(names: readonly string[]): Promise<void>;
  /**
   * As `excludeVotes`, of nodes that are not in the cluster, by their ids: by its name nobody knows such a node.
   *
   * @throws EsEcsError CLUSTER_REFUSED
   */
  excludeAbsentVotes(ids: readonly string[]): Promise<void>;
  /**
   * Clears the list of both.
   *
   * @param options awaitRemoval: only once all of them have left; false gives nodes that are still there their votes back.
   * @throws EsEcsError CLUSTER_REFUSED while one of them is still in the cluster
   */
  clearVoteExclusions(options: { readonly awaitRemoval: boolean }): Promise<void>;
  /**
   * Lets the cluster itself wait, a few seconds at most. Not reached in that time is an answer: look again. The
   * simulated cluster does not wait at all, as nothing happens in it while it is asked.
   */
  waitForHealth(wanted: WantedHealth): Promise<HealthWait>;
}
