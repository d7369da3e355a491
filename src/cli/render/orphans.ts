import type { Orphan } from '../../engine/orphans.ts';

/** The things that no resource claims, a line each, and what becomes of them; nothing where there are none. */
export function orphanLines(orphans: readonly Orphan[], flag: string): readonly string[] {
  if (orphans.length === 0) return [];
  const [is, they] = orphans.length === 1 ? ['thing carries', 'it'] : ['things carry', 'them'];
  const stays = orphans.some(({ kin }) => kin.holdsData === true || kin.keptWithData === true);
  return [
    `${orphans.length} ${is} the cluster's tag, and nothing in the config asks for ${they}:`,
    ...orphans.map((one) => `  ? ${one.address}`),
    `  es-ecs destroy${flag}  takes ${they} with the rest${stays ? ', data volumes and secrets with --delete-data only' : ''}; up leaves ${they} alone`,
  ];
}

/** The same for `--json`. */
export function orphanDocuments(orphans: readonly Orphan[]): readonly object[] {
  return orphans.map((one) => ({ address: one.address, id: one.id, kind: one.kin.address.split('/')[1] }));
}
