import type { Config } from '../config/config.ts';
import { type Places, topology } from '../elasticsearch/topology.ts';

/** An instance type that the config asks for, and where it does. */
export interface WantedType {
  readonly name: string;
  readonly path: readonly (string | number)[];
  /** The node group whose hosts are of it; undefined: the bastion. */
  readonly group: string | undefined;
}

/** The instance types that a config asks for. */
export function wantedTypes({ nodeGroups, bastion }: Config): readonly WantedType[] {
  return [
    ...nodeGroups.map((group, index) => ({
      name: group.instanceType,
      path: ['nodeGroups', index, 'instanceType'],
      group: group.name,
    })),
    ...(bastion.enabled
      ? [{ name: bastion.instanceType, path: ['bastion', 'instanceType'], group: undefined }]
      : []),
  ];
}

/** A type that is not offered where it is needed. */
interface Missing {
  readonly type: WantedType;
  readonly zones: readonly string[];
}

/**
 * The first type that these zones lack: a host's must be offered in every zone that its group has a node in, the bastion's in one of
 * them.
 *
 * @param offered by type, the zones that offer it.
 */
export function missingType(
  config: Config,
  { zones, volumeZones }: Places,
  offered: ReadonlyMap<string, ReadonlySet<string>>,
): Missing | undefined {
  const nodes = topology(config, { zones, volumeZones });
  for (const type of wantedTypes(config)) {
    const has = (zone: string): boolean => offered.get(type.name)?.has(zone) === true;
    if (type.group === undefined) {
      if (!zones.some(has)) return { type, zones };
      continue;
    }
    const standing = new Set(nodes.filter(({ group }) => group === type.group).map(({ zone }) => zone));
    const missing = zones.filter((zone) => standing.has(zone) && !has(zone));
    if (missing.length > 0) return { type, zones: missing };
  }
  return undefined;
}
