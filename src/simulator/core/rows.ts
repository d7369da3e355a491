/** Where rows are found by something else than their id. */
interface Finder<Row> {
  readonly keysOf: (row: Row) => readonly string[];
  /** The ids under each key. */
  readonly ids: Map<string, Set<string>>;
  /** The keys under which a row stands now. */
  readonly keys: Map<string, readonly string[]>;
}

/**
 * The rows of one table by id, in the order of their making. What an index asks of a row is looked at when the row is put in: a row of
 * which that has changed is put in again.
 */
export class Rows<Row> extends Map<string, Row> {
  readonly #finders = new Map<unknown, Finder<Row>>();
  /** Which came first. */
  readonly #places = new Map<string, number>();
  #next = 0;

  override set(id: string, row: Row): this {
    super.set(id, row);
    if (!this.#places.has(id)) {
      this.#places.set(id, this.#next);
      this.#next += 1;
    }
    for (const finder of this.#finders.values()) note(finder, id, row);
    return this;
  }

  override delete(id: string): boolean {
    this.#places.delete(id);
    for (const finder of this.#finders.values()) drop(finder, id);
    return super.delete(id);
  }

  override clear(): void {
    this.#places.clear();
    this.#finders.clear();
    super.clear();
  }

  /** The rows under a key, in the order of their making. The first question makes the index, which is kept from then on. */
  under(index: object, key: string, keysOf: (row: Row) => readonly string[]): Row[] {
    let finder = this.#finders.get(index);
    if (finder === undefined) {
      finder = { keysOf, ids: new Map(), keys: new Map() };
      for (const [id, row] of this) note(finder, id, row);
      this.#finders.set(index, finder);
    }
    const found = [...(finder.ids.get(key) ?? [])];
    if (found.length > 1) found.sort((one, other) => this.#place(one) - this.#place(other));
    return found.flatMap((id) => {
      const row = this.get(id);
      return row === undefined ? [] : [row];
    });
  }

  #place(id: string): number {
    return this.#places.get(id) ?? 0;
  }
}

function note<Row>(finder: Finder<Row>, id: string, row: Row): void {
  const keys = finder.keysOf(row);
  const former = finder.keys.get(id);
  if (former?.length === keys.length && keys.every((key, at) => key === former[at])) return;
  drop(finder, id);
  finder.keys.set(id, keys);
  for (const key of keys) {
    const known = finder.ids.get(key);
    if (known === undefined) finder.ids.set(key, new Set([id]));
    else known.add(id);
  }
}

function drop<Row>(finder: Finder<Row>, id: string): void {
  for (const key of finder.keys.get(id) ?? []) {
    const ids = finder.ids.get(key);
    ids?.delete(id);
    if (ids?.size === 0) finder.ids.delete(key);
  }
  finder.keys.delete(id);
}
