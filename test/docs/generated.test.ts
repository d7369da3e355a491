import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { permissionsPage } from '../../scripts/permissions-page.ts';
import { rehearsalPage, tellsTheSame, withoutTimes } from '../../scripts/rehearsal-page.ts';
import { impliedActions, renderPermissions } from '../../scripts/permissions.js';
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
    const rendered = renderPermissions(permissionsPage(root));
    expect(page('permissions.md'), current).toBe(rendered);
  });

  it('names no implied action twice', () => {
    const implied = impliedActions.flatMap(({ actions }) => actions);
    expect(implied).toEqual([...new Set(implied)]);
  });

  it('shows policies that each fit into a managed policy, and names each statement once', () => {
    const shown = [...page('permissions.md').matchAll(/```json\n([^`]*)```/g)].map(([, json = '']) => json);
    expect(shown.length).toBeGreaterThanOrEqual(5);
    // 6144 characters without white space (IAM user guide, "IAM and AWS STS quotas").
    const sizes = shown.map((json) => json.replace(/\s/g, '').length);
    expect(sizes.filter((size) => size > 6144)).toEqual([]);
    const sids = shown.flatMap((json) => [...json.matchAll(/"Sid": "(\w+)"/g)].map(([, sid]) => sid));
    expect(sids.length).toBeGreaterThan(20);
    expect(sids).toEqual([...new Set(sids)]);
  });
});

describe('docs/high-availability.md', () => {
  it('is what is really printed, but for some seconds, and so is its picture', async () => {
    const { page: printed, picture } = await rehearsalPage();
    expect(withoutTimes(page('high-availability.md')), current).toBe(withoutTimes(printed));
    expect(withoutTimes(page('zone-lost.svg')), current).toBe(withoutTimes(picture));
  });

  it('is not taken for the same where anything but a time differs', () => {
    const told = page('high-availability.md');
    expect(tellsTheSame(told, told.replace('green', 'yellow'))).toBe(false);
    expect(tellsTheSame(told, told.replace('nothing is copied', 'much is copied'))).toBe(false);
  });
});
