import type { Written } from '../../simulator/elasticsearch/bulk-write.ts';
import { duration } from './duration.ts';
import { nextInRehearsal } from './rehearsed.ts';
import { renderTable } from './table.ts';

/** What was written. */
export interface Write {
  readonly index: string;
  readonly writtenGiB: number;
  readonly tookMs: number;
  readonly written: Written;
}

/** For a person. */
export function renderWrite({ index, writtenGiB, tookMs, written }: Write): string {
  const { isNewIndex, documents, sizeGiB, copies, disks } = written;
  const is = isNewIndex ? 'a new index' : `which holds ${size(sizeGiB)} now`;
  return [
    `${size(writtenGiB)} written to ${index}, ${is}: ${documents.toLocaleString('en')} documents, ${copies} ${copies === 1 ? 'copy' : 'copies'} of each, in ${duration(tookMs)}`,
    '',
    renderTable(
      ['node', 'disk'],
      disks.map(({ node, usedPercent }) => [node, `${Math.round(usedPercent)} %`]),
    ),
    '',
    `${nextInRehearsal}  shows how it is; es-ecs simulate lose host NODE  rehearses a loss`,
  ].join('\n');
}

function size(gib: number): string {
  return `${String(Math.round(gib * 10) / 10)} GiB`;
}

/** The document of `--json`. */
export function writeDocument({ index, writtenGiB, tookMs, written }: Write): string {
  return JSON.stringify({ index, writtenGiB, tookMs, ...written, next: nextInRehearsal });
}
