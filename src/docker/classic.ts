import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { invariant } from '../errors.ts';
import { buildArguments } from './arguments.ts';
import type { Builder, BuildOrder } from './arguments.ts';

/**
 * Docker's classic builder and an image for another platform than the engine's. It takes `FROM --platform`, but refuses
 * to copy out of a stage of another platform ("was found but does not match the specified platform", seen with 20.10).
 * So the stage with the plugin is built by itself, the plugin is taken out of it, and the second build copies it from
 * the context, by way of a stage that is from scratch and so of any platform.
 */
export function needsTwoBuilds(builder: Builder, order: BuildOrder): boolean {
  return builder.program === 'docker' && !builder.buildKit && builder.platform !== order.platform;
}

const pluginPath = '/usr/share/elasticsearch/plugins/discovery-ec2';
const pluginDirectory = 'discovery-ec2';
const secondDockerfile = 'Dockerfile.second';

/** The stage by itself, for the engine's own platform. */
export function stageArguments(builder: Builder, order: BuildOrder): readonly string[] {
  const whole = buildArguments(builder, { ...order, reference: stageReference(order) });
  return [...whole.slice(0, -1), '--target', 'plugins', order.directory].map((word, index, words) =>
    words[index - 1] === '--platform' ? builder.platform : word,
  );
}

/** A container of the stage, never started: only what has a container can be copied from. Its id is on stdout. */
export function createArguments(order: BuildOrder): readonly string[] {
  return ['docker', 'create', stageReference(order), 'none'];
}

/** Takes the plugin out of it into the build context. */
export function copyArguments(container: string, order: BuildOrder): readonly string[] {
  return ['docker', 'cp', `${container}:${pluginPath}`, path.join(order.directory, pluginDirectory)];
}

export function removeArguments(container: string): readonly string[] {
  return ['docker', 'rm', '--force', container];
}

/** The image itself, with the plugin from the context. */
export function secondBuildArguments(builder: Builder, order: BuildOrder): readonly string[] {
  const whole = buildArguments(builder, order);
  return [...whole.slice(0, -1), '--file', path.join(order.directory, secondDockerfile), order.directory];
}

/** Writes the second build's Dockerfile beside the first. */
export async function writeSecondDockerfile(directory: string): Promise<void> {
  const first = await readFile(path.join(directory, 'Dockerfile'), 'utf8');
  await writeFile(path.join(directory, secondDockerfile), withPluginFromContext(first));
}

/** The Dockerfile with its stage `plugins` in the second build's form. */
export function withPluginFromContext(dockerfile: string): string {
  const stage = /^FROM --platform=\S+ \S+ AS plugins\n(?:#.*\n)*RUN .*\n/m;
  invariant(stage.test(dockerfile), 'templates/Dockerfile has no stage "plugins" of one FROM and one RUN');
  return dockerfile.replace(stage, () => `FROM scratch AS plugins\nCOPY ${pluginDirectory} ${pluginPath}\n`);
}

function stageReference(order: BuildOrder): string {
  return `${order.reference}-plugins`;
}
