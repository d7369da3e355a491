/**
 * Levenshtein's distance, with a swap of neighbours counted as one (optimal string alignment): how many letters are to be changed, added or
 * taken away. Of what is further apart than the limit, only that is known: Infinity. It looks at no more than a band of that width, and ends
 * where no way is left, so that long words which have nothing in common cost next to nothing.
 */
export function editDistance(one: string, other: string, limit: number): number {
  if (Math.abs(one.length - other.length) > limit) return Infinity;
  let last: Row | undefined;
  let row: Row = { from: 0, cells: Array.from({ length: Math.min(other.length, limit) + 1 }, (_, at) => at) };
  for (let i = 1; i <= one.length; i += 1) {
    const from = Math.max(0, i - limit);
    const next: Row = { from, cells: [] };
    let least = Infinity;
    for (let j = from; j <= Math.min(other.length, i + limit); j += 1) {
      const change = one[i - 1] === other[j - 1] ? 0 : 1;
      const isSwap = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      const cell = Math.min(
        j === 0 ? i : cellAt(row, j - 1) + change,
        cellAt(row, j) + 1,
        cellAt(next, j - 1) + 1,
        isSwap ? cellAt(last, j - 2) + 1 : Infinity,
      );
      next.cells.push(cell);
      least = Math.min(least, cell);
    }
    // A swap reaches back over one row.
    if (least > limit && i > 1 && Math.min(...row.cells) > limit) return Infinity;
    last = row;
    row = next;
  }
  const distance = cellAt(row, other.length);
  return distance > limit ? Infinity : distance;
}

/** Distances between the beginning of one word and beginnings of the other, the first of which has that length. */
interface Row {
  readonly from: number;
  readonly cells: number[];
}

function cellAt(row: Row | undefined, at: number): number {
  return row?.cells[at - row.from] ?? Infinity;
}
