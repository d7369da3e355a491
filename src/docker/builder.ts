import { EsEcsError } from '../errors.ts';
import { buildKitArguments, platformArguments } from './arguments.ts';
import type { Builder, BuilderProgram } from './arguments.ts';
import { noSuchProgram } from './run.ts';
import type { Run } from './run.ts';

/** In the order in which they are tried. */
const programs: readonly BuilderProgram[] = ['docker', 'podman', 'buildah'];

/** The first program that can build, or undefined; `requireBuilder` says why. */
export async function findBuilder(run: Run): Promise<Builder | undefined> {
  const found = await look(run);
  return 'builder' in found ? found.builder : undefined;
}

/**
 * The first of docker, podman and buildah that is installed and whose engine answers. DOCKER_HOST, DOCKER_CONTEXT and
 * CONTAINER_HOST count, as the programs themselves read them.
 *
 * @throws EsEcsError NO_IMAGE_BUILDER
 */
export async function requireBuilder(run: Run): Promise<Builder> {
  const found = await look(run);
  if ('builder' in found) return found.builder;
  const { silent } = found;
  throw new EsEcsError(
    'NO_IMAGE_BUILDER',
    silent.length === 0
      ? 'none of docker, podman and buildah is installed'
      : silent.map(({ program, says }) => `${program} is installed and does not answer: ${says}`).join('; '),
    {
      hint: [
        silent.length === 0
          ? 'install docker, podman or buildah'
          : 'start the engine, or point DOCKER_HOST at one',
        'image: { uri: … } in es-ecs.yaml takes an image that exists already',
      ],
    },
  );
}

interface Silent {
  readonly program: BuilderProgram;
  readonly says: string;
}

async function look(
  run: Run,
): Promise<{ readonly builder: Builder } | { readonly silent: readonly Silent[] }> {
  const silent: Silent[] = [];
  for (const program of programs) {
    const answer = await run(platformArguments(program));
    const platform = /^\w+\/\w+$/.exec(answer.stdout.trim())?.[0];
    if (answer.exitCode === 0 && platform !== undefined) {
      return { builder: { program, platform, buildKit: program === 'docker' && (await hasBuildKit(run)) } };
    }
    if (answer.exitCode !== noSuchProgram) silent.push({ program, says: lastLine(answer.stderr) });
  }
  return { silent };
}

async function hasBuildKit(run: Run): Promise<boolean> {
  return (await run(buildKitArguments)).exitCode === 0;
}

function lastLine(text: string): string {
  const line = text.trim().split('\n').at(-1)?.trim() ?? '';
  return line === '' ? 'it says nothing' : line;
}
