import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join('docs', name)),
];

function read(page: string): string {
  return readFileSync(path.join(root, page), 'utf8');
}

/** Headings as GitHub turns them into anchors. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe.each(pages)('%s', (page) => {
  it('links to what exists', () => {
    const broken = [...read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].flatMap(
      ([whole, file = '', anchor]) => {
        const target = file === '' ? page : path.join(path.dirname(page), file);
        if (!existsSync(path.join(root, target))) return [whole];
        return anchor === undefined || anchors(read(target)).includes(anchor) ? [] : [whole];
      },
    );
    expect(broken).toEqual([]);
  });

  it('names files of the repository that exist', () => {
    const named = [...read(page).matchAll(/`((?:src|test|scripts|templates|docs|schema|bin)\/[\w./-]+)`/g)];
    const missing = named.map(([, file = '']) => file).filter((file) => !existsSync(path.join(root, file)));
    expect(missing).toEqual([]);
  });
});

describe('docs/decisions', () => {
  const records = readdirSync(path.join(root, 'docs/decisions')).sort();

  it('is numbered without a gap', () => {
    const numbers = records.map((name) => Number(name.slice(0, 4)));
    expect(numbers).toEqual(records.map((_name, index) => index + 1));
  });

  it.each(records)('%s has the four parts', (name) => {
    const headings = [...read(path.join('docs/decisions', name)).matchAll(/^## (.+)$/gm)].map(
      ([, one]) => one,
    );
    expect(headings).toEqual(['Context', 'Options', 'Outcome', 'Consequences']);
  });
});
