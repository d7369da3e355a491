import type { ElasticsearchAnswer } from '../../../elasticsearch/client.ts';
import { type Asked, ok } from './asked.ts';

/** A row of `_cat`: every column that it can have. */
export type Row = Readonly<Record<string, string | null>>;

/** As `_cat` answers: JSON on demand, else a text; `h` chooses the columns, `v` shows their names. */
export function catAnswer(
  { query }: Asked,
  rows: readonly Row[],
  usual: readonly string[],
): ElasticsearchAnswer {
  const columns = query.get('h')?.split(',') ?? usual;
  if (query.get('format') === 'json')
    return ok(rows.map((row) => Object.fromEntries(columns.map((name) => [name, row[name] ?? null]))));
  const lines = rows.map((row) => columns.map((name) => row[name] ?? ''));
  const hasTitle = query.has('v') && query.get('v') !== 'false';
  const all = hasTitle ? [columns, ...lines] : lines;
  const widths = columns.map((_, at) => Math.max(0, ...all.map((line) => line[at]?.length ?? 0)));
  const text = all.map((line) => line.map((word, at) => word.padEnd(widths[at] ?? 0)).join(' '));
  return ok(text.map((line) => `${line}\n`).join(''));
}

const units = ['b', 'kb', 'mb', 'gb', 'tb'] as const;

/** `1.5gb`, or the bare number when the query says `bytes=b`. */
export function bytesText({ query }: Asked, bytes: number): string {
  const rounded = Math.round(bytes);
  if (query.get('bytes') === 'b') return String(rounded);
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, rounded)) / 10)));
  const value = rounded / 1024 ** power;
  return `${Number.isInteger(value) ? value : value.toFixed(1)}${units[power] ?? 'b'}`;
}
