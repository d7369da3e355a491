import { readFile, writeFile } from 'node:fs/promises';

import type { SettingsConfig } from '../elasticsearch/settings.ts';
import { imageFor } from '../elasticsearch/versions.ts';
import { EsEcsError } from '../errors.ts';
import {
  buildArguments,
  buildEnvironment,
  credentialsFile,
  digestArguments,
  digestFile,
  digestOf,
  emptyCredentials,
  engineArguments,
  loginArguments,
  pushArguments,
} from './arguments.ts';
import type { Builder, BuildOrder, Credentials } from './arguments.ts';
import { requireBuilder } from './builder.ts';
import {
  copyArguments,
  createArguments,
  needsTwoBuilds,
  removeArguments,
  secondBuildArguments,
  stageArguments,
  writeSecondDockerfile,
} from './classic.ts';
import { buildContext, contentHash, platformOf, withTemporaryDirectory, writeContext } from './context.ts';
import type { Run, RunResult } from './run.ts';

/** How many lines of a program's output an error shows. */
const shownLines = 12;

/** What an image is made for. */
export interface ImageInput {
  readonly config: SettingsConfig;
  readonly architecture: 'x86_64' | 'arm64';
}

/** The tag of the image for a config: the hash of all that it is made of. */
export function imageTag(input: ImageInput): string {
  const files = buildContext(input.config);
  return contentHash(files, platformOf(input.architecture), imageFor(input.config.elasticsearch.version));
}

export interface ImageOrder {
  /** The repository, without a tag. */
  readonly repositoryUri: string;
  readonly tag: string;
  readonly architecture: 'x86_64' | 'arm64';
  readonly login: { readonly registry: string; readonly user: string; readonly password: string };
}

export interface ImageBuilderOptions {
  readonly config: SettingsConfig;
  readonly run: Run;
  /** es-ecs's own version. */
  readonly version: string;
  /** Each line of the build's output. */
  readonly onLine?: (line: string) => void;
}

/** Builds images with docker, podman or buildah, whichever is there, and pushes them. */
export interface ImageBuilder {
  /** @throws EsEcsError NO_IMAGE_BUILDER */
  check(): Promise<void>;
  /**
   * @returns the digest of the pushed manifest, `sha256:…`.
   * @throws EsEcsError IMAGE_BUILD with the last lines of the program's output.
   */
  buildAndPush(order: ImageOrder): Promise<{ readonly digest: string }>;
}

/** An image builder for one config; the program is looked for once. */
export function createImageBuilder(options: ImageBuilderOptions): ImageBuilder {
  let found: Promise<Builder> | undefined;
  const builder = (): Promise<Builder> => (found ??= requireBuilder(options.run));
  return {
    check: async () => {
      await builder();
    },
    buildAndPush: async (order) => {
      const reference = `${order.repositoryUri}:${order.tag}`;
      const program = await builder();
      await build(program, options, { ...order, reference });
      return { digest: await push(program, options, { ...order, reference }) };
    },
  };
}

type Referenced = ImageOrder & { readonly reference: string };

async function build(builder: Builder, options: ImageBuilderOptions, order: Referenced): Promise<void> {
  await withTemporaryDirectory('image', async (directory) => {
    await writeContext(buildContext(options.config), directory);
    const details: BuildOrder = {
      directory,
      platform: platformOf(order.architecture),
      baseImage: imageFor(options.config.elasticsearch.version),
      version: options.version,
      reference: order.reference,
    };
    const call = async (argv: readonly string[]): Promise<string> => {
      const result = await options.run(argv, {
        env: buildEnvironment(builder),
        ...(options.onLine === undefined ? {} : { onLine: options.onLine }),
      });
      expectSuccess(result, `${builder.program} cannot build ${order.reference}`);
      return result.stdout.trim();
    };
    if (needsTwoBuilds(builder, details)) await buildTwice(builder, details, call);
    else await call(buildArguments(builder, details));
  });
}

/** See `needsTwoBuilds`. */
async function buildTwice(
  builder: Builder,
  order: BuildOrder,
  call: (argv: readonly string[]) => Promise<string>,
): Promise<void> {
  await call(stageArguments(builder, order));
  const container = await call(createArguments(order));
  try {
    await call(copyArguments(container, order));
  } finally {
    await call(removeArguments(container));
  }
  await writeSecondDockerfile(order.directory);
  await call(secondBuildArguments(builder, order));
}

async function push(builder: Builder, options: ImageBuilderOptions, order: Referenced): Promise<string> {
  return withTemporaryDirectory('login', async (directory) => {
    const credentials = { directory };
    const { run } = options;
    const env = await engineEnvironment(builder, run);
    await writeFile(credentialsFile(builder, credentials), emptyCredentials(order.login.registry), {
      mode: 0o600,
    });
    expectSuccess(
      await run(loginArguments(builder, credentials, order.login), { stdin: order.login.password, env }),
      `${builder.program} cannot log in to ${order.login.registry}`,
    );
    expectSuccess(
      await run(pushArguments(builder, credentials, order.reference), {
        env,
        ...(options.onLine === undefined ? {} : { onLine: options.onLine }),
      }),
      `${builder.program} cannot push ${order.reference}`,
    );
    return pushedDigest(builder, run, { credentials, reference: order.reference });
  });
}

/** With a config directory of its own, Docker forgets the user's context: it is told which engine that one means. */
async function engineEnvironment(builder: Builder, run: Run): Promise<Readonly<Record<string, string>>> {
  if (builder.program !== 'docker') return {};
  const answer = await run(engineArguments);
  const host = answer.stdout.trim();
  return answer.exitCode === 0 && host !== '' ? { DOCKER_HOST: host } : {};
}

async function pushedDigest(
  builder: Builder,
  run: Run,
  pushed: { readonly credentials: Credentials; readonly reference: string },
): Promise<string> {
  if (builder.program !== 'docker') return (await readFile(digestFile(pushed.credentials), 'utf8')).trim();
  const result = await run(digestArguments(pushed.reference));
  expectSuccess(result, `docker does not know ${pushed.reference} after its push`);
  const digest = digestOf(result.stdout, pushed.reference);
  if (digest === undefined) {
    throw new EsEcsError('IMAGE_BUILD', `docker names no digest of ${pushed.reference} after its push`);
  }
  return digest;
}

function expectSuccess(result: RunResult, failure: string): void {
  if (result.exitCode === 0) return;
  const lines = `${result.stdout}\n${result.stderr}`
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  throw new EsEcsError('IMAGE_BUILD', `${failure} (exit ${result.exitCode})`, {
    hint: lines.slice(-shownLines),
  });
}
