import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { jvmProgram, type Machine, machines, pushBaseList } from './support/base-list.ts';
import { registryUser, startDocker } from './support/docker.ts';
import { bridgeGaps } from './support/moto-gaps.ts';
import { awsEnvironment, motoRegistryPassword, startMoto } from './support/moto.ts';
import { freePort, runScript, startPart, startScript } from './support/part.ts';
import type { RunningScript } from './support/part.ts';
import { startProxy } from './support/proxy.ts';
import type { Proxy } from './support/proxy.ts';
import { imageStore } from './support/registry.ts';
import type { ImageStore } from './support/registry.ts';
import { openWorkplace } from './support/workplace.ts';

const version = '9.4.6';

/** Debian's packages. */
const packaged = ['docker', 'podman', 'buildah'] as const;
/** Minutes to build from their sources, each: tried where they are built already, and with ES_ECS_BUILDERS=all. */
const built = ['buildx', 'podman-new', 'buildah-new'] as const;
type Name = (typeof packaged)[number] | (typeof built)[number];
const buildsAll = process.env['ES_ECS_BUILDERS'] === 'all';
const names: Name[] = [...packaged];
for (const name of built) {
  if (buildsAll || (await runScript('builders.sh', ['built', name])) !== '') names.push(name);
  else process.stderr.write(`\nnot tried: ${name}; ES_ECS_BUILDERS=all builds it from source first\n\n`);
}

const moto = await startPart('moto, an AWS account on loopback', startMoto);
const docker = await startPart('a Docker engine with a registry', () => startDocker(motoRegistryPassword));
/** Where each program is; those that this machine cannot have are skipped loudly. */
const programs = new Map<Name, string>();
for (const name of names) {
  const found = await startPart(`the builder ${name}`, () =>
    name === 'docker' ? Promise.resolve('docker') : runScript('builders.sh', ['install', name]),
  );
  if (found !== undefined) programs.set(name, found);
}

/** A cluster with nodes of both kinds of processor, and as little around its images as there can be. */
function configOf(cluster: string): string {
  return `name: ${cluster}
region: eu-west-1
elasticsearch: { version: ${version} }
nodes:
  - { name: graviton, count: 1, instanceType: m7g.large }
  - { name: intel, count: 1, instanceType: m7i.large, roles: [data] }
network: { zones: 1, nat: none }
bastion: false
access: { endpoint: "https://127.0.0.1:9200" }
`;
}

afterAll(async () => {
  await Promise.all([moto?.stop(), docker?.stop()]);
});

/**
 * The base is a list in a registry, whose two images differ in a file. Every builder makes the images for both kinds of processor
 * of it, one after the other with the same store, as a person does who has built for the other before.
 */
