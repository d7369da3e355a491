import {
  type ClusterSettings,
  markerChange,
  markersOf,
  type SettingChanges,
  type SettingValue,
} from './cluster-settings.ts';
import type { Settings } from './settings.ts';

/** The note of which settings es-ecs has set, their names with commas: what is in it and no longer wanted is taken back. */
const settingsMarker = 'settings';

/** One setting that is not as it should be; undefined stands for "not set". */
export interface SettingDifference {
  readonly name: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly because?: string;
}

/** What the cluster has, compared with what the config wants of it. What neither the config nor the note names is left alone. */
export function differencesOf(wanted: Settings, there: ClusterSettings): readonly SettingDifference[] {
  const found = [...wantedDifferences(wanted, there), ...droppedDifferences(wanted, there)];
  if (found.length > 0) return found;
  const [before, after] = [markersOf(there)[settingsMarker], noteOf(wanted)];
  if (before === after) return [];
  const [name = ''] = Object.keys(markerChange(settingsMarker, null));
  return [{ name, before, after, because: 'the note of what es-ecs has set' }];
}

/** One request that makes every difference go away, and notes it. */
export function changesFor(wanted: Settings, there: ClusterSettings): SettingChanges {
  const dropped = droppedDifferences(wanted, there).map(({ name }): [string, null] => [name, null]);
  const hidden = Object.keys(wanted).filter((name) => there.transient[name] !== undefined);
  const own = Object.entries(wanted).map(([name, value]): [string, SettingValue] => [name, valueOf(value)]);
  return {
    persistent: {
      ...Object.fromEntries<SettingValue | null>([...own, ...dropped]),
      ...markerChange(settingsMarker, noteOf(wanted) ?? null),
    },
    ...(hidden.length === 0
      ? {}
      : { transient: Object.fromEntries(hidden.map((name) => [name, null] as const)) }),
  };
}

function wantedDifferences(wanted: Settings, there: ClusterSettings): readonly SettingDifference[] {
  return Object.entries(wanted).flatMap(([name, value]): readonly SettingDifference[] => {
    const after = textOf(valueOf(value));
    const hiding = there.transient[name];
    if (hiding !== undefined) {
      const because = 'a transient setting hides the persistent one';
      return [{ name, before: `${textOf(hiding)} (transient)`, after, because }];
    }
    const persistent = there.persistent[name];
    const before = persistent === undefined ? undefined : textOf(persistent);
    return before === after ? [] : [{ name, before, after }];
  });
}

function droppedDifferences(wanted: Settings, there: ClusterSettings): readonly SettingDifference[] {
  return notedNames(there).flatMap((name): readonly SettingDifference[] => {
    const before = there.persistent[name];
    if (name in wanted || before === undefined) return [];
    const because = 'the config no longer has it; the default is back';
    return [{ name, before: textOf(before), after: undefined, because }];
  });
}

function notedNames(there: ClusterSettings): readonly string[] {
  return (markersOf(there)[settingsMarker] ?? '').split(',').filter((name) => name !== '');
}

function noteOf(wanted: Settings): string | undefined {
  const names = Object.keys(wanted).toSorted();
  return names.length === 0 ? undefined : names.join(',');
}

/** Elasticsearch keeps everything as text, and lists as lists of texts. */
function valueOf(value: Settings[string]): SettingValue {
  return typeof value === 'object' ? value.map(String) : String(value);
}

function textOf(value: SettingValue): string {
  return typeof value === 'string' ? value : value.join(',');
}

/** Which of the settings a refusal is about, by the name or the value in Elasticsearch's reason; undefined where it names none. */
export function refusedName(reason: string, wanted: Settings): string | undefined {
  const names = Object.keys(wanted);
  const byName = names.find((name) => reason.includes(`[${name}]`));
  if (byName !== undefined || names.length === 1) return byName ?? names[0];
  const byValue = names.filter((name) => reason.includes(`[${textOf(valueOf(wanted[name] ?? ''))}]`));
  return byValue.length === 1 ? byValue[0] : undefined;
}
