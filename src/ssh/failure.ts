import { EsEcsError } from '../errors.ts';
import type { SshRoute } from './arguments.ts';

/** There is no ssh program, or it cannot be started. */
export function programFailure(cause: Error): EsEcsError {
  return new EsEcsError('SSH', `ssh cannot be run: ${cause.message}`, { cause, hint: 'install OpenSSH' });
}

/**
 * What ssh said on its standard error, as a sentence. OpenSSH has no other way to tell its failures apart: its exit
 * status is 255 for all of them. Its own words are never translated.
 */
export function pipeFailure(said: string, route: SshRoute): EsEcsError {
  const { address, instanceId } = route.bastion;
  const lines = said
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('Warning: Permanently added'));
  const last = lines.at(-1) ?? 'it ended without a word';
  if (/IDENTIFICATION HAS CHANGED|Host key verification failed/.test(said)) {
    const file = route.knownHostsFile;
    return new EsEcsError(
      'HOST_KEY_CHANGED',
      `the bastion ${instanceId} (${address}) shows another host key than the one in ${file}`,
      { hint: `ssh-keygen -R ${instanceId} -f '${file}'  forgets the old one, once you know why it changed` },
    );
  }
  const [, why] = /open failed: [^:]+: (.*)/.exec(said) ?? [];
  if (why !== undefined || said.includes('stdio forwarding failed')) {
    // The bastion is there; whoever asked for the connection knows to what, and says so.
    const because = why === undefined ? 'the bastion could not connect' : lowerFirst(why);
    return new EsEcsError('CLUSTER_UNREACHABLE', because);
  }
  if (/Permission denied \(|no mutual signature|Load key /.test(said)) {
    return new EsEcsError(
      'KEY_UNUSABLE',
      `the bastion ${address} does not accept the key ${route.privateKeyFile}`,
      {
        hint: [
          'es-ecs plan  shows whether the bastion was made with this key',
          'a bastion that was made a moment ago needs a minute',
        ],
      },
    );
  }
  const [, connecting = last] = /connect to (?:host|address) \S+ port \d+: (.*)/.exec(said) ?? [];
  return new EsEcsError(
    'BASTION_UNREACHABLE',
    `the bastion ${address} does not answer: ${lowerFirst(connecting)}`,
    {
      hint: [
        'bastion.allowedCidrs in the config says who may reach it: is your own address, as it is now, among them?',
        'es-ecs status  shows whether it runs',
      ],
    },
  );
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
