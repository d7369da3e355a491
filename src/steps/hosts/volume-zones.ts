import type { Inventory } from '../../aws/inventory.ts';
import { clusterUuidTagKey } from '../../elasticsearch/bootstrap.ts';
import { dataNodeOf, isThere, type Volume, volumes } from './volume.ts';

/**
 * By the node's name, the zone of its data volume, of nodes that the config no longer has too. Of several volumes of one node, as a restored
 * snapshot makes them, those that an instance holds count first, then those on which a cluster has formed; where these stand in several
 * zones nobody knows which is meant, and the node is left out.
 */
export async function volumeZones(inventory: Inventory): Promise<ReadonlyMap<string, string>> {
  const byNode = new Map<string, readonly Volume[]>();
  for (const volume of (await inventory.owned(volumes)).filter(isThere)) {
    const node = dataNodeOf(volume);
    if (node !== undefined) byNode.set(node, [...(byNode.get(node) ?? []), volume]);
  }
  const zones = [...byNode].map(([node, several]) => [node, zonesOf(several)] as const);
  return new Map(zones.flatMap(([node, [zone, other]]) => (zone && !other ? [[node, zone]] : [])));
}

function zonesOf(several: readonly Volume[]): readonly string[] {
  const held = several.filter(({ holders }) => holders.length > 0);
  const formed = several.filter(({ tags }) => tags[clusterUuidTagKey] !== undefined);
  const meant = [held, formed, several].find(({ length }) => length > 0) ?? [];
  return [...new Set(meant.map(({ zone }) => zone))];
}
