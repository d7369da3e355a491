/** A flat setting's value: Elasticsearch gives numbers and booleans as texts too. */
export type SettingValue = string | readonly string[];

/** The settings of the cluster that were set by API, by their full names. */
export interface ClusterSettings {
  readonly persistent: Readonly<Record<string, SettingValue>>;
  /** Deprecated, lost at a full restart, and stronger than the persistent ones as long as they are there. */
  readonly transient: Readonly<Record<string, SettingValue>>;
}

/** Settings to be changed together, by their full names; `null` takes a setting back. */
export interface SettingChanges {
  readonly persistent?: Readonly<Record<string, SettingChange>>;
  /** Only to take back what somebody else has left there. */
  readonly transient?: Readonly<Record<string, null>>;
}

type SettingChange = SettingValue | number | boolean | null;

/** Which shards may be assigned to nodes (`cluster.routing.allocation.enable`). */
export type AllocationEnable = 'all' | 'primaries' | 'new_primaries' | 'none';

/** The name of the setting of what may be assigned; `all` is its default. */
const allocationEnableKey = 'cluster.routing.allocation.enable';

/** The name of the setting of nodes that are to give up their shards, a list with commas. */
const allocationExcludeKey = 'cluster.routing.allocation.exclude._name';

/**
 * What every note of ours in the settings begins with. Elasticsearch keeps any setting under `cluster.metadata.` for its
 * users and gives it no meaning ("Miscellaneous cluster settings", user-defined cluster metadata); it is no place for secrets.
 */
const markerPrefix = 'cluster.metadata.es_ecs_';

/** Where shards may go, by the settings of the cluster. */
export interface Allocation {
  /** As in force. */
  readonly enable: AllocationEnable;
  /** Names of the nodes that give up their shards, as in force; may hold wildcards that somebody else has set. */
  readonly excludedNames: readonly string[];
  /** Whether what is in force comes from a transient setting, which hides what is set persistently. */
  readonly isTransient: { readonly enable: boolean; readonly excludedNames: boolean };
}

/** What the settings say of the allocation of shards. */
export function allocationOf({ persistent, transient }: ClusterSettings): Allocation {
  const enable = transient[allocationEnableKey] ?? persistent[allocationEnableKey];
  const excluded = transient[allocationExcludeKey] ?? persistent[allocationExcludeKey];
  return {
    enable: asEnable(enable),
    excludedNames: asNames(excluded),
    isTransient: {
      enable: transient[allocationEnableKey] !== undefined,
      excludedNames: transient[allocationExcludeKey] !== undefined,
    },
  };
}

function asEnable(value: SettingValue | undefined): AllocationEnable {
  const text = typeof value === 'string' ? value.toLowerCase() : '';
  return text === 'primaries' || text === 'new_primaries' || text === 'none' ? text : 'all';
}

function asNames(value: SettingValue | undefined): readonly string[] {
  const names = typeof value === 'string' ? value.split(',') : (value ?? []);
  return names.map((name) => name.trim()).filter((name) => name !== '');
}

/** Our own notes in the settings, by their short names. */
export function markersOf({ persistent }: ClusterSettings): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(persistent)
      .filter(([key]) => key.startsWith(markerPrefix))
      .map(([key, value]) => [key.slice(markerPrefix.length), String(value)]),
  );
}

/** The persistent settings that write a note of ours; `null` wipes it. To be spread into `SettingChanges.persistent`. */
export function markerChange(name: string, text: string | null): Readonly<Record<string, string | null>> {
  return { [`${markerPrefix}${name}`]: text };
}

/** The persistent settings for what may be assigned; `all` takes the setting back, so that nothing of ours stays. */
export function enableChange(enable: AllocationEnable): Readonly<Record<string, string | null>> {
  return { [allocationEnableKey]: enable === 'all' ? null : enable };
}

/** The persistent settings for which nodes give up their shards; none takes the setting back. */
export function excludeChange(names: readonly string[]): Readonly<Record<string, string | null>> {
  return { [allocationExcludeKey]: names.length === 0 ? null : names.join(',') };
}
