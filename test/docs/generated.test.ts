import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { calledActions, impliedActions, renderPermissions } from '../../scripts/permissions.js';
import { program } from '../../src/cli/main.ts';
import { renderCommandReference } from '../../src/cli/reference.ts';
import { processTerminal } from '../../src/cli/terminal.ts';

const root = path.resolve(import.meta.dirname, '../..');
const current = 'run npm run generate';

function page(name: string): string {
  return readFileSync(path.join(root, 'docs', name), 'utf8');
}

describe('docs/commands.md', () => {
  const commandLine = program(processTerminal(), { status: 0 });

  it('is current', () => {
    expect(page('commands.md'), current).toBe(renderCommandReference(commandLine));
  });

  it.each(commandLine.commands.map((command) => [command.name(), command] as const))(
    'describes %s and each of its options',
    (_name, command) => {
      const described = [
        command.description(),
        ...command.options.map((option) => option.description),
        ...command.registeredArguments.map((argument) => argument.description),
      ];
      expect(described.filter((text) => text === '')).toEqual([]);
    },
  );
});

describe('docs/permissions.md', () => {
  it('is current', () => {
    expect(page('permissions.md'), current).toBe(renderPermissions(root));
  });

  it('finds commands and paginators, and no types', () => {
    const actions = calledActions(root);
    expect(actions).toEqual(
      expect.arrayContaining(['ec2:CreateVpc', 'ec2:DescribeVpcs', 'ecs:CreateService']),
    );
    expect(actions.filter((action) => !/^[a-z0-9]+:[A-Z][A-Za-z]+$/.test(action))).toEqual([]);
  });

  it('names no implied action twice', () => {
    const implied = impliedActions.flatMap(({ actions }) => actions);
    expect(implied).toEqual([...new Set(implied)]);
  });

  it('shows a policy that fits into one managed policy', () => {
    const [, json = ''] = /```json\n([^`]*)```/.exec(page('permissions.md')) ?? [];
    const policy: unknown = JSON.parse(json);
    // 6144 characters without white space (IAM user guide, "IAM and AWS STS quotas").
    expect(JSON.stringify(policy).length).toBeLessThanOrEqual(6144);
  });
});
