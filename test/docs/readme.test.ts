import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { execute, program } from '../../src/cli/main.ts';
import { processTerminal, type Terminal } from '../../src/cli/terminal.ts';
import { loadConfig } from '../../src/config/load.ts';

const readme = readFileSync(path.resolve(import.meta.dirname, '../../README.md'), 'utf8');
const directory = mkdtempSync(path.join(tmpdir(), 'es-ecs-readme-'));
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

function block(language: string): string {
  const [, text = ''] = new RegExp(`\`\`\`${language}\n([^\`]*)\`\`\``).exec(readme) ?? [];
  return text;
}

describe('README.md', () => {
  it('names the two commands as they are typed', () => {
    const lines = readme.split('\n');
    expect(lines).toContain('    npm install && npx es-ecs up --simulate');
    expect(lines).toContain('    npm install && npm test');
  });

  it('shows a smallest config that is valid, without a warning', () => {
    expect(loadConfig(block('yaml'), 'es-ecs.yaml').warnings).toEqual([]);
  });

  it('names commands and options that exist', () => {
    const { commands } = program(processTerminal(), { status: 0 });
    const names = commands.map((command) => command.name());
    const options = commands.flatMap((command) => command.options.map((option) => option.long));
    const named = [...readme.matchAll(/(?:^ {4}|`)(?:npx )?es-ecs ([a-z]+)/gm)].map(([, name]) => name);
    expect(named.filter((name) => !names.includes(name ?? ''))).toEqual([]);
    const used = [...readme.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map(([option]) => option);
    expect(used.filter((option) => !options.includes(option))).toEqual([]);
  });

  it('shows what is really seen', async () => {
    const told: string[] = [];
    const tell = (text: string): void => {
      told.push(text);
    };
    const terminal: Terminal = {
      ...processTerminal(),
      out: tell,
      err: tell,
      hasColour: false,
      isTerminal: false,
    };
    const config = path.join(directory, 'es-ecs.yaml');
    const status = await execute(['node', 'es-ecs', 'up', '--simulate', '--config', config], terminal);
    const seen = told.join('\n');
    const [plan = '', rest = ''] = block('text').split('\n\n✔');
    expect(status, seen).toBe(0);
    expect(seen).toContain(plan);
    for (const [, step, done] of rest.matchAll(/^(?:✔)? (\w+) +(\d+)\/\d+ /gm)) {
      expect(seen).toMatch(new RegExp(`\\b${step ?? ''} +done, ${done ?? ''}/${done ?? ''} in `));
    }
    const [summary = ''] = /^search is .*zones/m.exec(rest) ?? [];
    expect(seen).toContain(summary);
  });

  it('says of the cost what the output says', () => {
    const [, parts = ''] = /a month\n(.*)\n/.exec(block('text')) ?? [];
    const amounts = [...parts.matchAll(/\d+/g)].map(([amount]) => `$${amount}`);
    const [, section = ''] = /## What it costs\n([^]*?)\n## /.exec(readme) ?? [];
    expect(amounts).toHaveLength(6);
    expect(amounts.filter((amount) => !section.includes(amount))).toEqual([]);
  });
});
