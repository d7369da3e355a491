import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { execa } from 'execa';

import { elfHeader, type Machine } from './base-list.ts';
import { freePort, runScript, startScript } from './part.ts';

/** The user of every ECR login. */
export const registryUser = 'AWS';

/** A Docker engine and an image registry on loopback, both with nothing in them. */
export interface Docker {
  /** `unix:///…/docker.sock`, for DOCKER_HOST. */
  readonly dockerHost: string;
  /** `http://127.0.0.1:PORT`; its `/v2/` wants the user `AWS` and the password. */
  readonly registryUrl: string;
  /** `127.0.0.1:PORT`, the first part of an image's name there. */
  readonly registryHost: string;
  /** DOCKER_HOST, and a DOCKER_CONFIG of its own, so that a login stays out of the user's. */
  readonly environment: Readonly<Record<string, string>>;
  /** The docker command line against this engine. */
  run(args: readonly string[], options?: DockerRun): Promise<DockerResult>;
  /**
   * Tags a small stand-in as `docker.elastic.co/elasticsearch/elasticsearch:VERSION`, so that a build finds its base
   * and pulls nothing: a shell, the folders with their owners, and an `elasticsearch-plugin` that makes folders.
   * It serves nothing.
   *
   * @returns the image's name.
   */
  buildStandInBase(version: string, platform?: string): Promise<string>;
  /** Ends both and removes all they held; a second call does nothing. */
  stop(): Promise<void>;
}

export interface DockerRun {
  /** Standard input, e.g. the password of `login --password-stdin`. */
  readonly input?: string;
  readonly cwd?: string;
}

/** What the command line said; a failure is a result too, as some tests want one. */
export interface DockerResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Starts an engine and a registry of the test's own; installs Debian's packages where they are missing.
 *
 * @param password of the registry's user, as in the token that the account under test gives out.
 * @throws PartUnavailable without Linux, root or the packages; give this to `startPart`.
 */
export async function startDocker(password: string): Promise<Docker> {
  const port = await freePort();
  const script = await startScript('docker.sh', [String(port), registryUser], password);
  const folder = script.where;
  const environment = {
    DOCKER_HOST: `unix://${folder}/docker.sock`,
    DOCKER_CONFIG: path.join(folder, 'client'),
  };
  await mkdir(environment.DOCKER_CONFIG, { recursive: true });
  const run = async (args: readonly string[], options: DockerRun = {}): Promise<DockerResult> => {
    const result = await execa('docker', args, { ...options, env: environment, reject: false });
    return { exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
  };
  return {
    dockerHost: environment.DOCKER_HOST,
    registryUrl: `http://127.0.0.1:${port}`,
    registryHost: `127.0.0.1:${port}`,
    environment,
    run,
    buildStandInBase: (version, platform) => importBase(run, version, platform),
    stop: () => script.stop(),
  };
}

/** Elasticsearch's image as its Dockerfile describes it, as far as a build on top of it can tell. */
const baseSettings = [
  'USER 1000:0',
  'WORKDIR /usr/share/elasticsearch',
  'ENV PATH=/usr/share/elasticsearch/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'ENV ELASTIC_CONTAINER=true',
  'EXPOSE 9200 9300',
  'ENTRYPOINT ["/bin/tini", "--", "/usr/local/bin/docker-entrypoint.sh"]',
  'CMD ["eswrapper"]',
];

async function importBase(
  run: Docker['run'],
  version: string,
  platform: string | undefined,
): Promise<string> {
  const tar = await runScript('docker.sh', ['base']);
  const image = `docker.elastic.co/elasticsearch/elasticsearch:${version}`;
  const [, asked] = platform?.split('/') ?? [];
  const withJvm = await addProgram(tar, asked === 'arm64' ? 'arm64' : 'amd64');
  const result = await run([
    'import',
    ...(platform === undefined ? [] : ['--platform', platform]),
    ...baseSettings.flatMap((setting) => ['--change', setting]),
    withJvm.tar,
    image,
  ]);
  await withJvm.remove();
  if (result.exitCode !== 0) throw new Error(`the stand-in base was not imported: ${result.stderr}`);
  if (asked !== undefined) await relabel(run, image, asked);
  return image;
}

/** A copy of the stand-in's tar with a JVM for a kind of processor: its header, by which it is told what an image is for. */
async function addProgram(
  tar: string,
  machine: Machine,
): Promise<{ tar: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'es-ecs-base-'));
  const name = 'usr/share/elasticsearch/jdk/bin/java';
  await mkdir(path.join(folder, path.dirname(name)), { recursive: true });
  await writeFile(path.join(folder, name), elfHeader(machine), { mode: 0o755 });
  const copy = path.join(folder, 'base.tar');
  await copyFile(tar, copy);
  await execa('tar', ['-C', folder, '--numeric-owner', '--owner=0', '--group=0', '-rf', copy, `./${name}`]);
  return { tar: copy, remove: () => rm(folder, { recursive: true }) };
}

/**
 * Says of an image that it is for another kind of processor: `import --platform` of the classic engine takes the platform
 * and forgets it. But for the JVM, what is in it stays this machine's.
 */
async function relabel(run: Docker['run'], image: string, architecture: string): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'es-ecs-relabel-'));
  const tar = path.join(folder, 'image.tar');
  const tree = path.join(folder, 'image');
  const must = async (args: readonly string[]): Promise<void> => {
    const { exitCode, stderr } = await run(args);
    if (exitCode !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`);
  };
  try {
    await mkdir(tree);
    await must(['save', '--output', tar, image]);
    await execa('tar', ['-xf', tar, '-C', tree]);
    const manifest: unknown = JSON.parse(await readFile(path.join(tree, 'manifest.json'), 'utf8'));
    const [{ Config }] = manifest as [{ Config: string }]; // of the image specification, with the one image saved
    const file = path.join(tree, Config);
    const settings = JSON.parse(await readFile(file, 'utf8')) as object; // likewise
    await writeFile(file, JSON.stringify({ ...settings, architecture }));
    await execa('tar', ['-cf', tar, '-C', tree, '.']);
    await must(['load', '--input', tar]);
  } finally {
    await rm(folder, { recursive: true });
  }
}
