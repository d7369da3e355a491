import { readdirSync } from 'node:fs';
import path from 'node:path';

import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';

import { layers, projectRules } from '../../scripts/lint-rules.js';

const root = path.resolve(import.meta.dirname, '../..');

/** What the project's rules say about a file with this text, one message a finding. */
function lint(file: string, text: string): string[] {
  const linter = new Linter({ cwd: root, configType: 'flat' });
  const config: Linter.Config = {
    files: ['**/*.ts'],
    languageOptions: { parser: tseslint.parser },
    plugins: { project: projectRules },
    rules: { 'project/layers': 'error', 'project/reason-to-disable': 'error' },
  };
  return linter.verify(text, config, path.join(root, file)).map(({ message }) => message);
}

describe('layers', () => {
  it.each([
    ['src/engine/plan.ts', "import { EsEcsError } from '../errors.ts';"],
    ['src/engine/waits/waiter.ts', "import type { Clock } from '../clock.ts';"],
    ['src/steps/network/vpc.ts', "import { owned } from '../../aws/tags.ts';"],
    ['src/cli/commands/up.ts', "const steps = await import('../../steps/index.ts');"],
    ['src/simulator/ec2/vpcs.ts', "import type { Clock } from '../../engine/clock.ts';"],
    ['src/engine/plan.ts', "import pLimit from 'p-limit';"],
    ['test/engine/plan.test.ts', "import { main } from '../../src/cli/main.ts';"],
  ])('lets %s have %s', (file, text) => {
    expect(lint(file, text)).toEqual([]);
  });

  it.each([
    ['src/engine/plan.ts', "import { vpc } from '../steps/network/vpc.ts';", 'never src/steps'],
    ['src/engine/waits/waiter.ts', "import { tags } from '../../aws/tags.ts';", 'never src/aws'],
    ['src/elasticsearch/sizing.ts', "import type { Config } from '../config/config.ts';", 'never src/config'],
    ['src/state/store.ts', "export * from '../engine/clock.ts';", 'never src/engine'],
    ['src/config/load.ts', "export { vpc } from '../steps/network/vpc.ts';", 'never src/steps'],
    ['src/steps/network/vpc.ts', "const cli = await import('../../cli/main.ts');", 'never imports src/cli'],
    ['src/steps/context.ts', "type Main = import('../cli/main.ts').Main;", 'never imports src/cli'],
    ['src/aws/clients.ts', "import { main } from '../cli/main.ts';", 'never imports src/cli'],
    ['src/simulator/account.ts', "import { steps } from '../steps/index.ts';", 'never imports src/steps'],
    ['src/errors.ts', "import { render } from './engine/events.ts';", 'imports nothing of the project'],
    ['src/engine/plan.ts', "import { lint } from '../../scripts/check.js';", 'nothing outside src'],
    ['src/helpers/some.ts', "import { EsEcsError } from '../errors.ts';", 'no place in the table'],
  ])('refuses %s %s', (file, text, reason) => {
    expect(lint(file, text)).toEqual([expect.stringContaining(reason)]);
  });

  it('has a place for every folder of src', () => {
    const folders = readdirSync(path.join(root, 'src')).map((name) => name.replace(/\.ts$/, ''));
    expect(folders.filter((name) => layers[name] === undefined)).toEqual([]);
  });
});

describe('reason-to-disable', () => {
  it.each([
    '// eslint-disable-next-line no-console -- the one place that prints',
    '/* eslint-disable no-console -- this whole file prints */',
    '// eslint-enable no-console',
  ])('accepts %s', (comment) => {
    expect(
      lint('src/cli/main.ts', `${comment}\nfoo();`).filter((message) => message.includes('say why')),
    ).toEqual([]);
  });

  it.each([
    '// eslint-disable-next-line no-console',
    '/* eslint-disable */',
    '/* eslint-disable -- it is in the way */',
    '// eslint-disable-line x -- why',
  ])('refuses %s', (comment) => {
    const findings = lint('src/cli/main.ts', `foo(); ${comment}\nfoo();`);
    expect(findings).toContainEqual(expect.stringContaining('say why'));
  });
});
