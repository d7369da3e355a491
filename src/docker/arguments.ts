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
}

/** Variables for a build: the classic builder must be asked for where BuildKit is missing. */
export function buildEnvironment(builder: Builder): Readonly<Record<string, string>> {
  return builder.program === 'docker' ? { DOCKER_BUILDKIT: builder.buildKit ? '1' : '0' } : {};
}

/** The command that builds the image into the engine's own store. */
export function buildArguments(builder: Builder, order: BuildOrder): readonly string[] {
  return [
    ...buildVerb(builder),
    '--platform',
    order.platform,
    '--build-arg',
    `BASE_IMAGE=${order.baseImage}`,
    '--build-arg',
    `PLUGIN_PLATFORM=${builder.platform}`,
    '--build-arg',
    `ES_ECS_VERSION=${order.version}`,
    '--tag',
    order.reference,
    order.directory,
  ];
}

function buildVerb(builder: Builder): readonly string[] {
  switch (builder.program) {
    case 'docker':
      // One manifest and no index: ECS shows the digest that it runs, and it is to be the one that was pushed.
      return builder.buildKit
        ? ['docker', 'buildx', 'build', '--load', '--provenance=false', '--progress=plain']
        : ['docker', 'build'];
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

/** The push; podman and buildah write the digest into a file, Docker is asked for it afterwards. */
export function pushArguments(
  builder: Builder,
  credentials: Credentials,
  reference: string,
): readonly string[] {
  if (builder.program === 'docker') return ['docker', '--config', credentials.directory, 'push', reference];
  return [
    builder.program,
    'push',
    '--authfile',
    credentialsFile(builder, credentials),
    '--digestfile',
    digestFile(credentials),
    reference,
  ];
}

/** Where podman and buildah write the pushed manifest's digest. */
export function digestFile(credentials: Credentials): string {
  return `${credentials.directory}/digest`;
}

/** Asks Docker under which digests it knows an image. */
export function digestArguments(reference: string): readonly string[] {
  return ['docker', 'image', 'inspect', '--format', '{{json .RepoDigests}}', reference];
}

/**
 * The digest among what `digestArguments` printed: that of the reference's own repository, as an image that was pushed
 * elsewhere before is known there by another.
 */
export function digestOf(output: string, reference: string): string | undefined {
  const repository = repositoryOf(reference);
  for (const [, name, digest] of output.matchAll(/"([^"@]+)@(sha256:[0-9a-f]{64})"/g)) {
    if (name === repository) return digest;
  }
  return undefined;
}

/** A reference without its tag; a port is none. */
function repositoryOf(reference: string): string {
  const colon = reference.lastIndexOf(':');
  return colon > reference.lastIndexOf('/') ? reference.slice(0, colon) : reference;
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
