import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { inPrivateFolder } from '../../src/cli/private-folder.ts';
import { isAlive } from '../../src/cli/terminal.ts';
import { findBuilder } from '../../src/docker/builder.ts';
import { createImageBuilder } from '../../src/docker/image-builder.ts';
import type { ImageBuilder, ImageBuilderOptions } from '../../src/docker/image-builder.ts';
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

/** The first bytes of a program: ELF, 64 bits, little-endian, for the machine of that number. */
const elf = (machine: number): string =>
  String.raw`'\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x${machine.toString(16)}\0'`;
const [amd64, arm64] = [elf(0x3e), elf(0xb7)];

const dockerBody = (buildx: number, java: string = arm64): string => `
build() { echo building; ls "\${!#}" >"${directory}/context"; echo done >&2; }
# As the classic builder does: what is there is taken, whatever it is for; what is pulled is for what was asked.
takeBase() {
  asked=$(grep -o 'linux/[a-z0-9]*' <<<"$*" | head -n 1)
  if [[ $2 != --pull && -e "${directory}/base" && $(cat "${directory}/base") != "$asked" ]]; then
    echo 'image with reference base was found but does not match the specified platform' >&2; exit 1
  fi
  echo "$asked" >"${directory}/base"
}
case "$1 $2" in
  'version --format') echo linux/amd64 ;;
  'buildx version') exit ${buildx} ;;
  'image inspect') cat "${directory}/base" || exit 1 ;;
  'build --platform' | 'build --pull') takeBase "$@"; build "$@" ;;
  'buildx build') build "$@" ;;
  'create r.example/x:abc-plugins') echo c0ffee ;;
  'create r.example/x:abc') echo a warning of the platform >&2; echo decaf ;;
  'cp --follow-link') [[ $3 = decaf:/usr/share/elasticsearch/jdk/bin/java ]] && printf ${java} >"$4" ;;
  'context inspect') echo unix:///run/desktop.sock ;;
esac
if [[ $3 = login ]]; then cat >"${directory}/password"; cat "$2/config.json" >"${directory}/config"; stat -c '%a %n' "$2" >"${directory}/mode"; fi`;

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

function builderOf(more: Partial<ImageBuilderOptions> = {}): ImageBuilder {
  return createImageBuilder({ config, run, inFolder: inPrivateFolder, version: '1', ...more });
}

/** The folder of the login, as the program saw it; it must be gone. */
function loginFolder(): string {
  const [mode, folder = ''] = readFileSync(path.join(directory, 'mode'), 'utf8').trim().split(' ');
  expect(mode).toBe('700');
  expect(path.basename(folder)).toMatch(new RegExp(`^es-ecs-login-${process.pid}-`));
  return folder;
}

