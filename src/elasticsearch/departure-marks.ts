import type { ClusterControl } from './client.ts';
import {
  allocationOf,
  type ClusterSettings,
  excludeChange,
  markerChange,
  markersOf,
} from './cluster-settings.ts';

/** The note in the cluster's settings that nodes are leaving; its text is their names, with commas. */
const leaveMarker = 'leave';

/** The nodes that give up their shards because this tool has told them to: of a run that goes on, or of one that was cut off. */
export function leavingNodes(settings: ClusterSettings): readonly string[] {
  return (markersOf(settings)[leaveMarker] ?? '').split(',').filter((name) => name !== '');
}

/** The note that a node is about to restart without the role for masters, and has had its vote taken; its text is the node's name. */
const demotionMarker = 'demote';

/** The node that has had its vote taken because it is to lose the role for masters: by this run, or by one that was cut off. */
export function demotedNode(settings: ClusterSettings): string | undefined {
  return markersOf(settings)[demotionMarker];
}

/** Takes the vote of a node that is about to restart without the role for masters. First the note: by it a vote that was taken is known as ours. */
export async function beginDemotion(control: ClusterControl, name: string): Promise<void> {
  await control.putSettings({ persistent: markerChange(demotionMarker, name) });
  await control.excludeVotes([name]);
}

/** Takes the list of votes back once the node is there again, which then has no vote by its roles; or after all has it. */
export async function endDemotion(control: ClusterControl): Promise<void> {
  if (demotedNode(await control.settings()) === undefined) return;
  const { exclusions } = await control.voting();
  if (exclusions.length > 0) await control.clearVoteExclusions({ awaitRemoval: false });
  await control.putSettings({ persistent: markerChange(demotionMarker, null) });
}

/** The nodes that give up their shards because somebody else has told them to, with wildcards where those were used. */
export function excludedByOthers(settings: ClusterSettings): readonly string[] {
  const own = leavingNodes(settings);
  return allocationOf(settings).excludedNames.filter((name) => !own.includes(name));
}

/** Whether exactly these nodes are told to give up their shards. */
export function isLeavingSet(settings: ClusterSettings, names: readonly string[]): boolean {
  const { excludedNames } = allocationOf(settings);
  return (
    leavingNodes(settings).join() === names.join() && names.every((name) => excludedNames.includes(name))
  );
}

/** Has shards move off these nodes from now on, and off none else but those that somebody else has named. */
export async function setLeaving(control: ClusterControl, names: readonly string[]): Promise<void> {
  const settings = await control.settings();
  const excluded = new Set([...excludedByOthers(settings), ...names]);
  // One call, so that nobody sees the one without the other.
  await control.putSettings({
    persistent: {
      ...excludeChange([...excluded]),
      ...markerChange(leaveMarker, names.length === 0 ? null : names.join(',')),
    },
  });
}

/**
 * Takes back what the departure of nodes has set, once they have left or are wanted again. Votes first: as long as the note is
 * there, a list of votes that were taken is known as ours.
 */
export async function endLeaving(control: ClusterControl, names: readonly string[]): Promise<void> {
  const leaving = leavingNodes(await control.settings());
  if (leaving.length === 0) return;
  const { exclusions } = await control.voting();
  if (exclusions.length > 0) await control.clearVoteExclusions({ awaitRemoval: false });
  await setLeaving(
    control,
    leaving.filter((name) => !names.includes(name)),
  );
}
