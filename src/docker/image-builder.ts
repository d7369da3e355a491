import { writeFile } from 'node:fs/promises';

import { imageFor } from '../elasticsearch/versions.ts';
import { EsEcsError } from '../errors.ts';
import type { ProxySettings } from '../proxy/settings.ts';
import {
  baseArguments,
  buildArguments,
  buildEnvironment,
  credentialsFile,
  emptyCredentials,
  engineArguments,
  loginArguments,
  pushArguments,
  pushHelpArguments,
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
import { buildContext, contentHash, type ImageConfig, platformOf, writeContext } from './context.ts';
import { expectSuccess } from './failure.ts';
import { expectPlatform, extractionOf } from './processor.ts';
import type { Run, RunOptions } from './run.ts';

/** What an image is made for. */
export interface ImageInput {
  readonly config: ImageConfig;
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
  readonly config: ImageConfig;
  readonly run: Run;
  /** Works in a folder that only this user reads, and that is gone when the work is over, however it ends. */
  readonly inFolder: <Result>(
    purpose: 'image' | 'login',
    work: (folder: string) => Promise<Result>,
  ) => Promise<Result>;
  /** es-ecs's own version. */
  readonly version: string;
  /** Each line of the build's output. */
  readonly onLine?: (line: string) => void;
  /** Ends a build or a push that is under way. */
  readonly signal?: AbortSignal;
  /** The proxies that a build goes through: neither a container engine nor elasticsearch-plugin looks at the environment by itself. */
  readonly proxies?: Pick<ProxySettings, 'variables' | 'redact'>;
}

/** Builds images with docker, podman or buildah, whichever is there, and pushes them. */
export interface ImageBuilder {
  /** @throws EsEcsError NO_IMAGE_BUILDER */
  check(): Promise<void>;
  /**
   * The digest is what the registry says of the tag afterwards: no program can be asked for it. Podman and docker on podman's
   * socket tell that of their own store, and an older remote podman none (containers/podman issue 18216).
   *
   * @throws EsEcsError IMAGE_BUILD with the cause and the last lines of the program's output; INTERRUPTED.
   */
  buildAndPush(order: ImageOrder): Promise<void>;
}

/** An image builder for one config; the program is looked for once. */
export function createImageBuilder(given: ImageBuilderOptions): ImageBuilder {
  const options = { ...given, run: withoutPasswords(given.run, given.proxies) };
  let found: Promise<Builder> | undefined;
  const builder = (): Promise<Builder> => (found ??= requireBuilder(options.run));
  const inTurn = turns();
  return {
    check: async () => {
      await builder();
    },
    buildAndPush: async (order) => {
      const making = makingOf(await builder(), options, order);
      await options.inFolder('login', async (directory) => {
        const credentials = { directory };
        // First, as it may be refused: not after a build and 700 MB.
        const env = await logIn(making, credentials, order.login);
        const building = (): Promise<void> => options.inFolder('image', (folder) => build(making, folder));
        await (sharesBases(making.builder) ? inTurn(building) : building());
        await options.inFolder('image', (folder) => lookInside(making, folder));
        await push(making, credentials, env);
      });
    },
  };
}

/**
 * Whether the bases of all processors share one name in the builder's store, and the one that is pulled later takes it from the other:
 * a build that stands on that then finds the wrong one, or none ("image not known": buildah 1.28 in two builds at once).
 */
function sharesBases(builder: Builder): boolean {
  return builder.program !== 'docker' || !builder.buildKit;
}

/** Works begin one after the other, whatever becomes of the one before. */
function turns(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
}

/** What a program says may name its proxy, with the password: that is heard nowhere. */
function withoutPasswords(run: Run, proxies: ImageBuilderOptions['proxies']): Run {
  if (proxies === undefined) return run;
  const { redact } = proxies;
  return async (argv, more = {}) => {
    const { onLine } = more;
    const heard =
      onLine === undefined
        ? more
        : {
            ...more,
            onLine: (line: string) => {
              onLine(redact(line));
            },
          };
    const { stdout, stderr, exitCode } = await run(argv, heard);
    return { stdout: redact(stdout), stderr: redact(stderr), exitCode };
  };
}

/** One image on its way. */
interface Making {
  readonly builder: Builder;
  readonly options: ImageBuilderOptions;
  readonly reference: string;
  readonly order: Omit<BuildOrder, 'directory'>;
  /**
   * Runs a program that must succeed.
   *
   * @param how `to` is what it is for, as in "cannot push …"; `always`: also once the run has been told to stop.
   * @returns what it printed.
   */
  call(argv: readonly string[], how: Call): Promise<string>;
}

interface Call extends RunOptions {
  readonly to: string;
  readonly always?: true;
}

function makingOf(builder: Builder, options: ImageBuilderOptions, order: ImageOrder): Making {
  const reference = `${order.repositoryUri}:${order.tag}`;
  const baseImage = imageFor(options.config.elasticsearch.version);
  const { onLine, signal } = options;
  return {
    builder,
    options,
    reference,
    order: {
      platform: platformOf(order.architecture),
      baseImage,
      version: options.version,
      reference,
      ...(options.proxies === undefined ? {} : { variables: options.proxies.variables }),
    },
    call: async (argv, { to, always, ...how }) => {
      const result = await stoppable(always === true ? undefined : signal, (ending) =>
        options.run(argv, {
          ...how,
          ...(ending === undefined ? {} : { signal: ending }),
          ...(onLine === undefined ? {} : { onLine }),
        }),
      );
      const failure = `${builder.program} cannot ${to}`;
      expectSuccess(result, { program: builder.program, failure, baseImage });
      return result.stdout.trim();
    },
  };
}

/** @throws EsEcsError INTERRUPTED in the place of what a program says that was ended */
async function stoppable<Result>(
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal | undefined) => Promise<Result>,
): Promise<Result> {
  try {
    return await work(signal);
  } catch (cause) {
    if (signal?.aborted !== true) throw cause;
    throw new EsEcsError('INTERRUPTED', 'interrupted: the image is not pushed', {
      cause,
      hint: 'run the same command again to go on',
    });
  }
}