describe('the builder', () => {
  it('is undefined without any program, and the error says what to do', async () => {
    expect(await findBuilder(run)).toBeUndefined();
    await expect(builderOf().check()).rejects.toMatchObject({
      code: 'NO_IMAGE_BUILDER',
      message: 'none of docker, podman and buildah is installed',
      hints: ['install docker, podman or buildah', expect.stringContaining('image: { uri')],
    });
  });

  it('is the first whose engine answers', async () => {
    install('docker', 'echo "Cannot connect to the Docker daemon" >&2; exit 1');
    await expect(builderOf().check()).rejects.toMatchObject({
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
    ['the classic builder', 1, 'docker build --pull --platform linux/arm64 ', '[0|'],
  ])(
    'with %s logs in, builds, looks inside, pushes, and leaves no login behind',
    async (_name, buildx, verb, environment) => {
      install('docker', dockerBody(buildx));
      const lines: string[] = [];
      await builderOf({ onLine: (line) => lines.push(line) }).buildAndPush(order);

      const calls = log().trim().split('\n');
      const build = calls.find((call) => call.startsWith(verb));
      expect(build).toContain(
        '--build-arg PLUGIN_PLATFORM=linux/amd64 --build-arg NODE_PLATFORM=linux/arm64',
      );
      expect(build).toContain('--platform linux/arm64');
      expect(build).toContain(environment);
      expect(readFileSync(path.join(directory, 'context'), 'utf8')).toContain('Dockerfile');
      expect(lines.filter((line) => line === 'done').length).toBe(buildx === 0 ? 1 : 2);

      expect(readFileSync(path.join(directory, 'password'), 'utf8')).toBe('hush hush');
      expect(log()).not.toContain('hush');
      expect(readFileSync(path.join(directory, 'config'), 'utf8')).toBe('{"auths":{"r.example":{}}}\n');
      // The private config directory knows no contexts, so the engine is named.
      expect(calls.find((call) => call.includes(' push '))).toMatch(
        /push r\.example\/x:abc \[\|unix:\/\/\/run\/desktop\.sock\]$/,
      );
      const sequence = [
        'login',
        ' build ',
        'create r.example/x:abc ',
        'cp --follow-link',
        'rm --force decaf',
        ' push ',
      ];
      const places = sequence.map((word) => calls.findIndex((call) => call.includes(word)));
      expect(places, log()).toEqual([...places].sort((a, b) => a - b));
      expect(places).not.toContain(-1);
      expect(existsSync(loginFolder())).toBe(false);
    },
  );

  it('with the classic builder pulls the base of the platform where another one is there', async () => {
    install('docker', dockerBody(1));
    await builderOf().buildAndPush(order);
    await builderOf()
      .buildAndPush({ ...order, architecture: 'x86_64' })
      .catch(() => undefined);
    await builderOf().buildAndPush(order);
    const builds = log()
      .split('\n')
      .flatMap((line) => /^docker build (?:--pull )?--platform \S+/.exec(line) ?? []);
    expect(builds).toEqual([
      'docker build --platform linux/amd64',
      'docker build --pull --platform linux/arm64',
      'docker build --pull --platform linux/amd64',
      'docker build --platform linux/amd64',
      'docker build --pull --platform linux/arm64',
    ]);
  });

  it.each([
    ['podman', 1],
    ['docker', 2],
  ])('with %s builds for %d processors at once', async (program, most) => {
    let building = 0;
    let atOnce = 0;
    const builder = builderOf({
      run: async ([called, ...words]) => {
        if (called !== program) return { exitCode: noSuchProgram, stdout: '', stderr: '' };
        if (words.some((word) => word === 'build') && words.length > 2) {
          building += 1;
          atOnce = Math.max(atOnce, building);
          // Where they may be at it at once, each waits for the other.
          do await new Promise((wake) => setTimeout(wake, 5));
          while (atOnce < most);
          building -= 1;
        }
        return { exitCode: 0, stdout: 'linux/amd64', stderr: '' };
      },
    });
    const both = [order, { ...order, architecture: 'x86_64', tag: 'def' } as const];
    const ended = await Promise.allSettled(both.map((one) => builder.buildAndPush(one)));
    // Nothing was built that could be looked into.
    expect(ended.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(atOnce).toBe(most);
  });

  it('with podman and buildah gets at the file as each can', async () => {
    const told = 'info) echo linux/amd64 ;; login) cat >/dev/null ;;';
    install('podman', `case "$1" in ${told} create) echo c1 ;; cp) printf ${arm64} >"$3" ;; esac`);
    await builderOf().buildAndPush(order);
    expect(log()).toMatch(/podman push --authfile \S+ --format v2s2 r\.example\/x:abc /);
    expect(log()).toContain('podman rm --force c1');
    rmSync(path.join(directory, 'bin', 'podman'));
    const look = `cat "$6/Dockerfile" >"${directory}/look"; mkdir "$6/out"; printf ${arm64} >"$6/out/java"; echo STEP; echo 1mage`;
    install('buildah', `case "$1" in ${told} build) [[ $4 = --output ]] && { ${look}; } ;; esac; exit 0`);
    await builderOf().buildAndPush(order);
    expect(readFileSync(path.join(directory, 'look'), 'utf8')).toBe(
      'FROM scratch\nCOPY --from=r.example/x:abc /usr/share/elasticsearch/jdk/bin/java /java\n',
    );
    expect(log()).toContain('buildah rmi 1mage');
    expect(log()).toMatch(/buildah push --authfile \S+ --format v2s2 r\.example\/x:abc /);
  });

  it.each([
    ['another processor', amd64, 'linux/amd64'],
    ['a processor that no host has', elf(0xf3), 'no processor that es-ecs knows'],
    ['no program at all', 'plain', 'no processor that es-ecs knows'],
  ])('pushes nothing that is for %s', async (_name, java, found) => {
    install('docker', dockerBody(0, java));
    await expect(builderOf().buildAndPush(order)).rejects.toMatchObject({
      code: 'IMAGE_BUILD',
      message: `r.example/x:abc is for linux/arm64, but docker has built it with programs for ${found}: it is not pushed`,
      hints: [
        'docker image rm --force r.example/x:abc docker.elastic.co/elasticsearch/elasticsearch:9.4.6  then es-ecs up builds it from nothing',
        expect.stringContaining('docker with buildx'),
      ],
    });
    expect(log()).not.toContain(' push ');
    expect(log()).toContain('docker rm --force decaf');
    expect(existsSync(loginFolder())).toBe(false);
  });

  it('pushes nothing that cannot be looked into', async () => {
    install(
      'docker',
      `[[ $1 = cp ]] && { echo 'Error: No such container:path' >&2; exit 1; }\n${dockerBody(0)}`,
    );
    await expect(builderOf().buildAndPush(order)).rejects.toMatchObject({
      code: 'IMAGE_BUILD',
      message: 'docker cannot look into r.example/x:abc (exit 1): Error: No such container:path',
    });
    expect(log()).not.toContain(' push ');
  });

  it('logs in first: a refusal comes before the build', async () => {
    install('docker', `[[ $3 = login ]] && { echo denied >&2; exit 1; }\n${dockerBody(1)}\nexit 0`);
    await expect(builderOf().buildAndPush(order)).rejects.toMatchObject({
      code: 'IMAGE_BUILD',
      message: 'docker cannot log in to r.example (exit 1): denied',
      hints: [expect.stringContaining('docs/permissions.md'), 'denied'],
    });
    expect(log()).not.toContain('--build-arg');
  });

  it('ends a push when the run is stopped, and takes the login away', async () => {
    const pid = path.join(directory, 'pid');
    // The program is replaced by what sleeps: what is asked below is whether that very process is gone.
    install(
      'docker',
      `[[ $3 = push ]] && { echo $$ >"${pid}"; echo pushing; exec sleep 60; }\n${dockerBody(0)}`,
    );
    const stop = new AbortController();
    const onLine = (line: string): void => {
      if (line === 'pushing') stop.abort();
    };
    await expect(builderOf({ signal: stop.signal, onLine }).buildAndPush(order)).rejects.toMatchObject({
      code: 'INTERRUPTED',
      message: 'interrupted: the image is not pushed',
    });
    expect(isAlive(Number(readFileSync(pid, 'utf8')))).toBe(false);
    expect(existsSync(loginFolder())).toBe(false);
  });

  it('takes away what a stopped build has opened', async () => {
    install('docker', `[[ $1 = cp ]] && { echo copying; exec sleep 60; }\n${dockerBody(0)}`);
    const stop = new AbortController();
    const onLine = (line: string): void => {
      if (line === 'copying') stop.abort();
    };
    await expect(builderOf({ signal: stop.signal, onLine }).buildAndPush(order)).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    expect(log()).toContain('docker rm --force decaf');
    expect(log()).not.toContain(' push ');
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
