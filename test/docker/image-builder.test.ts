import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { findBuilder } from '../../src/docker/builder.ts';
import { createImageBuilder } from '../../src/docker/image-builder.ts';
import { noSuchProgram, runProgram } from '../../src/docker/run.ts';
import type { Run } from '../../src/docker/run.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'es-ecs-builder-'));
  mkdirSync(path.join(directory, 'bin'));
  mkdirSync(path.join(directory, 'tmp'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** A real program in a PATH that holds nothing else of its kind. It notes its arguments, stdin and what it is told of engines. */
function install(program: string, body: string): void {
  const file = path.join(directory, 'bin', program);
  const log = path.join(directory, 'log');
  writeFileSync(
    file,
    `#!/bin/bash\nexport PATH=/usr/bin:/bin\necho "${program} $* [$DOCKER_BUILDKIT|$DOCKER_HOST]" >>${log}\n${body}\n`,
  );
  chmodSync(file, 0o755);
}

/** execa finds programs in the PATH of the child's environment; the bin directory is all that it has. */
const run: Run = (argv, options = {}) => {
  const [program = '', ...rest] = argv;
  const file = path.join(directory, 'bin', program);
  return runProgram([file, ...rest], options);
};

const log = (): string => readFileSync(path.join(directory, 'log'), 'utf8');

const dockerBody = (buildx: number): string => `
case "$1 $2" in
  'version --format') echo linux/amd64 ;;
  'buildx version') exit ${buildx} ;;
  'buildx build' | 'build --platform') echo building; ls "\${!#}" >"${directory}/context"; echo done >&2 ;;
  'create r.example/x:abc-plugins') echo c0ffee ;;
  'context inspect') echo unix:///run/desktop.sock ;;
  'image inspect') echo '["r.example/x@sha256:${'c'.repeat(64)}"]' ;;
esac
if [[ $3 = login ]]; then cat >"${directory}/password"; cat "$2/config.json" >"${directory}/config"; stat -c %a "$2" >"${directory}/mode"; fi`;

const config = {
  name: 'search',
  region: 'eu-west-1',
  elasticsearch: { version: '9.4.6', settings: {} },
  bastion: { enabled: true },
  access: { endpoint: undefined },
};
const order = {
  repositoryUri: 'r.example/x',
  tag: 'abc',
  architecture: 'arm64',
  login: { registry: 'r.example', user: 'AWS', password: 'hush hush' },
} as const;

describe('the builder', () => {
  it('is undefined without any program, and the error says what to do', async () => {
    expect(await findBuilder(run)).toBeUndefined();
    await expect(createImageBuilder({ config, run, version: '1' }).check()).rejects.toMatchObject({
      code: 'NO_IMAGE_BUILDER',
      message: 'none of docker, podman and buildah is installed',
      hints: ['install docker, podman or buildah', expect.stringContaining('image: { uri')],
    });
  });

  it('is the first whose engine answers', async () => {
    install('docker', 'echo "Cannot connect to the Docker daemon" >&2; exit 1');
    await expect(createImageBuilder({ config, run, version: '1' }).check()).rejects.toMatchObject({
      code: 'NO_IMAGE_BUILDER',
      message: 'docker is installed and does not answer: Cannot connect to the Docker daemon',
    });
    install('buildah', '[[ $1 = info ]] && echo linux/arm64');
    expect(await findBuilder(run)).toEqual({ program: 'buildah', platform: 'linux/arm64', buildKit: false });
    install('docker', dockerBody(1));
    expect(await findBuilder(run)).toEqual({ program: 'docker', platform: 'linux/amd64', buildKit: false });
    install('docker', dockerBody(0));
    expect(await findBuilder(run)).toEqual({ program: 'docker', platform: 'linux/amd64', buildKit: true });
  });
});

describe('building and pushing', () => {
  it.each([
    ['BuildKit', 0, 'docker buildx build ', '[1|'],
    ['the classic builder', 1, 'docker build --platform linux/arm64 ', '[0|'],
  ])('with %s gives the digest and leaves no login behind', async (_name, buildx, verb, environment) => {
    install('docker', dockerBody(buildx));
    const lines: string[] = [];
    const builder = createImageBuilder({ config, run, version: '1', onLine: (line) => lines.push(line) });
    expect(await builder.buildAndPush(order)).toEqual({ digest: `sha256:${'c'.repeat(64)}` });

    const calls = log().trim().split('\n');
    const build = calls.find((call) => call.startsWith(verb));
    expect(build).toContain('--build-arg PLUGIN_PLATFORM=linux/amd64');
    expect(build).toContain('--platform linux/arm64');
    expect(build).toContain(environment);
    expect(readFileSync(path.join(directory, 'context'), 'utf8')).toContain('Dockerfile');
    expect(lines.filter((line) => line === 'done').length).toBe(buildx === 0 ? 1 : 2);

    expect(readFileSync(path.join(directory, 'password'), 'utf8')).toBe('hush hush');
    expect(log()).not.toContain('hush');
    expect(readFileSync(path.join(directory, 'config'), 'utf8')).toBe('{"auths":{"r.example":{}}}\n');
    expect(readFileSync(path.join(directory, 'mode'), 'utf8')).toBe('700\n');
    // The private config directory knows no contexts, so the engine is named.
    expect(calls.find((call) => call.includes(' push '))).toMatch(
      /push r\.example\/x:abc \[\|unix:\/\/\/run\/desktop\.sock\]$/,
    );
    const kept = readdirSync(tmpdir()).filter(
      (name) => log().includes(name) && name.startsWith('es-ecs-login'),
    );
    expect(kept).toEqual([]);
  });

  it('with podman reads the digest from its file', async () => {
    install(
      'podman',
      `case "$1" in info) echo linux/amd64 ;; push) echo sha256:${'d'.repeat(64)} >"$5" ;; login) cat >/dev/null ;; esac`,
    );
    expect(await createImageBuilder({ config, run, version: '1' }).buildAndPush(order)).toEqual({
      digest: `sha256:${'d'.repeat(64)}`,
    });
  });

  it('fails with the last lines of what the program said', async () => {
    install(
      'docker',
      `${dockerBody(1)}\n[[ $1 = build ]] && { seq 1 30; echo "no space left" >&2; exit 17; }; exit 0`,
    );
    await expect(createImageBuilder({ config, run, version: '1' }).buildAndPush(order)).rejects.toMatchObject(
      {
        code: 'IMAGE_BUILD',
        message: 'docker cannot build r.example/x:abc (exit 17)',
        hints: expect.arrayContaining(['30', 'no space left']),
      },
    );
    expect(log()).not.toContain('login');
  });

  it('fails without a digest, and on a refused login, with its words', async () => {
    install('docker', `[[ $3 = login ]] && { echo denied >&2; exit 1; }\n${dockerBody(1)}\nexit 0`);
    await expect(createImageBuilder({ config, run, version: '1' }).buildAndPush(order)).rejects.toMatchObject(
      {
        code: 'IMAGE_BUILD',
        message: 'docker cannot log in to r.example (exit 1)',
        hints: ['denied'],
      },
    );
    install('docker', `${dockerBody(1).replace('r.example/x@', 'other/x@')}\nexit 0`);
    await expect(createImageBuilder({ config, run, version: '1' }).buildAndPush(order)).rejects.toMatchObject(
      {
        code: 'IMAGE_BUILD',
        message: 'docker names no digest of r.example/x:abc after its push',
      },
    );
  });
});

describe('running a program', () => {
  it('gives its outputs and status, with stdin, environment and directory', async () => {
    const result = await runProgram(['bash', '-c', 'cat; echo " $X"; pwd; echo oops >&2; exit 3'], {
      stdin: 'in',
      env: { X: 'env' },
      cwd: '/',
    });
    expect(result).toEqual({ stdout: 'in env\n/', stderr: 'oops', exitCode: 3 });
  });

  it('says 127 for a program that does not exist, with and without a listener', async () => {
    expect((await runProgram(['/nowhere/program'])).exitCode).toBe(noSuchProgram);
    expect((await runProgram(['/nowhere/program'], { stdin: 'x', onLine: () => {} })).exitCode).toBe(
      noSuchProgram,
    );
  });

  it('hands on lines as they come', async () => {
    const lines: string[] = [];
    await runProgram(['bash', '-c', 'echo a; echo b >&2; printf c'], { onLine: (line) => lines.push(line) });
    expect(lines.sort()).toEqual(['a', 'b', 'c']);
  });

  it('ends when it is told to', async () => {
    const controller = new AbortController();
    const running = runProgram(['sleep', '20'], { signal: controller.signal });
    controller.abort(new Error('interrupted'));
    await expect(running).rejects.toThrow('interrupted');
  });
});
