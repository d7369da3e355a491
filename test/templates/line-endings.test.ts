import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterEach, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '..', '..');
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A copy of the program, with these line ends in all that hosts and images are made of. */
function copyWith(lineEnd: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'es-ecs-line-ends-'));
  folders.push(folder);
  for (const name of ['src', 'scripts', 'templates', 'package.json', 'tsconfig.json']) {
    cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  }
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  const templates = path.join(folder, 'templates');
  for (const name of readdirSync(templates)) {
    const file = path.join(templates, name);
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/\r?\n/g, lineEnd));
  }
  return folder;
}

const script = `
const { readdirSync } = await import('node:fs');
const { readTemplate } = await import('./src/templates/render.ts');
const { renderUserData } = await import('./src/templates/user-data.ts');
const { exampleConfig } = await import('./src/config/init.ts');
console.log(JSON.stringify([
  readdirSync('templates').map(readTemplate),
  renderUserData({ cluster: 'search', ecsCluster: 'es-ecs-search', volumeAddressPrefix: 'hosts/volume/', region: 'eu-west-1', dnsSuffix: 'amazonaws.com' }),
  exampleConfig(),
]));
`;

function madeBy(folder: string): string {
  const loader = pathToFileURL(path.join(folder, 'scripts', 'typescript.js')).href;
  return execFileSync(process.execPath, ['--import', loader, '--input-type=module', '--eval', script], {
    cwd: folder,
    encoding: 'utf8',
  });
}

it('that a copy was given on its way change neither user data, nor what images are made of and named by, nor what init writes', () => {
  const plain = madeBy(copyWith('\n'));
  expect(plain).toContain('es-ecs-search');
  expect(plain).not.toContain(String.raw`\r`);
  expect(madeBy(copyWith('\r\n'))).toBe(plain);
});
