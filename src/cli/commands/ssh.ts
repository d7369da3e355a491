import { spawn } from 'node:child_process';

import { inspect } from '../../engine/inspect.ts';
import { EsEcsError } from '../../errors.ts';
import { sshArguments } from '../../ssh/arguments.ts';
import { sshTargets } from '../../steps/index.ts';
import { configFor } from '../config-file.ts';
import type { Ending } from '../ending.ts';
import type { CommonOptions } from '../options.ts';
import { withSession } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** What `ssh` takes. */
export interface SshOptions extends CommonOptions {
  readonly node: string | undefined;
  readonly command: readonly string[];
}

/**
 * `es-ecs ssh [node]`: the system's ssh, through the bastion, with the cluster's key. The exit status is ssh's own.
 *
 * @throws EsEcsError SSH, NOT_FOUND
 */
export async function ssh(options: SshOptions, terminal: Terminal, ending: Ending): Promise<void> {
  const { located } = await configFor(options);
  const { signal } = new AbortController();
  const notice = (text: string): void => {
    terminal.err(text);
  };
  const argv = await withSession(
    { options, command: 'ssh', located, terminal, locks: false, signal, notice },
    async (session) => {
      const { observed } = await inspect(session.graph, session.state);
      const targets = sshTargets(observed, session.handles);
      if (targets.bastion === undefined) throw noBastion(located.config.bastion.enabled);
      const key = await session.context.adapters.keys.read();
      if (key === undefined) throw noKey(session.files.key);
      return sshArguments({
        bastion: targets.bastion,
        privateKeyFile: key.privateKeyFile,
        knownHostsFile: session.files.knownHosts,
        ...hostOf(options.node, targets.hosts),
        ...(options.command.length === 0 ? {} : { command: options.command }),
      });
    },
  );
  if (options.simulate === true) {
    terminal.out(argv.join(' '));
    terminal.err('the simulated hosts have no shell: this is what would run');
    return;
  }
  ending.status = await runSsh(argv);
}

function hostOf(node: string | undefined, hosts: ReadonlyMap<string, string>): { readonly host?: string } {
  if (node === undefined) return {};
  const host = hosts.get(node);
  if (host !== undefined) return { host };
  const known = [...hosts.keys()].join(', ');
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
  return new EsEcsError('SSH', `the private key ${file} is not here`, {
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
