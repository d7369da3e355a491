import type { Platform } from './context.ts';

/** The programs that build images here. */
export type BuilderProgram = 'docker' | 'podman' | 'buildah';

/** A program that builds images, and what must be known of it to call it right. */
export interface Builder {
  readonly program: BuilderProgram;
  /**
   * Docker only: whether BuildKit is there (`docker buildx`). Without it, as with Debian's docker.io, it is the classic
   * builder, which knows no BUILDPLATFORM and refuses `FROM --platform=$BUILDPLATFORM` as an empty platform.
   */
  readonly buildKit: boolean;
  /** Where the engine runs, as in `linux/amd64`: the platform of the stage that is only copied from. */
  readonly platform: string;
}

export interface BuildOrder {
  /** The directory with the Dockerfile. */
  readonly directory: string;
  readonly platform: Platform;
  readonly baseImage: string;
  /** es-ecs's own version, for a label. */
  readonly version: string;
  /** `repository:tag`. */
  readonly reference: string;
  /**
   * Docker's classic builder only: the base is to be pulled though one of that name is there. It takes that one whatever it
   * was pulled for, and then finds that it "does not match the specified platform" (seen with 20.10).
   */
  readonly pulls?: boolean;
  /**
   * The names of variables that the build takes from the environment of its program, so that no password is on a command line. Docker,
   * podman and buildah know the names of proxies beforehand, and keep them out of the image and of its history ("Predefined ARGs").
   */
  readonly variables?: readonly string[];
}

/** Asks Docker for which platform the base is that it has. */
export function baseArguments(baseImage: string): readonly string[] {
  return ['docker', 'image', 'inspect', '--format', '{{.Os}}/{{.Architecture}}', baseImage];
}

/** Variables for a build: the classic builder must be asked for where BuildKit is missing. */
export function buildEnvironment(builder: Builder): Readonly<Record<string, string>> {
  return builder.program === 'docker' ? { DOCKER_BUILDKIT: builder.buildKit ? '1' : '0' } : {};
}

/** The command that builds the image into the engine's own store. */
export function buildArguments(builder: Builder, order: BuildOrder): readonly string[] {
  return [
    ...buildVerb(builder, order),
    '--platform',
    order.platform,
    '--build-arg',
    `BASE_IMAGE=${order.baseImage}`,
    '--build-arg',
    `PLUGIN_PLATFORM=${builder.platform}`,
    '--build-arg',
    `NODE_PLATFORM=${order.platform}`,
    '--build-arg',
    `ES_ECS_VERSION=${order.version}`,
    ...(order.variables ?? []).flatMap((name) => ['--build-arg', name]),
    '--tag',
    order.reference,
    order.directory,
  ];
}

function buildVerb(builder: Builder, order: BuildOrder): readonly string[] {
  switch (builder.program) {
    case 'docker':
      // One manifest and no index: ECS shows the digest that it runs, and it is to be the one that was pushed.
      return builder.buildKit
        ? ['docker', 'buildx', 'build', '--load', '--provenance=false', '--progress=plain']
        : ['docker', 'build', ...(order.pulls === true ? ['--pull'] : [])];
    case 'podman':
      // Docker's manifest type, which every registry takes.
      return ['podman', 'build', '--format', 'docker'];
    case 'buildah':
      return ['buildah', 'build', '--format', 'docker'];
  }
}

/** Where a login is kept: a directory of this run alone, so that neither the user's own logins nor a keychain are touched. */
export interface Credentials {
  readonly directory: string;
}

/** Docker's config file or the others' auth file in the private directory. */
export function credentialsFile(builder: Builder, credentials: Credentials): string {
  return `${credentials.directory}/${builder.program === 'docker' ? 'config.json' : 'auth.json'}`;
}

/**
 * What that file holds before the login. An entry, though empty: without any, Docker on macOS and Windows picks the
 * desktop's keychain for it.
 */
export function emptyCredentials(registry: string): string {
  return `${JSON.stringify({ auths: { [registry]: {} } })}\n`;
}

/** The login; the password comes on stdin and is in no list of processes. */
export function loginArguments(
  builder: Builder,
  credentials: Credentials,
  login: { readonly registry: string; readonly user: string },
): readonly string[] {
  const rest = ['--username', login.user, '--password-stdin', login.registry];
  if (builder.program === 'docker') return ['docker', '--config', credentials.directory, 'login', ...rest];
  return [builder.program, 'login', '--authfile', credentialsFile(builder, credentials), ...rest];
}

/** Asks podman or buildah which words its push knows. */
export function pushHelpArguments(builder: Builder): readonly string[] | undefined {
  return builder.program === 'docker' ? undefined : [builder.program, 'push', '--help'];
}

/**
 * The push. Podman and buildah are told manifest and compression once more: where containers.conf asks for zstd, they make OCI's of
 * it in spite of the build's `--format`, which not every version of what runs containers can read; and with `--format v2s2`
 * alone podman 4.3 fails ("zstd compression is not supported"). The rest is for layers that were pushed so before.
 *
 * @param help what `pushHelpArguments` has printed: a word that is not in it would be refused.
 */
export function pushArguments(
  builder: Builder,
  credentials: Credentials,
  pushed: { readonly reference: string; readonly help: string },
): readonly string[] {
  const { reference, help } = pushed;
  if (builder.program === 'docker') return ['docker', '--config', credentials.directory, 'push', reference];
  const known = (...words: readonly string[]): readonly string[] =>
    help.includes(words[0] ?? '') ? words : [];
  return [
    builder.program,
    'push',
    '--authfile',
    credentialsFile(builder, credentials),
    '--format',
    'v2s2',
    ...known('--compression-format', 'gzip'),
    ...known('--force-compression'),
    reference,
  ];
}

/** Asks where the engine runs; fails when no engine answers. */
export function platformArguments(program: BuilderProgram): readonly string[] {
  switch (program) {
    case 'docker':
      return ['docker', 'version', '--format', '{{.Server.Os}}/{{.Server.Arch}}'];
    case 'podman':
      return ['podman', 'info', '--format', '{{.Host.OS}}/{{.Host.Arch}}'];
    case 'buildah':
      return ['buildah', 'info', '--format', '{{.host.os}}/{{.host.arch}}'];
  }
}

/** Whether BuildKit can be called. */
export const buildKitArguments: readonly string[] = ['docker', 'buildx', 'version'];

/** Asks which engine Docker's current context (or DOCKER_HOST) means, as a private config directory knows no contexts. */
export const engineArguments: readonly string[] = [
  'docker',
  'context',
  'inspect',
  '--format',
  '{{.Endpoints.docker.Host}}',
];
