// Writes the pages of docs/ that are made from the code: the commands and the permissions.
// Tests check that both files are current.
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { program } from '../src/cli/main.ts';
import { renderCommandReference } from '../src/cli/reference.ts';
import { processTerminal } from '../src/cli/terminal.ts';
import { permissionsPage } from './permissions-page.ts';
import { renderPermissions } from './permissions.js';

const root = path.join(import.meta.dirname, '..');
const commands = renderCommandReference(program(processTerminal(), { status: 0 }));
writeFileSync(path.join(root, 'docs/commands.md'), commands);
const permissions = renderPermissions(permissionsPage(root));
writeFileSync(path.join(root, 'docs/permissions.md'), permissions);
