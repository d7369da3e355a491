// Writes the pages of docs/ that are made from the code: the commands and the permissions.
// Tests check that both files are current.
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { operatorPolicies } from '../src/aws/permissions/operator.ts';
import { passwordPolicy, readerPolicy } from '../src/aws/permissions/reader.ts';
import { documentOf } from '../src/aws/permissions/statement.ts';
import { program } from '../src/cli/main.ts';
import { renderCommandReference } from '../src/cli/reference.ts';
import { processTerminal } from '../src/cli/terminal.ts';
import { calledActions } from './called-actions.js';
import { renderPermissions } from './permissions.js';

const root = path.join(import.meta.dirname, '..');
const commands = renderCommandReference(program(processTerminal(), { status: 0 }));
writeFileSync(path.join(root, 'docs/commands.md'), commands);
const scope = { partition: 'aws' };
const permissions = renderPermissions({
  reader: readerPolicy(scope),
  password: passwordPolicy(scope),
  operator: operatorPolicies(scope),
  called: calledActions(root),
  documentOf,
});
writeFileSync(path.join(root, 'docs/permissions.md'), permissions);
