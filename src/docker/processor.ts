import { open, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { EsEcsError } from '../errors.ts';
import type { Builder } from './arguments.ts';
import type { Platform } from './context.ts';

/**
 * Looks into an image before it is pushed: what its programs are made for, whatever its label says. Builders have put the files of
 * one processor under the label of another (containers/buildah issue 4742), and a tag of the repository cannot be taken back.
 */

/** The program that is looked at: the JVM of the server, which every image of Elasticsearch has here, or a link to it. */
const program = '/usr/share/elasticsearch/jdk/bin/java';

/** `e_machine` of the processors that nodes have (System V ABI; the numbers are the Linux kernel's in elf-em.h). */
const processors: Readonly<Record<number, Platform>> = { 62: 'linux/amd64', 183: 'linux/arm64' };

/** The part of an ELF header that ends with `e_machine`. */
const elfBytes = 20;

/** Gets that program out of an image and into a file. */
export interface Extraction {
  /** What makes something that files can be taken out of; its name is the last line of stdout. */
  readonly open: readonly string[];
  /** Takes the file out of it, where opening has not done so. */
  readonly take?: (opened: string) => readonly string[];
  /** Removes what opening has made. */
  readonly close: (opened: string) => readonly string[];
  /** Where the file is then. */
  readonly file: string;
}

/** How each program hands out a file of an image that it cannot run. Links are followed within the image. */
export async function extractionOf(
  builder: Builder,
  image: { readonly reference: string; readonly platform: Platform; readonly folder: string },
): Promise<Extraction> {
  const { reference, platform, folder } = image;
  const name = builder.program;
  if (name !== 'buildah') {
    const file = path.join(folder, 'java');
    // A container that is never started. Podman follows links by itself, and knows no word for it.
    const copy = name === 'docker' ? ['docker', 'cp', '--follow-link'] : ['podman', 'cp'];
    return {
      open: [name, 'create', reference, 'none'],
      take: (container) => [...copy, `${container}:${program}`, file],
      close: (container) => [name, 'rm', '--force', container],
      file,
    };
  }
  // Buildah copies into containers only, and a mount of one can be seen by root alone: so it builds an image of the one file.
  await writeFile(
    path.join(folder, 'Dockerfile'),
    `FROM scratch\nCOPY --from=${reference} ${program} /java\n`,
  );
  const out = path.join(folder, 'out');
  return {
    open: ['buildah', 'build', '--platform', platform, '--output', `type=local,dest=${out}`, folder],
    close: (made) => ['buildah', 'rmi', made],
    file: path.join(out, 'java'),
  };
}

/**
 * Holds the program that was taken out against what the image is for.
 *
 * @throws EsEcsError IMAGE_BUILD
 */
export async function expectPlatform(
  file: string,
  expected: {
    readonly builder: Builder;
    readonly reference: string;
    readonly platform: Platform;
    readonly baseImage: string;
  },
): Promise<void> {
  const { builder, reference, platform, baseImage } = expected;
  const found = platformOfProgram(await headOf(file));
  if (found === platform) return;
  const remove = `${builder.program} ${builder.program === 'buildah' ? 'rmi' : 'image rm'} --force`;
  throw new EsEcsError(
    'IMAGE_BUILD',
    `${reference} is for ${platform}, but ${builder.program} has built it with programs for ${found ?? 'no processor that es-ecs knows'}: it is not pushed`,
    {
      hint: [
        `${remove} ${reference} ${baseImage}  then es-ecs up builds it from nothing`,
        'if that does not help, another builder does: docker with buildx, podman from 5.0, or buildah from 1.33',
      ],
    },
  );
}

/** As much of a file as says what it is. */
async function headOf(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(elfBytes), 0, elfBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** The platform of a program by its ELF header; undefined for one of another kind. */
function platformOfProgram(content: Buffer): Platform | undefined {
  const isElf = content.length >= elfBytes && content.readUInt32BE(0) === 0x7f454c46;
  // Both processors are little-endian under Linux (EI_DATA 1), and the machine is at the same place in 32 and 64 bits.
  if (!isElf || content[5] !== 1) return undefined;
  return processors[content.readUInt16LE(18)];
}
