/** `red`: a primary shard is missing; `yellow`: a replica is. */
export type HealthStatus = 'green' | 'yellow' | 'red';

/** The cluster's own word on its health, as `GET _cluster/health` gives it. */
export interface ClusterHealth {
  readonly status: HealthStatus;
  /** Nodes in the cluster, as the elected master sees it. */
  readonly nodes: number;
  /** Active shards. */
  readonly shards: number;
  readonly unassigned: number;
}

/** A node as the cluster sees it. */
export interface ClusterNode {
  readonly name: string;
  /** `node.attr.zone`. */
  readonly zone: string | undefined;
  readonly roles: readonly string[];
  /** x.y.z, which may differ from node to node while an upgrade rolls. */
  readonly version: string;
  readonly isMaster: boolean;
  /** Of the data path. */
  readonly diskUsedPercent: number | undefined;
  readonly heapUsedPercent: number | undefined;
}

/**
 * What `up`'s last gate and `status` ask of a cluster. Each method rejects with an EsEcsError when the cluster does
 * not answer; a cluster without an elected master does not answer (`GET /` and `_cluster/health?local=true` still do
 * then, and must not be used for this).
 */
export interface ClusterView {
  health(): Promise<ClusterHealth>;
  nodes(): Promise<readonly ClusterNode[]>;
  /** Undefined while the cluster has not formed (`_na_`). */
  clusterUuid(): Promise<string | undefined>;
}
