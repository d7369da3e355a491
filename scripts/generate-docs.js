// Writes the pages of docs/ that are made from the code: the commands and the permissions.
// Build first: it reads dist/. Tests check that both files are current.
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { program } from '../dist/cli/main.js';
import { renderCommandReference } from '../dist/cli/reference.js';
import { processTerminal } from '../dist/cli/terminal.js';
import { renderPermissions } from './permissions.js';

const root = path.join(import.meta.dirname, '..');
const commands = renderCommandReference(program(processTerminal(), { status: 0 }));
writeFileSync(path.join(root, 'docs/commands.md'), commands);
writeFileSync(path.join(root, 'docs/permissions.md'), renderPermissions(root));
