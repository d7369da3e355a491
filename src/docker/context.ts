import { createHash } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { ec2Host } from '../aws/partitions.ts';
import type { SettingsConfig } from '../elasticsearch/settings.ts';
import { settings } from '../elasticsearch/settings.ts';
import { renderElasticsearchYml } from '../templates/elasticsearch-yml.ts';
import { readTemplate } from '../templates/render.ts';

/** A file of the build context. */
export interface ContextFile {
  /** Relative, with forward slashes. */
  readonly path: string;
  /** Permission bits, which the image takes over. */
  readonly mode: number;
  readonly content: string;
}

/** `linux/amd64` for x86, `linux/arm64` for Graviton. */
export type Platform = 'linux/amd64' | 'linux/arm64';

/** The platform of images for instances of an architecture, in EC2's words. */
export function platformOf(architecture: 'x86_64' | 'arm64'): Platform {
  return architecture === 'arm64' ? 'linux/arm64' : 'linux/amd64';
}

const plain = 0o644;
const executable = 0o755;

/** The part of the config that goes into the image. */
export type ImageConfig = Omit<SettingsConfig, 'ec2Host'> & { readonly region: string };

/** elasticsearch.yml as it lies in the image. */
export function elasticsearchYml(config: ImageConfig): string {
  return renderElasticsearchYml(settings({ ...config, ec2Host: ec2Host(config.region) }));
}

/** Everything that the image is built from, in a fixed order: the same config gives the same bytes. */
export function buildContext(config: ImageConfig): readonly ContextFile[] {
  const template = (name: string, mode: number): ContextFile => ({
    path: name,
    mode,
    content: readTemplate(name),
  });
  return [
    template('Dockerfile', plain),
    { path: 'elasticsearch.yml', mode: plain, content: elasticsearchYml(config) },
    template('entrypoint.sh', executable),
    template('es-ecs.options', plain),
    template('health.sh', executable),
  ];
}

/**
 * The image's tag: what it is made of, so that the same inputs are found again and never built twice. Twenty hex digits
 * of SHA-256 tell images of one repository apart; the task definition pins the digest.
 *
 * @param base the base image's reference, with its digest where it is known.
 */
export function contentHash(files: readonly ContextFile[], platform: Platform, base: string): string {
  const hash = createHash('sha256');
  const add = (part: string): void => {
    // The length first, so that no two lists of parts run together to the same bytes.
    hash.update(`${Buffer.byteLength(part)}:`).update(part);
  };
  add(platform);
  add(base);
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    add(file.path);
    add(file.mode.toString(8));
    add(file.content);
  }
  return hash.digest('hex').slice(0, 20);
}

/** Writes the build context into a directory. */
export async function writeContext(files: readonly ContextFile[], directory: string): Promise<void> {
  for (const file of files) {
    const target = path.join(directory, file.path);
    await writeFile(target, file.content, { mode: file.mode });
    // The umask may have taken bits away, which the image would then lack.
    await chmod(target, file.mode);
  }
}
