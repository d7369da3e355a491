import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import type { Plugin } from 'rolldown';

/** A package of which something is in the program. */
interface Bundled {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly license: string;
  /** Its licence and its notices, each as it came. */
  readonly texts: readonly string[];
}

/** May be passed on under Apache-2.0, as long as the licence goes along: whatever else turns up fails the build, for a person to judge. */
const permissive = new Set([
  'Apache-2.0',
  'MIT',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
]);

/**
 * Writes down whose code is in the bundle, with the licences that must go along with it.
 *
 * @param fileName of the notice, in the folder of the bundle.
 */
export function thirdPartyNotice(fileName: string): Plugin {
  return {
    name: 'third-party-notice',
    generateBundle(_options, bundle) {
      const folders = new Set(
        Object.values(bundle)
          .flatMap((file) => (file.type === 'chunk' ? Object.keys(file.modules) : []))
          .flatMap((id) => packageFolder(id) ?? []),
      );
      const packages = [...folders].map(readPackage).sort((a, b) => a.name.localeCompare(b.name));
      const strange = packages.filter(({ license }) => !permissive.has(license));
      if (strange.length > 0) {
        throw new Error(
          `may these be passed on? ${strange.map(({ name, license }) => `${name}: ${license}`).join(', ')}`,
        );
      }
      this.emitFile({ type: 'asset', fileName, source: renderNotice(packages) });
    },
  };
}

/** The folder of the package that a module is of; undefined for our own. */
function packageFolder(id: string): string | undefined {
  return /^\0?(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(id)?.[1];
}

function readPackage(folder: string): Bundled {
  const { name, version, license } = stringsOf(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  if (name === undefined || version === undefined || license === undefined)
    throw new Error(`${folder} does not say its name, version and licence`);
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|notice|copyright)\b/i.test(file))
    .sort()
    .map((file) => readFileSync(path.join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim());
  return { name, version, license, texts };
}

function stringsOf(json: string): Readonly<Record<string, string | undefined>> {
  const parsed: unknown = JSON.parse(json);
  if (typeof parsed !== 'object' || parsed === null) throw new Error('a package.json is an object');
  return Object.fromEntries(Object.entries(parsed).filter(([, value]) => typeof value === 'string'));
}

/** One licence is printed once, below all those that share it word for word. */
function renderNotice(packages: readonly Bundled[]): string {
  const byText = new Map<string, Bundled[]>();
  for (const one of packages) {
    const text = one.texts.join('\n\n');
    byText.set(text, [...(byText.get(text) ?? []), one]);
  }
  const parts = [...byText].map(([text, sharers]) => {
    const heading = sharers.map(({ name, version, license }) => `${name} ${version} (${license})`).join('\n');
    return `${heading}\n\n${text === '' ? 'The package carries no text of its licence.' : text}`;
  });
  return [
    'The program in this folder holds code of these packages, each under the licence that stands below it.',
    ...parts,
  ]
    .join(`\n\n${'-'.repeat(80)}\n\n`)
    .concat('\n');
}
