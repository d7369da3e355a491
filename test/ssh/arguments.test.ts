import { spawnSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import { pipeArguments, sshArguments } from '../../src/ssh/arguments.ts';

const route = {
  bastion: { address: '203.0.113.7', instanceId: 'i-0bastion' },
  privateKeyFile: '/home/me/es-ecs.key',
  knownHostsFile: '/home/me/known hosts',
};

const common = (id: string): string =>
  `-p 22 -o IdentityFile="/home/me/es-ecs.key" -o IdentitiesOnly=yes -o IdentityAgent=none -o UserKnownHostsFile="/home/me/known hosts" -o GlobalKnownHostsFile=none -o HashKnownHosts=no -o HostKeyAlias=${id} -o StrictHostKeyChecking=accept-new -o ControlPath=none -o ServerAliveInterval=15 -o ConnectTimeout=15`;

describe('ssh', () => {
  it('goes to the bastion', () => {
    expect(sshArguments(route).join(' ')).toBe(`ssh ${common('i-0bastion')} ec2-user@203.0.113.7`);
  });

  it('goes through the bastion to a host, with the same key and list of host keys for both', () => {
    const argv = sshArguments({ ...route, host: { address: '10.0.1.5', instanceId: 'i-0host' } });
    const proxy = common('i-0bastion').replace(/((?:IdentityFile|UserKnownHostsFile)="[^"]*")/g, "'$1'");
    expect(argv.join(' ')).toBe(
      `ssh ${common('i-0host')} -o ProxyCommand=ssh ${proxy} -W '[%h]:%p' ec2-user@203.0.113.7 ec2-user@10.0.1.5`,
    );
    expect(argv.filter((word) => word.startsWith('ProxyCommand='))).toHaveLength(1);
  });

  it.each([
    '',
    '203.0.113.7 -o ProxyCommand=x',
    '-oProxyCommand=x',
    '203.0.113.7\u001b[2J',
    'bastion.example.com',
  ])('goes to an address only, and %j is none', (address) => {
    const bastion = { address, instanceId: 'i-0bastion' };
    const host = { address: '10.0.1.5', instanceId: 'i-0host' };
    const refusal = expect.objectContaining({ code: 'SSH', message: expect.stringContaining('i-0bastion') });
    expect(() => sshArguments({ ...route, bastion })).toThrow(refusal);
    expect(() => sshArguments({ ...route, bastion, host })).toThrow(refusal);
    expect(() => pipeArguments({ ...route, bastion }, { host: '10.0.1.5', port: 9200 })).toThrow(refusal);
  });

  it('goes to an address of IPv6 as well', () => {
    const bastion = { address: '2001:db8::7', instanceId: 'i-0bastion' };
    expect(sshArguments({ ...route, bastion }).at(-1)).toBe('ec2-user@2001:db8::7');
  });

  it('quotes a command for the far side', () => {
    const argv = sshArguments({ ...route, command: ['echo', "it's", '$HOME', 'plain'] });
    expect(argv.slice(-2)).toEqual(['--', `echo 'it'\\''s' '$HOME' plain`]);
  });

  it('is a pipe to a port behind the bastion, and asks nobody anything', () => {
    const argv = pipeArguments({ ...route, user: 'me' }, { host: '10.0.1.5', port: 9200 });
    expect(argv.join(' ')).toBe(
      `ssh ${common('i-0bastion')} -o BatchMode=yes -o LogLevel=INFO -W [10.0.1.5]:9200 me@203.0.113.7`,
    );
  });

  it('is understood by the real ssh, path with a percent sign and a space included', () => {
    const argv = sshArguments({
      ...route,
      privateKeyFile: '/tmp/100% mine/key',
      knownHostsFile: '/tmp/100% mine/known',
      host: { address: '10.0.1.5', instanceId: 'i-0host' },
    });
    // -G prints what ssh makes of its arguments and connects to nothing.
    const said = spawnSync('ssh', ['-G', ...argv.slice(1)], { encoding: 'utf8' });
    expect(said.error).toBeUndefined();
    expect(said.stderr).not.toMatch(/identity|bad|unknown|extra/i);
    const lines = said.stdout.split('\n');
    expect(lines).toContain('hostname 10.0.1.5');
    expect(lines).toContain('user ec2-user');
    expect(lines).toContain('hostkeyalias i-0host');
    expect(lines).toContain('identityfile /tmp/100%% mine/key');
    expect(lines).toContain('identitiesonly yes');
    expect(lines).toContain('stricthostkeychecking accept-new');
    expect(lines.find((line) => line.startsWith('proxycommand '))).toContain('HostKeyAlias=i-0bastion');
  });
});
