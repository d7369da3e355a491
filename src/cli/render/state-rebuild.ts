import type { Address } from '../../engine/resource.ts';

/** What a state remembered, and what is there. */
export interface Rebuilt {
  readonly before: ReadonlyMap<Address, string>;
  readonly found: ReadonlyMap<Address, string>;
  /** How many things there are to be: those that the config asks for, and those that it no longer does. */
  readonly expected: number;
}

/** What a rebuild has to tell. */
export interface RebuildTold {
  readonly rebuilt: Rebuilt;
  readonly file: string;
  readonly cluster: string;
  readonly isWritten: boolean;
}

interface Row {
  readonly mark: '+' | '~' | '-';
  readonly address: Address;
  readonly before: string | null;
  readonly after: string | null;
}

/** What the state did not know, knew otherwise, or remembers of things that are gone. */
function rowsOf({ before, found }: Rebuilt): readonly Row[] {
  const addresses = [...new Set([...found.keys(), ...before.keys()])].sort();
  return addresses.flatMap((address): Row[] => {
    const [old, now] = [before.get(address) ?? null, found.get(address) ?? null];
    if (old === now) return [];
    return [{ mark: old === null ? '+' : now === null ? '-' : '~', address, before: old, after: now }];
  });
}

/** A rebuild as a person reads it: each difference, then what was found and where it is written. */
export function renderRebuild(told: RebuildTold): string {
  const { rebuilt, file, cluster, isWritten } = told;
  const rows = rowsOf(rebuilt);
  const widest = Math.max(0, ...rows.map((row) => row.address.length));
  const lines = rows.map(({ mark, address, before, after }) => {
    const ids =
      before !== null && after !== null ? `${before} → ${after}` : (after ?? `${before ?? ''}, not found`);
    return `${mark} ${address.padEnd(widest)}  ${ids}`;
  });
  const count = `${String(rebuilt.found.size)} of ${String(rebuilt.expected)} resources found by their tags`;
  const where = isWritten ? `${file} is written anew` : `${file} was left as it is`;
  return [
    ...lines,
    `${cluster}: ${count}, ${rows.length === 0 ? 'all as remembered' : `${String(rows.length)} not as remembered`}; ${where}`,
    '  next            es-ecs plan',
  ].join('\n');
}

/** A rebuild, as `--json` gives it. */
export function rebuildDocument({ rebuilt, file, isWritten }: RebuildTold): object {
  return {
    file,
    written: isWritten,
    found: [...rebuilt.found].map(([address, id]) => ({ address, id })),
    differences: rowsOf(rebuilt).map(({ address, before, after }) => ({ address, before, after })),
  };
}
