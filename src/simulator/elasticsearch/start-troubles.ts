import { compareVersions, parseVersion } from '../../elasticsearch/versions.ts';
import { table, type World } from '../core/world.ts';
import { isDestroyed } from '../ec2/volumes.ts';
import type { TaskLaunch } from '../ecs/task-runtime.ts';
import { disks, type NodeIdentity, simulatedClusters } from './rows.ts';

/** Keeps a node from starting: its tasks end with exit code 1, and their log says why. */
export interface StartTrouble {
  readonly node: string;
  /** As Elasticsearch would log it; default is a setting that it does not know. */
  readonly message?: string;
  /** Only tasks of this task definition, `family:revision`, so that going back to another one helps; left out, all. */
  readonly taskDefinition?: string;
}

/** By node. */
const troubles = table<StartTrouble>('elasticsearch/start-troubles');

const unknownSetting =
  'java.lang.IllegalArgumentException: unknown setting [indices.memory.index_bufer_size] did you mean [indices.memory.index_buffer_size]?';

/** For tests and rehearsals: from now on a node does not start any more. A node that runs goes on. */
export function troubleStarts(world: World, trouble: StartTrouble): void {
  world.rows(troubles).set(trouble.node, trouble);
}

/** Ends the trouble of a node. */
export function calmStarts(world: World, node: string): void {
  world.rows(troubles).delete(node);
}

/** What keeps a launched node from starting, by `troubleStarts`. */
export function startTrouble(
  world: World,
  node: NodeIdentity | undefined,
  launch: TaskLaunch,
): string | undefined {
  const trouble = world.rows(troubles).get(node?.name ?? '');
  if (trouble === undefined) return undefined;
  const arn = launch.taskDefinition.taskDefinitionArn ?? '';
  if (trouble.taskDefinition !== undefined && !arn.endsWith(`/${trouble.taskDefinition}`)) return undefined;
  return trouble.message ?? unknownSetting;
}

/** No downgrade: a node does not open what a newer version has written (NodeMetadata, `upgradeToCurrentVersion`). */
export function downgradeTrouble(world: World, node: NodeIdentity): string | undefined {
  const written = world.rows(disks).get(node.diskId)?.version;
  if (written === undefined || !isOlder(node.version, written)) return undefined;
  return `java.lang.IllegalStateException: cannot downgrade a node from version [${written}] to version [${node.version}]`;
}

/** What was mounted is no disk any more. */
export function diskTrouble(world: World, { diskId }: NodeIdentity): string | undefined {
  if (!isDestroyed(world, diskId)) return undefined;
  return 'java.lang.IllegalStateException: failed to obtain node locks, tried [/usr/share/elasticsearch/data]: java.io.IOException: Input/output error';
}

/** A node without a role for data does not start on a disk with shards (NodeEnvironment, `ensureNoShardData`). */
export function roleTrouble(world: World, { diskId, roles }: NodeIdentity): string | undefined {
  if (roles.some((role) => role === 'data' || role.startsWith('data_'))) return undefined;
  const copies = [...world.rows(simulatedClusters).values()].flatMap((cluster) => cluster.copies);
  const held = copies.filter((copy) => copy.diskId === diskId);
  if (held.length === 0) return undefined;
  const paths = held.map(({ index, shard }) => `/usr/share/elasticsearch/data/indices/${index}/${shard}`);
  return `java.lang.IllegalStateException: node does not have the data role but has shard data: [${paths.join(', ')}]. Use 'elasticsearch-node repurpose' tool to clean up`;
}

/** Whether the one version is older than the other; what is no version is neither. */
export function isOlder(version: string, than: string): boolean {
  const [one, other] = [parseVersion(version), parseVersion(than)];
  return one !== undefined && other !== undefined && compareVersions(one, other) < 0;
}
