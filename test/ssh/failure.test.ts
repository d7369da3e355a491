import { describe, expect, it } from 'vitest';

import { pipeFailure } from '../../src/ssh/failure.ts';

const route = {
  bastion: { address: '203.0.113.7', instanceId: 'i-0bastion' },
  privateKeyFile: '/beside/es-ecs.key',
  knownHostsFile: '/beside/known_hosts',
};

/** As OpenSSH 9.2 says them. */
const sayings: Readonly<Record<string, readonly [code: string, part: string]>> = {
  'ssh: connect to host 203.0.113.7 port 22: Connection timed out': [
    'BASTION_UNREACHABLE',
    '203.0.113.7 does not answer: connection timed out',
  ],
  'kex_exchange_identification: Connection closed by remote host\nConnection closed by 203.0.113.7 port 22': [
    'BASTION_UNREACHABLE',
    'does not answer: connection closed by 203.0.113.7 port 22',
  ],
  '': ['BASTION_UNREACHABLE', 'it ended without a word'],
  "Warning: Permanently added 'i-0bastion' (ED25519) to the list of known hosts.\nec2-user@203.0.113.7: Permission denied (publickey).":
    ['KEY_UNUSABLE', 'does not accept the key /beside/es-ecs.key'],
  'Load key "/beside/es-ecs.key": error in libcrypto\nec2-user@203.0.113.7: Permission denied (publickey).': [
    'KEY_UNUSABLE',
    'does not accept the key',
  ],
  '@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key for i-0bastion has changed.\nHost key verification failed.':
    ['HOST_KEY_CHANGED', 'i-0bastion (203.0.113.7) shows another host key'],
  'channel 0: open failed: connect failed: Connection refused\nstdio forwarding failed': [
    'CLUSTER_UNREACHABLE',
    'connection refused',
  ],
  'channel 0: open failed: administratively prohibited: open failed\nstdio forwarding failed': [
    'CLUSTER_UNREACHABLE',
    'open failed',
  ],
  'stdio forwarding failed': ['CLUSTER_UNREACHABLE', 'the bastion could not connect'],
};

describe('what ssh says', () => {
  it.each(Object.entries(sayings))('%j', (said, [code, part]) => {
    const failure = pipeFailure(said, route);
    expect(failure.code).toBe(code);
    expect(failure.message).toContain(part);
  });
});
