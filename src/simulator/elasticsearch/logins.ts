import type { World } from '../core/world.ts';
import { disks, type NodeIdentity, type SimulatedClusterRow, simulatedClusters } from './rows.ts';

/**
 * Whether one of these passwords of the user `elastic` is taken by one of these nodes. Until a password is set by API, each node has the
 * one that it was started with (`bootstrap.password`); from then on all have that of the cluster ("Built-in users", the elastic bootstrap password).
 * What was started by an older es-ecs takes any; where no node answers, none refuses.
 */
export function takesOneOf(
  world: World,
  nodes: readonly NodeIdentity[],
  passwords: readonly string[],
): boolean {
  return (
    nodes.length === 0 ||
    nodes.some((node) => {
      const own = clusterOf(world, node)?.nativePassword ?? node.bootstrapPassword;
      return own === undefined || passwords.includes(own);
    })
  );
}

function clusterOf(world: World, { diskId }: NodeIdentity): SimulatedClusterRow | undefined {
  const uuid = world.rows(disks).get(diskId)?.clusterUuid;
  return uuid === undefined ? undefined : world.rows(simulatedClusters).get(uuid);
}
