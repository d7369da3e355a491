import { table } from '../core/world.ts';

/** What a running Elasticsearch says of itself. */
export interface NodeIdentity {
  readonly name: string;
  readonly clusterName: string;
  readonly zone: string | undefined;
  readonly roles: readonly string[];
  readonly version: string;
  readonly diskId: string;
  /** The names in its `cluster.initial_master_nodes`; empty without the right to bootstrap. */
  readonly initialMasters: readonly string[];
  readonly heapMiB: number;
  /** Another one at each start. */
  readonly ephemeralId: string;
  /** Of the user `elastic`, as long as the cluster has none for it. */
  readonly bootstrapPassword?: string | undefined;
  /** PEM: whom it trusts, and what it shows. */
  readonly tls?: { readonly trusted: string | undefined; readonly shown: string | undefined };
  /** Its discovery asks under a name that is not EC2's in this region: it finds nobody, and nobody it. */
  readonly isLost?: true;
}

/** The main program of a task; the row stays when it ends. */
export interface ProgramRow {
  readonly taskArn: string;
  readonly instanceId: string;
  status: 'starting' | 'running' | 'stopped';
  health: 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY';
  exitCode: number | undefined;
  reason: string | undefined;
  /** Undefined for a program that is no Elasticsearch. */
  readonly node: NodeIdentity | undefined;
  /** Its transport port answers, so that other nodes find it. */
  isUp: boolean;
  /** It has had its SIGTERM. */
  isTerminating: boolean;
  /** When its container ran. */
  startedAtMs: number | undefined;
  /** What it is going to say before it ends with exit code 1, where it cannot start; see `troubleStarts`. */
  readonly trouble: string | undefined;
}

/** By task ARN. */
export const programs = table<ProgramRow>('elasticsearch/programs');

/** A data path: it lives as long as its volume, and longer than tasks and hosts. */
export interface DiskRow {
  readonly id: string;
  /** Of the cluster that its node has joined, for ever. */
  clusterUuid: string | undefined;
  /** The node that used it last. */
  nodeName: string;
  /** The node's id, which lies on the disk. */
  readonly nodeId: string;
  /** Of the newest Elasticsearch that has opened it: an older one cannot, any more. */
  version: string;
}

/** By volume id, or by instance id where a host has no data volume. */
export const disks = table<DiskRow>('elasticsearch/disks');

export interface IndexRow {
  readonly name: string;
  readonly shards: number;
  /** As set; where `autoExpand` is set, that decides. */
  replicas: number;
  /** `0-1`, `0-all`: as many as there are nodes for, within these bounds (`index.auto_expand_replicas`). */
  autoExpand: string | undefined;
  /** Of each copy of each shard. */
  bytes: number;
  documents: number;
  /** How long a replica waits for its node before it is copied elsewhere (`index.unassigned.node_left.delayed_timeout`). */
  delayedTimeoutMs: number;
  /** Whether somebody has said how long. */
  hasDelay?: boolean;
  /** What else was set, by its full name; all of it a text. */
  settings?: Readonly<Record<string, string>>;
  /** Its shards stay where they are, and take part in everything but reading and writing. */
  isClosed?: boolean;
  /** Of the Elasticsearch that created it, x.y.z; where it is not known, that of the cluster. */
  readonly createdVersion?: string | undefined;
  /** `index.blocks.write`. */
  isReadOnly?: boolean | undefined;
}

/** What new indices get whose names match; a legacy one is merged with others, of composable ones the first alone counts. */
export interface TemplateRow {
  readonly name: string;
  readonly isLegacy: boolean;
  readonly patterns: readonly string[];
  /** Of a legacy one its `order`, of a composable one its `priority`. */
  readonly order: number;
  /** Flat, by full names. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A copy of a shard on a disk. */
export interface ShardCopyRow {
  readonly index: string;
  readonly shard: number;
  readonly diskId: string;
  isPrimary: boolean;
  /** Whether it holds everything that was acknowledged; a stale one cannot become primary. */
  isInSync: boolean;
  state: 'initializing' | 'started' | 'away';
  /** An empty one that has never started: its want is no reason for red. */
  isNew: boolean;
  /** When it will have started, or when its node went away. */
  sinceMs: number;
  /** The disk whose copy it takes over from, while it is on its way: that one goes on serving until then. */
  movesFrom: string | undefined;
}

/** A node whose vote was taken by API; without a disk where no such node was there. */
export interface VoteExclusionRow {
  readonly name: string;
  readonly diskId: string | undefined;
}

/** A snapshot that is being taken. */
export interface SnapshotRow {
  readonly repository: string;
  readonly snapshot: string;
  readonly endsAtMs: number;
}

/** From when on the cluster was as it says, for tests that must know what happened in between. */
export interface HealthChangeRow {
  readonly atMs: number;
  /** `none`: without an elected master. */
  readonly status: 'green' | 'yellow' | 'red' | 'none';
  /** In the cluster; without a master, those that answer. */
  readonly nodes: number;
}

/** Flat, as Elasticsearch keeps them: everything is a text. */
export type SettingRows = Record<string, string | readonly string[]>;

/** The state of a cluster as its last elected master has published it. */
export interface SimulatedClusterRow {
  readonly uuid: string;
  readonly clusterName: string;
  /** Disks of the nodes in the cluster. */
  members: readonly string[];
  /** The disk of the elected master. */
  masterDiskId: string | undefined;
  /** Disks whose majority elects. A name in braces stands for an initial master that has not come yet. */
  votingConfiguration: readonly string[];
  voteExclusions: VoteExclusionRow[];
  indices: IndexRow[];
  copies: ShardCopyRow[];
  persistent: SettingRows;
  /** Gone once no node is left that knows them. */
  transient: SettingRows;
  snapshots: SnapshotRow[];
  /** Of the user `elastic`, once it was set by API; it lies in an index, and so on the disks. */
  nativePassword?: string;
  templates?: TemplateRow[];
  /** What `_migration/deprecations` finds that has to be mended before the next major version. */
  critical?: string[];
  /** The last thousand changes. */
  history: HealthChangeRow[];
}

/** By UUID. */
export const simulatedClusters = table<SimulatedClusterRow>('elasticsearch/clusters');

/** The kinds of events that the simulated Elasticsearch schedules; the rules are in `elasticsearch/rules.ts`. */
export const elasticsearchEvents = {
  /** Target: a task's ARN; its container runs. */
  running: 'elasticsearch/program-running',
  /** Target: a task's ARN; its node answers on the transport port. */
  up: 'elasticsearch/node-up',
  /** Target: a task's ARN; it cannot start, and ends. */
  refused: 'elasticsearch/program-refused',
  /** Target: a task's ARN; its health check has passed for the first time. */
  healthy: 'elasticsearch/program-healthy',
  /** Target: a task's ARN; SIGTERM has done its work. */
  terminated: 'elasticsearch/program-terminated',
  /** Target: a task's ARN; SIGKILL. */
  killed: 'elasticsearch/program-killed',
  /** Target: a cluster's name; nodes find each other, elect, and move shards. */
  settle: 'elasticsearch/cluster-settle',
} as const;
