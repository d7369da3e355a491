import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

/** What a file loads as soon as it is loaded itself: no types, no `import()`. */
function staticImports(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  return source.statements.flatMap((statement) => {
    if (ts.isImportDeclaration(statement)) {
      const isType = statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
      return isType ? [] : [specifier(statement.moduleSpecifier)];
    }
    if (!ts.isExportDeclaration(statement) || statement.isTypeOnly) return [];
    return statement.moduleSpecifier === undefined ? [] : [specifier(statement.moduleSpecifier)];
  });
}

function specifier(expression: ts.Expression): string {
  if (ts.isStringLiteral(expression)) return expression.text;
  throw new Error('an import names its module in quotes');
}

/** The packages that come along with a file of src, Node's own left out. */
function packagesBehind(entry: string): string[] {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const name of staticImports(file)) {
      if (name.startsWith('.')) visit(path.resolve(path.dirname(file), name));
      else if (!name.startsWith('node:')) packages.add(name);
    }
  };
  visit(path.join(root, 'src', entry));
  return [...packages].sort();
}

describe('start-up', () => {
  it('loads nothing else for --version', () => {
    expect(packagesBehind('cli/start.ts')).toEqual([]);
  });

  it('loads commander and nothing else for --help', () => {
    expect(packagesBehind('cli/main.ts')).toEqual(['commander']);
  });

  it.each(['init', 'plan', 'up', 'status', 'destroy', 'ssh', 'tunnel', 'es', 'credentials'])(
    'loads no ora for %s without a terminal',
    (command) => {
      expect(packagesBehind(`cli/commands/${command}.ts`)).not.toContain('ora');
    },
  );

  it('loads no SDK client for init', () => {
    expect(packagesBehind('cli/commands/init.ts').filter((name) => name.startsWith('@aws-sdk/'))).toEqual([]);
  });

  it('loads no simulated account for a real one', () => {
    expect(staticImports(path.join(root, 'src/cli/session.ts'))).not.toContain('./simulation.ts');
  });

  it('would see what is heavy', () => {
    expect(packagesBehind('cli/commands/up.ts')).toEqual(
      expect.arrayContaining(['@aws-sdk/client-ec2', 'zod']),
    );
  });
});
