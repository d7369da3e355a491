// Writes the pages of docs/ that are made from the code: the commands, the permissions and the rehearsals.
// Tests check that they are current.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { program } from '../src/cli/main.ts';
import { renderCommandReference } from '../src/cli/reference.ts';
import { processTerminal } from '../src/cli/terminal.ts';
import { permissionsPage } from './permissions-page.ts';
import { renderPermissions } from './permissions.js';
import { rehearsalPage, tellsTheSame } from './rehearsal-page.ts';

const root = path.join(import.meta.dirname, '..');
const commands = renderCommandReference(program(processTerminal(), { status: 0 }));
writeFileSync(path.join(root, 'docs/commands.md'), commands);
const permissions = renderPermissions(permissionsPage(root));
writeFileSync(path.join(root, 'docs/permissions.md'), permissions);

const { page, picture } = await rehearsalPage();
for (const [name, text] of [
  ['docs/high-availability.md', page],
  ['docs/zone-lost.svg', picture],
] as const) {
  const file = path.join(root, name);
  // What differs by seconds alone is no news.
  if (!existsSync(file) || !tellsTheSame(readFileSync(file, 'utf8'), text)) writeFileSync(file, text);
}
