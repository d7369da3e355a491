// Writes the names of settings that real servers know, version by version:
//
//   node --import ./scripts/typescript.js scripts/setting-names.ts http://127.0.0.1:9200 ...
//
// Each is asked for its version, for all settings of a node with their defaults, and for those of an index that is made for it and deleted.
// Versions that are in the file already and are not asked stay. Families (`node.attr.*`) and secrets have no default, so they are not in
// the answer: src/config/known-settings.ts knows them.
import { writeFileSync } from 'node:fs';

import { indexSettingNames, listedVersions, nodeSettingNames } from '../src/config/setting-names.ts';
import { compareVersions, parseVersion, type Version } from '../src/elasticsearch/versions.ts';

const file = new URL('../src/config/setting-names.ts', import.meta.url);
const probe = 'es-ecs-setting-names';

interface Names {
  readonly node: readonly string[];
  readonly index: readonly string[];
}

type Named = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

async function askServer(url: string, path: string, method = 'GET'): Promise<unknown> {
  const answer = await fetch(new URL(path, url), { method });
  if (!answer.ok) throw new Error(`${method} ${path} of ${url}: ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

async function namesOf(url: string): Promise<readonly [string, Names]> {
  const about = (await askServer(url, '/')) as { readonly version: { readonly number: string } };
  const all = '?include_defaults=true&flat_settings=true';
  const node = (await askServer(url, `/_cluster/settings${all}`)) as Named;
  await askServer(url, `/${probe}`, 'PUT');
  const index = (await askServer(url, `/${probe}/_settings${all}`)) as Readonly<Record<string, Named>>;
  await askServer(url, `/${probe}`, 'DELETE');
  const keys = (groups: Named | undefined): readonly string[] =>
    Object.values(groups ?? {}).flatMap((group) => Object.keys(group));
  return [about.version.number, { node: keys(node), index: keys(index[probe]) }];
}

/** What the file says of a version. */
function known(lines: string, at: number): readonly string[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' '))
    .filter(([, marks]) => marks === undefined || marks.includes(String(at)))
    .map(([name = '']) => name);
}

function order(a: string, b: string): number {
  const read = (text: string): Version => parseVersion(text) ?? { major: 0, minor: 0, patch: 0 };
  return compareVersions(read(a), read(b));
}

const versions = new Map<string, Names>(
  listedVersions.map((version, at) => [
    version,
    { node: known(nodeSettingNames, at), index: known(indexSettingNames, at) },
  ]),
);
for (const url of process.argv.slice(2)) versions.set(...(await namesOf(url)));
const sorted = [...versions.keys()].toSorted(order);

function render(kind: keyof Names): string {
  const sets = sorted.map((version) => new Set(versions.get(version)?.[kind]));
  const names = [...new Set(sets.flatMap((set) => [...set]))].toSorted();
  return names
    .map((name) => {
      const marks = sets.flatMap((set, at) => (set.has(name) ? [at] : []));
      return marks.length === sets.length ? name : `${name} ${marks.join('')}`;
    })
    .join('\n');
}

writeFileSync(
  file,
  `// Written by scripts/setting-names.ts, from what real servers say.

/** The versions that were asked, by which the names are marked. */
export const listedVersions: readonly string[] = [${sorted.map((version) => `'${version}'`).join(', ')}];

/** Settings of a node, one a line; behind a name the places of the versions that know it, where not all do. */
export const nodeSettingNames = \`
${render('node')}
\`;

/** Settings of an index, in the same form. */
export const indexSettingNames = \`
${render('index')}
\`;
`,
);
