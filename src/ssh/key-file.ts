import { stat } from 'node:fs/promises';

import { EsEcsError } from '../errors.ts';

/** Any right of the group or of everybody: with one of these ssh leaves the key alone. */
const othersMode = 0o077;

/**
 * Whether ssh will take a private key, before it is asked to: what ssh says of such a key is a page long.
 *
 * @throws EsEcsError KEY_UNUSABLE, when the file is not there or others may read it.
 */
export async function checkKeyFile(file: string): Promise<void> {
  const mode = await modeOf(file);
  if ((mode & othersMode) === 0) return;
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  throw new EsEcsError('KEY_UNUSABLE', `the private key ${file} is open to others: its mode is ${octal}`, {
    hint: `chmod 600 ${file}`,
  });
}

async function modeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).mode;
  } catch (cause) {
    throw new EsEcsError('KEY_UNUSABLE', `the private key ${file} is not here`, {
      cause,
      hint: 'run this where es-ecs up was run; es-ecs up here makes a new pair and replaces the bastion',
    });
  }
}
