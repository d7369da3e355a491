import { spawn } from 'node:child_process';

import { inspect } from '../../engine/inspect.ts';
import { EsEcsError } from '../../errors.ts';
import { sshArguments, type SshHost } from '../../ssh/arguments.ts';
import { checkKeyFile } from '../../ssh/key-file.ts';
import { privateAddressOf } from '../../steps/hosts/private-addresses.ts';
import { observedOf } from '../../steps/index.ts';
import { shellWord } from '../../templates/render.ts';
import type { Ending } from '../ending.ts';
import type { CommonOptions } from '../options.ts';
import { inSession } from '../in-session.ts';
import type { Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** What `ssh` takes. */
export interface SshOptions extends CommonOptions {
  readonly node: string | undefined;
  readonly command: readonly string[];
}

/**
 * `es-ecs ssh [node]`: the system's ssh, through the bastion, with the cluster's key. The exit status is ssh's own.
 *
 * @throws EsEcsError SSH, KEY_UNUSABLE, NOT_FOUND
 */
export async function ssh(options: SshOptions, terminal: Terminal, ending: Ending): Promise<void> {
  const argv = await inSession({ options, command: 'ssh', terminal, locks: false }, async (session) => {
    const { observed } = await inspect(session.graph, session.state);
    const bastion = observedOf(observed, session.steps.bastion);
    if (bastion?.publicAddress === undefined) throw noBastion(session.config.bastion.enabled);
    const key = await session.context.adapters.keys.read();
    if (key === undefined) throw noKey(session.files.key);
    await checkKeyFile(key.privateKeyFile);
    return sshArguments({
      bastion: { address: bastion.publicAddress, instanceId: bastion.instanceId },
      privateKeyFile: key.privateKeyFile,
      knownHostsFile: session.files.knownHosts,
      ...(await hostOf(options.node, session, observed)),
      ...(options.command.length === 0 ? {} : { command: options.command }),
    });
  });
  if (options.simulate === true) {
    terminal.out(argv.map(shellWord).join(' '));
    terminal.err('the simulated hosts have no shell: this is what would run');
    return;
  }
  ending.status = await runSsh(argv);
}

/** The host of a node, by its private address; the bastion itself when no node is named. */
async function hostOf(
  node: string | undefined,
  session: Session,
  observed: ReadonlyMap<string, unknown>,
): Promise<{ readonly host?: SshHost }> {
  if (node === undefined) return {};
  const running = session.steps.nodes.filter((one) => observedOf(observed, one.host) !== undefined);
  const wanted = running.find((one) => one.name === node);
  const host = observedOf(observed, wanted?.host);
  const address = host && (await privateAddressOf(session.clients, host.instanceId));
  if (host !== undefined && address !== undefined) return { host: { address, instanceId: host.instanceId } };
  const known = running.map((one) => one.name).join(', ');
  throw new EsEcsError('NOT_FOUND', `${node} has no running host`, {
    hint: known === '' ? 'es-ecs status' : `running: ${known}`,
  });
}

function noBastion(enabled: boolean): EsEcsError {
  return enabled
    ? new EsEcsError('SSH', 'the bastion does not run', { hint: 'es-ecs up  brings it back' })
    : new EsEcsError('SSH', 'the bastion is off', {
        hint: 'set bastion: true in the config, then es-ecs up',
      });
}

function noKey(file: string): EsEcsError {
  return new EsEcsError('KEY_UNUSABLE', `the private key ${file} is not here`, {
    hint: 'run this where es-ecs up was run; es-ecs up here makes a new pair and replaces the bastion',
  });
}

function runSsh(argv: readonly string[]): Promise<number> {
  const [program = 'ssh', ...rest] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { stdio: 'inherit' });
    child.once('error', (cause) => {
      reject(
        new EsEcsError('SSH', `${program} cannot be run: ${cause.message}`, {
          cause,
          hint: 'install OpenSSH',
        }),
      );
    });
    child.once('close', (code) => {
      resolve(code ?? 1);
    });
  });
}
