import { isBuiltin } from 'node:module';
import path from 'node:path';

import { type OutputAsset, type OutputChunk, rolldown } from 'rolldown';
import { beforeAll, describe, expect, it } from 'vitest';

import bundleOptions from '../../rolldown.config.ts';

const root = path.resolve(import.meta.dirname, '../..');
let chunks: readonly OutputChunk[];
let notice: OutputAsset;

/** As published, but for what makes it small. */
beforeAll(async () => {
  const { output: settings, ...input } = bundleOptions;
  if (Array.isArray(settings)) throw new Error('there is one bundle');
  const { output } = await (await rolldown({ ...input, cwd: root })).generate({
    ...settings,
    sourcemap: false,
    minify: false,
  });
  chunks = output.filter((file) => file.type === 'chunk');
  const [asset] = output.filter((file) => file.type === 'asset');
  if (asset === undefined) throw new Error('the bundle has no notice');
  notice = asset;
}, 120_000);

/** The package that a module is of, or its path in this repository. */
function origin(id: string): string {
  const [, name] = /.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(id) ?? [];
  return name ?? path.relative(root, id);
}

function isPackage(name: string): boolean {
  return !name.startsWith('src/') && !name.includes('rolldown');
}

/** Every package of which something is loaded at once with the file that holds a module of ours. */
function packagesWith(module: string): readonly string[] {
  const holder = chunks.find((chunk) => chunk.moduleIds.some((id) => origin(id) === module));
  if (holder === undefined) throw new Error(`${module} is in no file of the bundle`);
  const seen = new Set<OutputChunk>();
  const visit = (chunk: OutputChunk | undefined): void => {
    if (chunk === undefined || seen.has(chunk)) return;
    seen.add(chunk);
    for (const name of chunk.imports) visit(chunks.find((other) => other.fileName === name));
  };
  visit(holder);
  return [...new Set([...seen].flatMap((chunk) => chunk.moduleIds.map(origin)).filter(isPackage))].sort();
}

describe('the bundle', () => {
  it('loads nothing for --version, and commander alone for --help', () => {
    expect(packagesWith('src/cli/start.ts')).toEqual([]);
    expect(packagesWith('src/cli/main.ts')).toEqual(['commander']);
  });

  it('loads no SDK for init', () => {
    expect(packagesWith('src/cli/commands/init.ts').filter((name) => name.startsWith('@aws'))).toEqual([]);
  });

  it('loads what draws on a terminal, talks to Elasticsearch and makes certificates only when it is called for', () => {
    const packages = packagesWith('src/cli/commands/up.ts');
    expect(packages).toContain('@aws-sdk/client-ec2');
    for (const late of ['ora', '@elastic/elasticsearch', '@peculiar/x509', 'reflect-metadata'])
      expect(packages).not.toContain(late);
  });

  it('leaves out what nobody calls', () => {
    const code = chunks.map((chunk) => chunk.code).join('\n');
    expect(code).toContain('DescribeVpcsRequest');
    expect(code).not.toContain('DescribeTransitGatewaysRequest');
  });

  it('needs nothing that is not in it but Node', () => {
    const ours = new Set(chunks.map((chunk) => chunk.fileName));
    const outside = chunks
      .flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports])
      // Node's own modules, also as older packages spell them: https for node:https.
      .filter((name) => !ours.has(name) && !isBuiltin(name));
    expect(outside).toEqual([]);
    // What CommonJS names without a declaration, and an ES module does not have.
    expect(chunks.filter((chunk) => /[^.\w](?:__filename|__dirname)\b/.test(chunk.code))).toEqual([]);
  });

  it('holds every module once, so that an error of the one is an error of the other', () => {
    const all = chunks.flatMap((chunk) => chunk.moduleIds).filter((id) => !id.startsWith('\0'));
    expect(all.filter((id, index) => all.indexOf(id) !== index)).toEqual([]);
  });

  it('has its files as deep below the package as src has those that look for templates', () => {
    expect(chunks.filter((chunk) => chunk.fileName.split('/').length !== 2)).toEqual([]);
  });

  it('says whose code it holds, and under which licences', () => {
    const text = String(notice.source);
    const packages = new Set(chunks.flatMap((chunk) => chunk.moduleIds.map(origin)).filter(isPackage));
    expect(packages.size).toBeGreaterThan(20);
    for (const name of packages)
      expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+\\S* \\(\\S+\\)$`, 'm'));
    expect(text).toContain('Permission is hereby granted, free of charge');
  });
});
