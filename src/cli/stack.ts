import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** A place in a file, as V8 writes it into a stack. */
const place = /(file:\/\/\S+?\.js:\d+:\d+)/;

/**
 * A stack in the files that were written: the program is published in few, very long lines. The maps of it are read here and nowhere else, so
 * that they cost nothing until something is broken. A place without a map stays as it is.
 */
export function readableStack(stack: string): string {
  const sources = new Map<string, Sources | undefined>();
  const written = (published: string): string | undefined => {
    const [column, line, ...rest] = published.split(':').reverse();
    const file = fileURLToPath(rest.reverse().join(':'));
    if (!sources.has(file)) sources.set(file, readSources(file));
    return sources.get(file)?.(Number(line), Number(column));
  };
  // What is split at a group is given back at every second place.
  return stack
    .split(place)
    .map((part, index) => (index % 2 === 1 ? (written(part) ?? part) : part))
    .join('');
}

/** From a line and a column to `src/cli/main.ts:12:3`, all counted from one. */
type Sources = (line: number, column: number) => string | undefined;

function readSources(file: string): Sources | undefined {
  let map: SourceMap;
  try {
    const payload: unknown = JSON.parse(readFileSync(`${file}.map`, 'utf8'));
    if (!isSourceMap(payload)) return undefined;
    map = new SourceMap(payload);
  } catch {
    // What is to be told is the bug, and not that its place cannot be.
    return undefined;
  }
  return (line, column) => {
    // From zero, both; `findOrigin` counts from one, and adds the distance to the mapped place, which is none in the source.
    const entry = map.findEntry(line - 1, column - 1);
    if (!('originalSource' in entry)) return undefined;
    const source = path.resolve(path.dirname(file), entry.originalSource);
    return `${fromPackage(source, file)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  };
}

/** As much of it as Node looks at. */
function isSourceMap(value: unknown): value is SourceMapPayload {
  return typeof value === 'object' && value !== null && 'mappings' in value && 'sources' in value;
}

/** The files of the program lie two folders below that of the package. */
function fromPackage(source: string, file: string): string {
  return path.relative(path.resolve(path.dirname(file), '..', '..'), source).replaceAll(path.sep, '/');
}