/** @returns variables for the push. */
async function logIn(
  making: Making,
  credentials: Credentials,
  login: ImageOrder['login'],
): Promise<Readonly<Record<string, string>>> {
  const { builder, options } = making;
  const env = await engineEnvironment(builder, options.run);
  await writeFile(credentialsFile(builder, credentials), emptyCredentials(login.registry), { mode: 0o600 });
  await making.call(loginArguments(builder, credentials, login), {
    to: `log in to ${login.registry}`,
    stdin: login.password,
    env,
  });
  return env;
}

async function build(making: Making, directory: string): Promise<void> {
  const { builder, options } = making;
  await writeContext(buildContext(options.config), directory);
  const order: BuildOrder = { ...making.order, directory };
  if (needsTwoBuilds(builder, order)) await buildTwice(making, order);
  else await callBuilder(making, buildArguments(builder, await withPull(making, order, order.platform)));
}

/** Whether the classic builder must be told to pull, for a build on a base of that platform. */
async function withPull(making: Making, order: BuildOrder, platform: string): Promise<BuildOrder> {
  const { builder, options } = making;
  if (builder.program !== 'docker' || builder.buildKit) return order;
  const found = await options.run(baseArguments(order.baseImage));
  // One that is not there is pulled anyway; one of the platform need not be, so that it can be put there by hand.
  return { ...order, pulls: found.exitCode === 0 && found.stdout.trim() !== platform };
}

function callBuilder(making: Making, argv: readonly string[], always?: true): Promise<string> {
  return making.call(argv, {
    to: `build ${making.reference}`,
    env: buildEnvironment(making.builder),
    ...(always === undefined ? {} : { always }),
  });
}

/** See `needsTwoBuilds`. */
async function buildTwice(making: Making, order: BuildOrder): Promise<void> {
  const { builder } = making;
  await callBuilder(making, stageArguments(builder, await withPull(making, order, builder.platform)));
  const container = await callBuilder(making, createArguments(order));
  try {
    await callBuilder(making, copyArguments(container, order));
  } finally {
    await callBuilder(making, removeArguments(container), true);
  }
  await writeSecondDockerfile(order.directory);
  const second = await withPull(making, order, order.platform);
  await callBuilder(making, secondBuildArguments(builder, second));
}

/** See processor.ts and decision 21. */
async function lookInside(making: Making, folder: string): Promise<void> {
  const { builder, reference, order } = making;
  const to = `look into ${reference}`;
  const { open, take, close, file } = await extractionOf(builder, { ...order, folder });
  const opened = (await making.call(open, { to })).split('\n').at(-1) ?? '';
  try {
    if (take !== undefined) await making.call(take(opened), { to });
    await expectPlatform(file, { ...order, builder });
  } finally {
    // What it says does not matter: the image has been looked into.
    await making.options.run(close(opened));
  }
}

async function push(
  making: Making,
  credentials: Credentials,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const { builder, options, reference } = making;
  const asked = pushHelpArguments(builder);
  const help = asked === undefined ? '' : (await options.run(asked)).stdout;
  await making.call(pushArguments(builder, credentials, { reference, help }), {
    to: `push ${reference}`,
    env,
  });
}

/** With a config directory of its own, Docker forgets the user's context: it is told which engine that one means. */
async function engineEnvironment(builder: Builder, run: Run): Promise<Readonly<Record<string, string>>> {
  if (builder.program !== 'docker') return {};
  const answer = await run(engineArguments);
  const host = answer.stdout.trim();
  return answer.exitCode === 0 && host !== '' ? { DOCKER_HOST: host } : {};
}
