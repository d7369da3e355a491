import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const machine = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };

let folder: string;
let home: string;

/** What a user has: the package as `npm pack` makes it, installed where nothing else is. No registry is asked, as nothing else is needed. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'es-ecs-package-'));
  home = path.join(folder, 'home');
  await mkdir(home);
  const env = { ...machine, HOME: home };
  const npm = (words: readonly string[], cwd: string) => execa('npm', words, { cwd, env, extendEnv: false });
  const packed = await npm(['pack', '--ignore-scripts', '--json', '--pack-destination', folder], root);
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  await writeFile(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  await npm(['install', '--offline', '--ignore-scripts', '--no-audit', path.join(folder, filename)], folder);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Runs the installed program in a folder of its own. */
async function run(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const cwd = await mkdtemp(path.join(folder, 'work-'));
  return execa(path.join(folder, 'node_modules/.bin/es-ecs'), words, {
    cwd,
    env: { ...machine, HOME: home, ...environment },
    extendEnv: false,
    reject: false,
  });
}

describe('the package', () => {
  it('is installed without any other', async () => {
    const packages = (await readdir(path.join(folder, 'node_modules'))).filter(
      (name) => !name.startsWith('.'),
    );
    expect(packages).toEqual(['es-ecs']);
    const installed = path.join(folder, 'node_modules/es-ecs');
    expect((await readdir(installed)).sort()).toEqual(
      [
        ...['ARCHITECTURE.md', 'CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'],
        ...['bin', 'dist', 'docs', 'schema', 'templates'],
      ].sort(),
    );
    expect((await readdir(path.join(installed, 'dist'))).sort()).toEqual(
      expect.arrayContaining(['THIRD-PARTY.txt', 'chunks', 'cli', 'simulator']),
    );
  });

  it('says its version, and its commands', async () => {
    const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
      version: string;
    };
    for (const words of [['--version'], ['-V'], ['version']])
      expect(await run(words)).toMatchObject({ exitCode: 0, stdout: version, stderr: '' });
    expect((await run(['--help'])).stdout).toContain('destroy [options]');
  });

  it('takes a cluster up and down on the simulated account', async () => {
    const work = await mkdtemp(path.join(folder, 'work-'));
    const program = path.join(folder, 'node_modules/.bin/es-ecs');
    for (const command of ['up', 'up', 'destroy']) {
      const ended = await execa(program, [command, '--simulate', '--yes', '--json'], {
        cwd: work,
        env: { ...machine, HOME: home },
        extendEnv: false,
      });
      expect(JSON.parse(ended.stdout)).toHaveProperty('outcome');
    }
  });

  it('works where nothing can be kept: no home, and one that cannot be written to', async () => {
    const sealed = path.join(folder, 'sealed');
    await mkdir(sealed);
    await chmod(sealed, 0o500);
    // Root may write anywhere; under a file there is no folder even for him.
    const file = path.join(folder, 'file');
    await writeFile(file, '');
    for (const HOME of ['', sealed, file])
      expect(await run(['init'], { HOME })).toMatchObject({
        exitCode: 0,
        stderr: expect.stringMatching(/^next: es-ecs up/),
      });
  });

  it('tells a bug in the files that were written', async () => {
    const breaker =
      'const parse = JSON.parse; JSON.parse = () => { JSON.parse = parse; throw new Error("broken on purpose"); };';
    const ended = await run(['--help'], {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(breaker)}`,
    });
    expect(ended.exitCode).toBe(1);
    expect(ended.stderr).toContain('this is a bug in es-ecs');
    expect(ended.stderr).toMatch(/at ownVersion \(src\/cli\/own-version\.ts:\d+:\d+\)/);
    expect(ended.stderr).toMatch(
      /at execute \(src\/cli\/main\.ts:\d+:\d+\)|at async execute \(src\/cli\/main\.ts/,
    );
  });

  it('tells one that nobody waits for as well', async () => {
    // With the first word that the command says, something fails that it does not wait for.
    const thrower =
      'const { stderr } = process; const { write } = stderr; stderr.write = (...said) => { stderr.write = write; setImmediate(() => { throw new Error("from nowhere"); }); return write.apply(stderr, said); };';
    const ended = await run(['up', '--simulate', '--yes'], {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(thrower)}`,
    });
    expect(ended.exitCode).toBe(1);
    expect(ended.stderr).toMatch(/this is a bug in es-ecs.*\nError: from nowhere/);
  });

  it('gives programs the simulated account, with types that need no other package', async () => {
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
    const compile = async (file: string, more: object) => {
      const compilerOptions = { ...strict, ...more };
      await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
      return (await execa(process.execPath, [tsc, '-p', folder], { reject: false, all: true })).all;
    };
    await writeFile(path.join(folder, 'alone.ts'), "export * from 'es-ecs/simulator';");
    expect(await compile('alone.ts', { types: [], skipLibCheck: false })).toBe('');

    // The SDK is the user's own: another copy than the one in the bundle.
    for (const name of ['@aws-sdk', '@smithy', '@types', '@aws', 'bowser', 'tslib', 'undici-types'])
      await symlink(path.join(root, 'node_modules', name), path.join(folder, 'node_modules', name));
    await writeFile(path.join(folder, 'use.ts'), useOfTheSimulator);
    expect(await compile('use.ts', { types: ['node'], skipLibCheck: true })).toBe('');
    const used = await execa(process.execPath, [path.join(folder, 'out/use.js')], {
      reject: false,
      all: true,
    });
    expect(used.stdout).toBe('1 VPC; InvalidVpcID.NotFound; 3 calls');
  });
});

const strict = {
  target: 'es2023',
  lib: ['es2023', 'dom'],
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  outDir: 'out',
};

const useOfTheSimulator = `
import { CreateVpcCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { createSimulatedAccount, type SimulatedAccountOptions } from 'es-ecs/simulator';

let now = Date.parse('2026-01-01');
const clock: SimulatedAccountOptions['clock'] = {
  now: () => now,
  random: () => 0.5,
  sleep: async (ms) => {
    now += ms;
  },
  accompany: async () => {},
  hold: (work) => work,
};
const account = createSimulatedAccount({ clock });
const ec2 = new EC2Client({ region: 'eu-west-1', credentials: { accessKeyId: 'AKIA', secretAccessKey: 'none' } });
account.attach(ec2);
const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
now += 60_000;
const { Vpcs } = await ec2.send(new DescribeVpcsCommand({ VpcIds: [Vpc?.VpcId ?? ''] }));
let refused = '';
try {
  await ec2.send(new DescribeVpcsCommand({ VpcIds: ['vpc-00000000000000000'] }));
} catch (error) {
  refused = error instanceof Error ? error.name : String(error);
}
console.log(\`\${Vpcs?.length} VPC; \${refused}; \${account.calls.length} calls\`);
`;
