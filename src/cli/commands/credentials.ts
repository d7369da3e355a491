import { readFile, writeFile } from 'node:fs/promises';

import { EsEcsError } from '../../errors.ts';
import { type PasswordSecret, readCertificates, readCredentials, readPassword } from '../../steps/way-in.ts';
import { inVisit } from '../in-session.ts';
import type { CredentialsOptions } from '../options.ts';
import type { Visit } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { sayTwo } from '../two-passwords.ts';

/** The user that every cluster has. */
const user = 'elastic';

/**
 * `es-ecs credentials`: who gets in to the cluster, from Secrets Manager. The password goes to a terminal, and into a file or a
 * pipe only where that is asked for; it is kept nowhere.
 *
 * @throws EsEcsError NOT_CONFIRMED, NOT_FOUND, ACCESS_DENIED
 */
export async function credentials(options: CredentialsOptions, terminal: Terminal): Promise<void> {
  const isAlone = options.password === true;
  if (isAlone && options.ca !== undefined)
    throw new EsEcsError('USAGE', '--password and --ca print one thing alone, and not both', {
      hint: 'es-ecs credentials --json --show  gives both in one document',
    });
  const isAskedFor = isAlone || options.ca !== undefined || options.show === true;
  if (!isAskedFor && terminal.isOutTerminal !== true) throw notShown();
  await inVisit({ options, command: 'credentials', terminal, locks: false }, async (visit) => {
    if (options.ca !== undefined) await giveCertificate(visit, options.ca, terminal);
    else if (isAlone) giveAlone(saidOf(await readPassword(visit), terminal), options, terminal);
    else await giveAll(visit, options, terminal);
  });
}

function notShown(): EsEcsError {
  return new EsEcsError(
    'NOT_CONFIRMED',
    'nothing was printed: stdout is no terminal, and the password would be left in a file or a log',
    {
      hint: [
        'es-ecs credentials --password  prints it alone, for "$(…)"',
        'es-ecs credentials --show      prints all the same',
      ],
    },
  );
}

/** Between the two calls of a rotation nobody knows from the secret alone which of its two passwords is in force. */
function saidOf({ password, next }: PasswordSecret, terminal: Terminal): string {
  sayTwo(next, terminal);
  return password;
}

function giveAlone(password: string, options: CredentialsOptions, terminal: Terminal): void {
  terminal.out(options.json === true ? JSON.stringify({ password }, undefined, 2) : password);
}

async function giveAll(visit: Visit, options: CredentialsOptions, terminal: Terminal): Promise<void> {
  const { password, caCertificate, nextPassword } = await readCredentials(visit);
  sayTwo(nextPassword, terminal);
  if (options.json === true) {
    terminal.out(JSON.stringify({ user, password, caCertificate }, undefined, 2));
    return;
  }
  const flag = visit.simulation === undefined ? '' : ' --simulate';
  terminal.out(`user      ${user}\npassword  ${password}`);
  terminal.err(`CA        es-ecs credentials${flag} --ca ca.crt  writes the certificate of its authority`);
  terminal.err(`reach it  es-ecs tunnel${flag}`);
}

async function giveCertificate(visit: Visit, to: string | true, terminal: Terminal): Promise<void> {
  const { caCertificate } = await readCertificates(visit);
  // A PEM file ends with a line break, and printing adds one.
  if (to === true || to === '-') terminal.out(caCertificate.trimEnd());
  else {
    await writeCertificate(to, `${caCertificate.trimEnd()}\n`);
    terminal.err(`wrote ${to}`);
  }
}

/** Writes what is no secret; another file of that name stays as it is. */
async function writeCertificate(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    if (error.code !== 'EEXIST')
      throw new EsEcsError('USAGE', `${file} cannot be written: ${error.message}`, { cause: error });
    const before = await readFile(file, 'utf8').catch(() => undefined);
    if (before === text) return;
    throw new EsEcsError('USAGE', `${file} is there already, and is another one`, {
      hint: 'name another file, or remove that one',
    });
  }
}