describe.skipIf(moto === undefined || docker === undefined)('an image', () => {
  let folder: string;
  let open: RunningScript;
  let proxy: Proxy;
  let store: ImageStore;
  let openHost: string;
  let environment: Readonly<Record<string, string>>;

  beforeAll(async () => {
    if (moto === undefined || docker === undefined) throw new Error('skipped without an engine');
    folder = await mkdtemp(path.join(os.tmpdir(), 'es-ecs-builders-'));
    const [openPort, authPort] = [String(await freePort()), docker.registryHost.split(':')[1] ?? ''];
    open = await startScript('builders.sh', [folder, openPort, authPort]);
    openHost = `127.0.0.1:${openPort}`;
    const name = 'elasticsearch/elasticsearch';
    await pushBaseList({ url: `http://${openHost}`, name, tag: version });
    store = imageStore({
      url: docker.registryUrl,
      host: docker.registryHost,
      user: registryUser,
      password: motoRegistryPassword,
    });
    const bridge = bridgeGaps();
    proxy = await startProxy({
      target: moto.url,
      amend: bridge.amend,
      rewrite: async (answer, made, request) =>
        store.rewrite(await bridge.rewrite(answer, made, request), made, request),
    });
    await mkdir(path.join(folder, 'tmp'));
    environment = { ...awsEnvironment(proxy.url), ...docker.environment, TMPDIR: path.join(folder, 'tmp') };
  });

  afterAll(async () => {
    await proxy.stop();
    await open.stop();
    await rm(folder, { recursive: true, force: true });
  });

  for (const name of names) {
    it.skipIf(!programs.has(name))(`built with ${name} is for the processor that was asked for`, async () => {
      const repository = `es-ecs/${name}`;
      const workplace = await openWorkplace(environment);
      try {
        await workplace.write('es-ecs.yaml', configOf(name));
        const ended = await workplace.run(['up', '--no-wait', '--yes'], { PATH: await install(name) });
        expect(ended, ended.stderr).toMatchObject({ exitCode: 0 });
        const state = JSON.parse(await workplace.read('es-ecs.state.json')) as State; // our own
        const found = new Map<string, Found>();
        for (const tag of await store.tags(repository)) {
          const image = await lookAt(repository, tag);
          found.set(image.architecture, image);
        }
        expect([...found.keys()].sort()).toEqual(Object.keys(machines));
        for (const [address, machine] of [
          ['image/image', 'arm64'],
          ['image/image/x86_64', 'amd64'],
        ] as const) {
          const image = found.get(machine);
          expect(state.resources[address]?.id, address).toBe(image?.digest);
          expect(image, address).toMatchObject({
            mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
            machine: machines[machine],
          });
        }
        expect(await leftFolders()).toEqual([]);
        const gone = await workplace.run(['destroy', '--delete-data', '--yes']);
        expect(gone, gone.stderr).toMatchObject({ exitCode: 0 });
      } finally {
        await workplace.close();
      }
    });
  }

  interface State {
    readonly resources: Readonly<Record<string, { readonly id?: string }>>;
  }

  interface Found {
    readonly digest: string;
    readonly mediaType: string;
    /** What the image says of itself. */
    readonly architecture: string;
    /** What the ELF header of the JVM in its layers says. */
    readonly machine: number;
  }

  async function lookAt(repository: string, tag: string): Promise<Found> {
    const manifest = await store.manifest(repository, tag);
    const body = manifest?.body ?? '';
    const { mediaType, config, layers } = JSON.parse(body) as ImageManifest; // of the image specification
    const settings = JSON.parse(await store.blob(repository, config.digest)) as { architecture: Machine }; // likewise
    const programsFound = [];
    for (const layer of layers) {
      const tar = plain(await store.bytes(repository, layer.digest));
      const program = await execa('tar', ['-xOf', '-', '--wildcards', `*${jvmProgram}`], {
        input: tar,
        encoding: 'buffer',
        reject: false,
      });
      if (program.exitCode === 0 && program.stdout.length > 0)
        programsFound.push(Buffer.from(program.stdout));
    }
    expect(programsFound).toHaveLength(1);
    return {
      digest: `sha256:${createHash('sha256').update(body).digest('hex')}`,
      mediaType,
      architecture: settings.architecture,
      machine: programsFound[0]?.readUInt16LE(18) ?? 0,
    };
  }

  interface ImageManifest {
    readonly mediaType: string;
    readonly config: { readonly digest: string };
    readonly layers: readonly { readonly digest: string }[];
  }

  function plain(layer: Buffer): Buffer {
    return layer.readUInt16BE(0) === 0x1f8b ? gunzipSync(layer) : layer;
  }

  /** What es-ecs has left of its own among temporary files: a login, above all. */
  async function leftFolders(): Promise<readonly string[]> {
    return (await readdir(path.join(folder, 'tmp'))).filter((name) => name.startsWith('es-ecs-'));
  }

  /**
   * A folder for PATH in which the program is the only one that builds. Docker takes Elasticsearch's registry by another name,
   * as it lets no one stand in for one that needs a certificate; podman and buildah have a setting for it.
   */
  async function install(name: Name): Promise<string> {
    const program = programs.get(name) ?? '';
    const bin = path.join(folder, `bin-${name}`);
    await mkdir(bin, { recursive: true });
    const begin = `#!/bin/bash\nexport PATH='${process.env['PATH'] ?? ''}'\n`;
    const script =
      name === 'docker' || name === 'buildx'
        ? await dockerScript(name, program)
        : containersScript(name, program);
    const file = path.join(bin, name === 'buildx' ? 'docker' : name.replace('-new', ''));
    await writeFile(file, begin + script);
    await chmod(file, 0o755);
    return bin;
  }

  async function dockerScript(name: 'docker' | 'buildx', program: string): Promise<string> {
    const base = `words=("\${@//docker.elastic.co/${openHost}}")\n`;
    // Debian's docker.io has no buildx, but the machine's client may.
    if (name === 'docker') return `[[ $1 != buildx ]] || exit 1\n${base}exec docker "\${words[@]}"\n`;
    const plugins = path.join(folder, 'client', 'cli-plugins');
    await mkdir(plugins, { recursive: true });
    await symlink(program, path.join(plugins, 'docker-buildx'));
    // The engine of these tests has no bridge, and BuildKit wants one.
    return `export DOCKER_CONFIG='${path.dirname(plugins)}'\n${base}
[[ "$1 $2" != 'buildx build' ]] || words=(buildx build --network host "\${words[@]:2}")
exec docker "\${words[@]}"\n`;
  }

  function containersScript(name: Name, program: string): string {
    return `export CONTAINERS_CONF='${folder}/containers.conf' CONTAINERS_STORAGE_CONF='${folder}/storage-${name}.conf'
export CONTAINERS_REGISTRIES_CONF='${folder}/registries.conf' BUILDAH_ISOLATION=chroot
# Buildah's login alone does not read there that a registry has no certificate.
[[ $1 != login ]] || set -- login --tls-verify=false "\${@:2}"
exec '${program}' "$@"\n`;
  }
});
