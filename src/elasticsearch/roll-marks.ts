import type { ClusterControl } from './client.ts';
import { type ClusterSettings, enableChange, markerChange, markersOf } from './cluster-settings.ts';

/** The note in the cluster's settings that a roll is under way; its text is the node's name. */
const rollMarker = 'roll';

/** With which node a roll is under way, or was cut off. */
export function rollingNode(settings: ClusterSettings): string | undefined {
  return markersOf(settings)[rollMarker];
}

/** Before a node goes: replicas are not made elsewhere for the time that it is away. One call, so that nobody sees the one without the other. */
export async function holdAllocation(control: ClusterControl, node: string): Promise<void> {
  await control.putSettings({
    persistent: { ...enableChange('primaries'), ...markerChange(rollMarker, node) },
  });
}

/** Takes back what a roll has set, by this run or by one that was killed; what somebody else has set stays. */
export async function restoreAllocation(control: ClusterControl): Promise<void> {
  if (rollingNode(await control.settings()) === undefined) return;
  await control.putSettings({ persistent: { ...enableChange('all'), ...markerChange(rollMarker, null) } });
}
