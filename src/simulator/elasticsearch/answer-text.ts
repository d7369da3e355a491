import type { ElasticsearchAnswer, ElasticsearchRequest } from '../../elasticsearch/client.ts';

/** An answer of the simulated cluster as the real one would send it: JSON, or the columns of `_cat`. */
export function answerText(
  request: Pick<ElasticsearchRequest, 'path'>,
  { body }: Pick<ElasticsearchAnswer, 'body'>,
): { readonly text: string; readonly type: string } {
  const json = 'application/json';
  if (body === undefined) return { text: '', type: json };
  if (typeof body === 'string') return { text: body, type: 'text/plain; charset=UTF-8' };
  const url = new URL(request.path, 'https://simulated');
  const { searchParams: query, pathname } = url;
  if (pathname.startsWith('/_cat/') && query.get('format') !== 'json' && Array.isArray(body))
    return { text: columns(body, query), type: 'text/plain; charset=UTF-8' };
  const indent = query.has('pretty') && query.get('pretty') !== 'false' ? 2 : undefined;
  return { text: JSON.stringify(body, undefined, indent), type: json };
}

/** "Common parameters" of the compact APIs: `h` chooses columns, `v` shows their names. */
function columns(rows: readonly unknown[], query: URLSearchParams): string {
  const records = rows.map(
    (row) => new Map(Object.entries(typeof row === 'object' && row !== null ? row : {})),
  );
  const wanted = query.get('h')?.split(',') ?? [...new Set(records.flatMap((record) => [...record.keys()]))];
  const lines = records.map((record) => wanted.map((name) => cell(record.get(name))));
  if (query.has('v') && query.get('v') !== 'false') lines.unshift(wanted);
  const widths = wanted.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  return lines
    .map(
      (line) =>
        `${line
          .map((word, at) => word.padEnd(widths[at] ?? 0))
          .join(' ')
          .trimEnd()}\n`,
    )
    .join('');
}

function cell(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '-';
}
