import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { execa } from 'execa';

import { runScript } from './part.ts';

/** The kinds of processor, in the words of an image's platform, with what an ELF header calls them (`e_machine`). */
export const machines = { amd64: 0x3e, arm64: 0xb7 } as const;

/** A kind of processor as an image's platform calls it. */
export type Machine = keyof typeof machines;

const home = 'usr/share/elasticsearch';
/** Where the stand-in's JVM really is; the server's folder only has a link to it. */
const jvm = 'usr/lib/jvm/stand-in';
/** The file of a layer by which the two kinds of base are told apart. */
export const jvmProgram = `${jvm}/bin/java-of-this-processor`;

/** A repository of a registry that asks for no password. */
export interface OpenRepository {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly name: string;
  readonly tag: string;
}

/**
 * Pushes what Elasticsearch's own registry has: a list with an image for each kind of processor. All but the JVM is the stand-in
 * that runs on this machine, as a build runs one program of it, on its own processor. The JVM is an ELF header and nothing
 * else, of the image's processor, and lies behind two links, one of them absolute.
 */
export async function pushBaseList(repository: OpenRepository): Promise<void> {
  const tree = await readFile(await runScript('docker.sh', ['base']));
  const manifests = [];
  for (const machine of Object.keys(machines) as Machine[]) {
    const layers = [tree, await jvmLayer(machine)];
    const config = JSON.stringify({
      architecture: machine,
      os: 'linux',
      config: baseSettings,
      rootfs: { type: 'layers', diff_ids: layers.map(digestOf) },
      history: layers.map(() => ({ created_by: 'es-ecs stand-in' })),
    });
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: await pushBlob(repository, Buffer.from(config), mediaTypes.config),
      layers: await Promise.all(layers.map((layer) => pushBlob(repository, layer, mediaTypes.layer))),
    });
    const described = await pushManifest(repository, manifest, mediaTypes.manifest);
    manifests.push({ ...described, platform: { os: 'linux', architecture: machine } });
  }
  const list = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.list, manifests });
  await pushManifest(repository, list, mediaTypes.list);
}

const mediaTypes = {
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  list: 'application/vnd.docker.distribution.manifest.list.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar',
} as const;

/** As Elasticsearch's own Dockerfile leaves them. */
const baseSettings = {
  User: '1000:0',
  WorkingDir: `/${home}`,
  Env: [`PATH=/${home}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`],
  Entrypoint: ['/bin/tini', '--', '/usr/local/bin/docker-entrypoint.sh'],
  Cmd: ['eswrapper'],
};

async function jvmLayer(machine: Machine): Promise<Buffer> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'es-ecs-jvm-'));
  try {
    const bin = path.join(folder, jvm, 'bin');
    await mkdir(bin, { recursive: true });
    await mkdir(path.join(folder, home), { recursive: true });
    await writeFile(path.join(folder, jvmProgram), elfHeader(machine), { mode: 0o755 });
    await symlink(path.basename(jvmProgram), path.join(bin, 'java'));
    await rm(path.join(folder, home, 'jdk'), { force: true });
    await symlink(`/${jvm}`, path.join(folder, home, 'jdk'));
    const names = [jvm, `${home}/jdk`];
    const { stdout } = await execa(
      'tar',
      ['-C', folder, '--numeric-owner', '--owner=0', '-cf', '-', ...names],
      {
        encoding: 'buffer',
      },
    );
    return Buffer.from(stdout);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The 64 bytes with which a program of that processor begins (System V ABI, "ELF header"). */
export function elfHeader(machine: Machine): Buffer {
  const header = Buffer.alloc(64);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(3, 16);
  header.writeUInt16LE(machines[machine], 18);
  header.writeUInt32LE(1, 20);
  return header;
}

function digestOf(content: Buffer | string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

interface Described {
  readonly mediaType: string;
  readonly size: number;
  readonly digest: string;
}

/** As the distribution specification has it: a place for the upload, and the whole of it in one go. */
async function pushBlob(repository: OpenRepository, content: Buffer, mediaType: string): Promise<Described> {
  const digest = digestOf(content);
  const opened = await expected(
    fetch(`${repository.url}/v2/${repository.name}/blobs/uploads/`, { method: 'POST' }),
  );
  const place = new URL(opened.headers.get('location') ?? '', repository.url);
  place.searchParams.set('digest', digest);
  await expected(
    fetch(place, {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream' },
      body: new Uint8Array(content),
    }),
  );
  return { mediaType, size: content.length, digest };
}

async function pushManifest(repository: OpenRepository, body: string, mediaType: string): Promise<Described> {
  const digest = digestOf(body);
  // The list gets the tag, and what it names is known by digest alone.
  const reference = mediaType === mediaTypes.list ? repository.tag : digest;
  const url = `${repository.url}/v2/${repository.name}/manifests/${reference}`;
  await expected(fetch(url, { method: 'PUT', headers: { 'content-type': mediaType }, body }));
  return { mediaType, size: Buffer.byteLength(body), digest };
}

async function expected(asked: Promise<Response>): Promise<Response> {
  const answer = await asked;
  if (!answer.ok) throw new Error(`the registry says ${answer.status}: ${await answer.text()}`);
  return answer;
}
