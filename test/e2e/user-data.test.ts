import { afterAll, describe, expect, it } from 'vitest';

import { hasGrownTo } from '../../src/elasticsearch/disk-growth.ts';
import { instancePolicy } from '../../src/steps/policies/instance.ts';
import { renderUserData } from '../../src/templates/user-data.ts';
import { createBench } from '../steps/support/bench.ts';
import { openMachineRoom } from './support/host.ts';
import type { Boot, Host, MachineRoom, Volume } from './support/host.ts';
import { type AccountVolume, hostZone } from './support/instance-services.ts';
import { startPart } from './support/part.ts';

const opened = await startPart('hosts in namespaces, with loop devices', openMachineRoom);
afterAll(async () => {
  await opened?.stop();
});

/** Every test is skipped where there is none. */
function theRoom(): MachineRoom {
  if (opened === undefined) throw new Error('there is no machine room');
  return opened;
}

let serial = 0;
const nextId = (): string => String(++serial).padStart(8, '0');

async function addHost(
  node = 'search-1',
  cluster = 'search',
  spoil: (userData: string) => string = (text) => text,
): Promise<Host & { readonly id: string }> {
  const rendered = renderUserData({
    cluster,
    ecsCluster: `es-ecs-${cluster}`,
    volumeAddressPrefix: 'hosts/volume/',
    region: 'eu-west-1',
    dnsSuffix: 'amazonaws.com',
  });
  const userData = spoil(rendered);
  const id = `i-${nextId()}`;
  const host = await theRoom().addHost({
    instanceId: id,
    region: 'eu-west-1',
    zone: hostZone,
    address: '10.0.1.5',
    tags: node === '' ? {} : { 'es-ecs-node': node },
    userData,
    script: userData.slice(userData.indexOf('#!/bin/bash'), userData.lastIndexOf('--==es-ecs==--')),
  });
  return Object.assign(host, { id });
}

/** A volume that no test before has an eye on: the others are put away. */
async function addVolume(node = 'search-1', more: Readonly<Record<string, string>> = {}): Promise<Volume> {
  theRoom().account.volumes = [];
  return theRoom().addVolume(`vol-${nextId()}`, tagsOf(node, more));
}

function tagsOf(node: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const cluster = node.replace(/-\d+$/, '');
  return { 'es-ecs-cluster': cluster, 'es-ecs-resource': `hosts/volume/${node}`, ...more };
}

/** Gives a volume to a host, as EC2 had done in an earlier boot. */
function give(volume: Volume, host: { readonly id: string }): void {
  const found = theRoom().account.volumes.find(({ id }) => id === volume.id);
  if (found === undefined) throw new Error(`${volume.id} is not in the account`);
  found.holder = host.id;
}

/** Kernel values that user data change, so that the change shows; what the machine had comes back in the end. */
const otherLimits = 'sysctl -q vm.max_map_count=1048575 vm.swappiness=60';
const showLimits = 'sysctl -n vm.max_map_count vm.swappiness net.ipv4.tcp_retries2';
/** All that is said of files: what is in them, whose they are, and when they were written. */
const listFiles =
  "cd /var/lib/es-ecs && find . -type f -exec sha256sum {} + | sort; find . -printf '%P %u:%g %m %s %t\\n' | sort";

const agentSettings = [
  'ECS_CLUSTER=es-ecs-search',
  'ECS_INSTANCE_ATTRIBUTES={"es-ecs-node":"search-1"}',
  'ECS_ENABLE_TASK_IAM_ROLE=true',
];

async function expectReady(host: Host & { readonly id: string }, boot: Boot): Promise<void> {
  expect(boot.output).toContain('search-1 is ready');
  expect(boot.output).not.toContain('FAILED');
  expect(boot.statuses.at(-1)).toBe(0);
  expect(await host.wouldStartAgent()).toBe(true);
  expect((await host.read('/etc/ecs/ecs.config'))?.split('\n')).toEqual(
    expect.arrayContaining(agentSettings),
  );
  expect(theRoom().account.instances[host.id]).not.toHaveProperty('es-ecs-problem');
  expect(boot.metadata.withoutToken).toEqual([]);
}

/** The agent may not start, nothing is mounted, and the reason stands on the console and in the instance's tag. */
async function expectFailClosed(
  host: Host & { readonly id: string },
  boot: Boot,
  reason: string,
): Promise<void> {
  expect(boot.output).toContain(`es-ecs: FAILED: ${reason}`);
  expect(boot.statuses.at(-1)).toBe(1);
  await expectHeld(host, reason);
}

async function expectHeld(host: Host & { readonly id: string }, reason: string): Promise<void> {
  expect(await host.wouldStartAgent()).toBe(false);
  expect(theRoom().account.instances[host.id]?.['es-ecs-problem']).toContain(reason);
}

describe.skipIf(opened === undefined)('user data on a host', { timeout: 600_000 }, () => {
  it('are a script, and cloud-config that cloud-init knows', async () => {
    const message = renderUserData({
      cluster: 'a',
      ecsCluster: 'b',
      volumeAddressPrefix: 'c',
      region: 'eu-west-1',
      dnsSuffix: 'amazonaws.com',
    });
    const [, cloudConfig = ''] = /\n(#cloud-config\n.*?)\n--==es-ecs==/s.exec(message) ?? [];
    const host = await addHost();
    const ask = (text: string): string =>
      `cat >/root/part.cfg <<'PART'\n${text}\nPART\ncloud-init schema --config-file /root/part.cfg`;
    const boot = await host.boot({
      runs: [],
      after: `${ask(cloudConfig)}; ${ask('#cloud-config\nruncmd: 5')}`,
    });
    expect(boot.after).toContain('Valid cloud-config: /root/part.cfg');
    expect(boot.after).toContain('runcmd: 5 is not of type');
  });

  it('make a blank volume ready at the first boot, and keep it at the second, under cloud-init', async () => {
    const volume = await addVolume('search-1', { 'es-ecs-bootstrap': 'search-0:search-1:search-2' });
    const host = await addHost();
    const first = await host.boot({
      withCloudInit: true,
      before: otherLimits,
      after: [
        showLimits,
        'findmnt -n -o SOURCE,FSTYPE,OPTIONS --mountpoint /var/lib/es-ecs',
        "stat -c '%n %u:%g %a' /var/lib/es-ecs/data /etc/ecs/ecs.config /etc/es-ecs/node.env",
        "find /etc/ecs/ecs.config /etc/es-ecs/node.env /etc/sysctl.d/90-es-ecs.conf /run/es-ecs/ready -printf '%T@ %p\\n' | sort -n | sed 's/.* //'",
        'lsattr -d /var/lib | cut -d " " -f 2',
        'echo documents >/var/lib/es-ecs/data/node',
      ].join('\n'),
    });
    await expectReady(host, first);
    expect(first.output).toContain(`${volume.id} is blank, making a file system`);
    expect(first.calls).toEqual(['DescribeVolumes', 'AttachVolume', 'DescribeVolumes', 'DeleteTags']);
    const [limits, mounted, ...rest] = [
      first.after.split('\n').slice(0, 3),
      ...first.after.split('\n').slice(3, -1),
    ];
    expect(limits).toEqual(['1048576', '1', '5']);
    expect(mounted).toMatch(/^\/dev\/nvme1n1 xfs +rw,nosuid,nodev,noatime/);
    expect(rest).toEqual([
      '/var/lib/es-ecs/data 1000:0 770',
      '/etc/ecs/ecs.config 0:0 600',
      '/etc/es-ecs/node.env 0:0 644',
      // In the order in which they were written.
      '/etc/sysctl.d/90-es-ecs.conf',
      '/etc/es-ecs/node.env',
      '/etc/ecs/ecs.config',
      '/run/es-ecs/ready',
      '/var/lib',
    ]);
    expect(await host.read('/etc/es-ecs/node.env')).toBe(
      'ES_ECS_NODE=search-1\nES_ECS_ZONE=eu-west-1b\nES_ECS_ADDRESS=10.0.1.5\n' +
        'ES_ECS_INITIAL_MASTERS=search-0:search-1:search-2\n',
    );
    expect((await host.read('/var/log/systemctl'))?.split('\n')).toEqual([
      // bootcmd's, and then the script's.
      'daemon-reload',
      'daemon-reload',
      'start --no-block es-ecs-host.service',
      'start --no-block es-ecs-grow.timer',
      'start --no-block ecs.service',
      '',
    ]);
    expect(await host.read('/var/log/not-there')).toBeUndefined();
    expect(await host.read('/var/log/cloud-init-output.log')).toContain('search-1 is ready');

    const second = await host.boot({
      withCloudInit: true,
      before: otherLimits,
      after: `${showLimits}\nfindmnt -n -o SOURCE --mountpoint /var/lib/es-ecs\ncat /var/lib/es-ecs/data/node`,
    });
    await expectReady(host, second);
    expect(second.output).not.toContain('blank');
    expect(second.calls).toEqual(['DescribeVolumes', 'DeleteTags']);
    // Another name for the device; the same documents.
    expect(second.after).toBe('1048576\n1\n5\n/dev/nvme2n1\ndocuments\n');

    // Somebody took the volume away: what the boots before have left behind lets no agent start.
    await theRoom().detach(volume.id);
    give(volume, { id: 'i-another' });
    const third = await host.boot({ withCloudInit: true });
    const held = `the volume of search-1 cannot be had: ${volume.id} is in-use at i-another`;
    expect(third.output).toContain(`es-ecs: ${held}, waiting`);
    expect(third.statuses.at(-1)).toBe(0);
    await expectHeld(host, held);
    expect(await host.read('/etc/ecs/ecs.config')).toContain('ECS_CLUSTER=es-ecs-search');
    expect(await host.read('/var/log/cloud-init-output.log')).toContain('going on in the background');
  });

  describe('with systemd as the first process, and cloud-init as the distribution has it', () => {
    /** What a person finds, and what tells that a boot has ended. */
    const look = [
      'systemctl is-active ecs.service cloud-final.service',
      'cat /run/agent',
      'cloud-init status | head -n 1',
      'ls /var/lib/cloud/instance/boot-finished',
      'grep -c "BEGIN SSH HOST KEY KEYS" /var/log/cloud-init-output.log',
    ];
    const untilReady = 'for n in $(seq 600); do [ -s /run/agent ] && break; sleep 0.1; done';

    it('start the agent once the volume is there, at the first boot and at the second', async () => {
      await addVolume();
      const host = await addHost();
      for (const keys of ['1', '2']) {
        const boot = await host.boot({ withSystemd: true, after: [untilReady, ...look].join('\n') });
        const [agent, final, ...rest] = boot.after.split('\n');
        expect([agent, final]).toEqual(['active', 'active']);
        expect(rest).toEqual(expect.arrayContaining(agentSettings));
        expect(rest.slice(-4)).toEqual(['status: done', '/var/lib/cloud/instance/boot-finished', keys, '']);
        expect(await host.read('/var/log/not-there')).toBeUndefined();
        expect(boot.calls.at(-1)).toBe('DeleteTags');
      }
    });

    it('let the boot end while EC2 is away, hold the agent meanwhile, and start it without a second boot', async () => {
      await addVolume();
      const host = await addHost();
      theRoom().account.throttled = 100;
      const boot = await host.boot({
        withSystemd: true,
        after: ['ls /run/agent /run/es-ecs/ready', untilReady, ...look].join('\n'),
      });
      expect(boot.after).toMatch(
        /^ls: cannot access '\/run\/agent'.*\nls: cannot access '\/run\/es-ecs\/ready'/,
      );
      expect(boot.after).toContain('\nactive\nactive\nECS_CLUSTER=es-ecs-search\n');
      expect(boot.after).toContain('\nstatus: done\n');
      expect(await host.read('/var/log/cloud-init-output.log')).toContain('going on in the background');
      expect(await host.read('/run/journal')).toContain('search-1 is ready');
    });

    it('hold the agent although the script never runs', async () => {
      await addVolume();
      const host = await addHost('search-1', 'search', (text) =>
        text.replace('#!/bin/bash\n', '#!/bin/bash\n# \u00fc\n'),
      );
      const boot = await host.boot({
        withSystemd: true,
        after: [
          'sleep 2; systemctl is-active ecs.service',
          'ls /run/agent',
          'cloud-init status | head -n 1',
        ].join('\n'),
      });
      expect(boot.after).toBe(
        "inactive\nls: cannot access '/run/agent': No such file or directory\nstatus: done\n",
      );
      expect(boot.calls).toEqual([]);
      expect(await host.wouldStartAgent()).toBe(false);
    });
  });

  it('hand a used volume to a new host with every file as it was', async () => {
    const volume = await addVolume();
    const old = await addHost();
    const before = await old.boot({
      after: `cd /var/lib/es-ecs/data && mkdir -p indices/a && for n in $(seq 50); do head -c 20000 /dev/urandom >indices/a/$n; done && chown -R 1000:0 . && chmod 640 indices/a/7; ${listFiles}`,
    });
    await expectReady(old, before);
    await theRoom().detach(volume.id);
    const host = await addHost();
    const boot = await host.boot({ after: listFiles });
    await expectReady(host, boot);
    expect(boot.output).not.toMatch(/blank|making/);
    expect(boot.after).toBe(before.after);
    expect(boot.after.split('\n').length).toBeGreaterThan(100);
  });

  describe('touch no byte of', () => {
    it.each([
      ['the volume of another cluster', 'other-1', 'VOLUME belongs to other/other-1, not to search/search-1'],
      ['the volume of another node', 'search-2', 'VOLUME belongs to search/search-2, not to search/search-1'],
    ])('%s', async (_, owner, reason) => {
      const volume = await addVolume(owner);
      const first = await addHost(owner, owner.replace(/-\d+$/, ''));
      expect((await first.boot({ after: 'echo documents >/var/lib/es-ecs/data/node' })).statuses).toEqual([
        0,
      ]);
      await theRoom().detach(volume.id);
      theRoom().account.volumes = [{ id: volume.id, tags: tagsOf('search-1') }];
      const digest = await volume.digest();
      const host = await addHost();
      const boot = await host.boot({ after: 'findmnt -t xfs' });
      await expectFailClosed(host, boot, reason.replace('VOLUME', volume.id));
      expect(boot.after).toBe('');
      expect(await host.read('/etc/ecs/ecs.config')).toBeUndefined();
      expect(await volume.digest()).toBe(digest);
    });

    const xfsWith = (files: string): string =>
      `mkfs.xfs -q /dev/nvme1n1 && mount -t xfs /dev/nvme1n1 /mnt && cd /mnt && ${files} && cd / && umount /mnt`;
    const foreign = 'VOLUME is not blank, and blkid does not know what is on it';
    it.each([
      [
        'an xfs of nobody with files',
        xfsWith('touch photo.jpg'),
        'VOLUME holds files and no word that they are',
      ],
      ['another file system', 'mkfs.ext4 -q /dev/nvme1n1', 'there is something on VOLUME, and it is not xfs'],
      [
        'a partition table',
        'echo ",,L" | sfdisk -q --no-reread --no-tell-kernel /dev/nvme1n1',
        'there is something on VOLUME, and it is not xfs',
      ],
      ['bytes that blkid does not know', 'echo precious | dd of=/dev/nvme1n1 seek=9000 status=none', foreign],
    ])('%s', async (_, make, reason) => {
      const volume = await addVolume();
      const host = await addHost();
      give(volume, host);
      const making = await host.boot({ runs: [], after: make });
      expect(making.after).toBe('');
      const digest = await volume.digest();
      expect(digest).not.toBe(blankDigest);
      const boot = await host.boot({ after: 'findmnt -t xfs' });
      await expectFailClosed(host, boot, reason.replace('VOLUME', volume.id));
      expect(boot.after).toBe('');
      expect(await volume.digest()).toBe(digest);
    });

    it('either of two volumes that carry the same address, until one of them is taken away', async () => {
      const one = await addVolume();
      const other = await theRoom().addVolume(`vol-${nextId()}`, tagsOf('search-1'));
      const host = await addHost();
      const booting = host.boot();
      const problem = (): string | undefined => theRoom().account.instances[host.id]?.['es-ecs-problem'];
      while (problem() === undefined) await new Promise((wake) => setTimeout(wake, 100));
      expect(problem()).toContain(
        `${one.id} ${other.id} carry the same address hosts/volume/search-1, and nothing tells which is meant`,
      );
      expect([await one.digest(), await other.digest()]).toEqual([blankDigest, blankDigest]);
      theRoom().account.volumes = theRoom().account.volumes.filter(({ id }) => id !== other.id);
      const boot = await booting;
      await expectReady(host, boot);
      expect(boot.output).toContain(`${one.id} is blank, making a file system`);
      expect(await other.digest()).toBe(blankDigest);
    });

    it.each<[string, Partial<AccountVolume>]>([
      ['a copy in another zone', { zone: 'eu-west-1a' }],
      ['a copy without the tag of the cluster that has formed', {}],
    ])('%s', async (_, copied) => {
      const meant = await addVolume('search-1', { 'es-ecs-cluster-uuid': 'IXaeW7ryi_jlkMUp6a3wf9' });
      const copy = await theRoom().addVolume(`vol-${nextId()}`, tagsOf('search-1'));
      const row = theRoom().account.volumes.find(({ id }) => id === copy.id);
      Object.assign(row ?? {}, copied);
      const host = await addHost();
      const boot = await host.boot();
      await expectReady(host, boot);
      expect(boot.output).toContain(`${meant.id} is blank, making a file system`);
      expect(await copy.digest()).toBe(blankDigest);
    });
  });

  it('leave a unit that grows the file system while it is in use, and does nothing where nothing has grown', async () => {
    const volume = await addVolume();
    const host = await addHost();
    const unit = '/etc/systemd/system/es-ecs-grow.service';
    const run = `$(sed -n 's/^ExecStart=//p' ${unit}) 2>&1 | grep -o '^data [sb].*'`;
    const size = 'stat -f -c "%b %S" /var/lib/es-ecs';
    const booting = host.boot({
      after: [
        'cd /var/lib/es-ecs/data && head -c 3000000 /dev/urandom >before && sha256sum before',
        `${size}; ${run}; ${size}`,
        'exec 3>>open; echo one >&3; touch /run/is-full',
        'until [ "$(blockdev --getsize64 /dev/nvme1n1)" -gt 400000000 ]; do sleep 0.1; done',
        `${run}; ${size}; ${run}; ${size}`,
        'echo two >&3; cat open; sha256sum before; findmnt -n -o SOURCE --mountpoint /var/lib/es-ecs',
      ].join('\n'),
    });
    while ((await host.read('/run/is-full')) === undefined)
      await new Promise((wake) => setTimeout(wake, 100));
    await theRoom().grow(volume.id, 640);
    const boot = await booting;
    await expectReady(host, boot);
    const [digest, small, unchanged, same, grown, large, again, still, ...rest] = boot.after
      .trim()
      .split('\n');
    expect([unchanged, same]).toEqual(['data size unchanged, skipping', small]);
    expect(grown).toMatch(/^data blocks changed from 81920 to 163840$/);
    expect([again, still]).toEqual(['data size unchanged, skipping', large]);
    expect(rest).toEqual(['one', 'two', digest, '/dev/nvme1n1']);
    // What a file system of a size shows of it, which tells from far away that it has grown.
    const bytes = (line = ''): number => line.split(' ').reduce((product, word) => product * Number(word), 1);
    for (const [line, sizeMiB] of [
      [small, 320],
      [large, 640],
    ] as const) {
      expect(hasGrownTo(bytes(line), sizeMiB / 1024)).toBe(true);
      expect(hasGrownTo(bytes(line), (sizeMiB + 100) / 1024)).toBe(false);
    }
  });

  it('wait while the old host holds the volume, EC2 refuses, and the device is not there yet', async () => {
    const volume = await addVolume();
    const { account } = theRoom();
    account.volumes = [{ id: volume.id, tags: tagsOf('search-1'), holder: 'i-old', looksUntilFree: 2 }];
    account.attachmentsRefused = 1;
    const host = await addHost();
    const boot = await host.boot({ deviceLateMs: 3_000 });
    await expectReady(host, boot);
    expect(boot.output).toContain(`${volume.id} is in-use at i-old, waiting`);
    // A device that takes its time may be long enough for the tag.
    expect(boot.calls.filter((call) => call !== 'CreateTags')).toEqual([
      'DescribeVolumes',
      'DescribeVolumes',
      'DescribeVolumes',
      'AttachVolume (VolumeInUse)',
      'DescribeVolumes',
      'AttachVolume',
      'DescribeVolumes',
      'DeleteTags',
    ]);
  });

  it('wait for metadata that come late, and take the reason of an earlier boot away', async () => {
    await addVolume();
    const host = await addHost();
    theRoom().account.instances[host.id] = { 'es-ecs-problem': 'of an earlier boot', Name: 'search-1' };
    const boot = await host.boot({ lateRequests: 4, tagsLate: 3 });
    await expectReady(host, boot);
    expect(theRoom().account.instances[host.id]).toEqual({ Name: 'search-1' });
  });

  it('hold the agent without a node tag, and without any metadata', async () => {
    await addVolume();
    const nameless = await addHost('');
    const environment = { ES_ECS_PAUSE: '0.01' };
    const first = await nameless.boot({ environment });
    expect(first.output).toContain('going on in the background');
    expect(first.statuses).toEqual([0]);
    await expectHeld(nameless, 'the instance has no tag es-ecs-node in its metadata');
    const host = await addHost();
    const boot = await host.boot({ environment, lateRequests: Number.POSITIVE_INFINITY });
    expect(boot.output).toContain('the instance metadata name no instance id, waiting');
    expect(boot.calls).toEqual([]);
    expect(await host.wouldStartAgent()).toBe(false);
  });

  it('go on when EC2 throttles', async () => {
    await addVolume();
    const host = await addHost();
    theRoom().account.throttled = 3;
    const boot = await host.boot();
    await expectReady(host, boot);
    expect(boot.calls.slice(0, 4)).toEqual([
      'DescribeVolumes (RequestLimitExceeded)',
      'DescribeVolumes (RequestLimitExceeded)',
      'DescribeVolumes (RequestLimitExceeded)',
      'DescribeVolumes',
    ]);
  });

  /** Commands, as bash prints them, before each of which a run is killed; in the order in which they come. */
  const cuts = [
    'systemctl daemon-reload',
    'systemctl start --no-block es-ecs-host.service',
    'sysctl -q*',
    'found=$(ask_ec2 Action=DescribeVolumes*',
    'ask_ec2 Action=AttachVolume*',
    'mkfs.xfs -q*',
    'mount -t xfs -o ro*',
    'judge "$look"',
    'umount "$look"',
    'mount -t xfs -o noatime*',
    'echo "$cluster/$node"*',
    'sync -f*',
    'mv "$mount_point/$marker.new"*',
    'umount "$mount_point"',
    'rm -f "$mount_point/$marker.new"',
    'mkdir -p "$mount_point/data"',
    'chown 1000:0*',
    'chmod 0770*',
    'systemctl start --no-block es-ecs-grow.timer',
    'write_file "$root/etc/es-ecs/node.env"*',
    'write_file "$root/etc/ecs/ecs.config"*',
    'ask_ec2 Action=DeleteTags*',
    'touch "$ready"',
  ];

  it('can be killed before each step and run again at once', async () => {
    await addVolume();
    const host = await addHost();
    const boot = await host.boot({ runs: [...cuts, undefined], after: listFiles });
    expect(boot.statuses).toEqual([...cuts.map(() => 137), 0]);
    expect(boot.ready).toEqual([...cuts.map(() => false), true]);
    await expectReady(host, boot);
    expect(boot.calls.filter((call) => call === 'AttachVolume')).toHaveLength(1);
    expect(boot.after).toMatch(/^[0-9a-f]{64} {2}\.\/\.es-ecs-volume\n/);
  });

  it.each(['mv "$mount_point/$marker.new"*', 'umount "$mount_point"', 'touch "$ready"'])(
    'can be killed before %s, and the host boots again',
    async (pattern) => {
      await addVolume();
      const host = await addHost();
      const killed = await host.boot({ runs: [pattern] });
      expect(killed.statuses).toEqual([137]);
      expect(await host.wouldStartAgent()).toBe(false);
      await expectReady(host, await host.boot());
    },
  );

  it('finish a file system that was cut short at any of its writes', async () => {
    const volume = await addVolume();
    const host = await addHost();
    give(volume, host);
    const boot = await host.boot({
      runs: [],
      // All of the script but its last lines, which call what the others define.
      before: `sed '/^hold_the_agent$/,$d' /root/user-data.sh >/root/functions.sh
        echo "device=/dev/nvme1n1 volume_id=${volume.id}; make_file_system_if_blank; trap - EXIT" >>/root/functions.sh
        exec >/run/cuts 2>&1
        for n in $(seq 200); do
          blkdiscard -z -f /dev/nvme1n1
          strace -f -o /dev/null -e trace=pwrite64 -e inject=pwrite64:signal=KILL:when=$n mkfs.xfs -q /dev/nvme1n1 && break
          bash /root/functions.sh && mount -t xfs /dev/nvme1n1 /mnt && umount /mnt && echo "$n usable" || echo "$n NOT"
        done`,
    });
    expect(boot.output).toBe('');
    const said = (await host.read('/run/cuts')) ?? '';
    const outcomes = said.split('\n').filter((line) => /^\d+ /.test(line));
    expect(outcomes.length).toBeGreaterThan(30);
    expect(outcomes).toEqual(outcomes.map((_, index) => `${String(index + 1)} usable`));
    expect(said).toContain('is blank, making a file system');
    expect(said).toContain('was never finished, making it again');
  });

  it('call of EC2 exactly what the role of hosts allows', () => {
    const called = new Set(theRoom().account.calls.map((call) => `ec2:${call.replace(/ .*/, '')}`));
    const allowed = instancePolicy(createBench().context).Statement.flatMap(({ Action }) => Action);
    expect([...called].sort()).toEqual(allowed.filter((action) => action.startsWith('ec2:')).sort());
  });
});

/** 320 MiB of zeros. */
const blankDigest = '9942003e84c1648820149cb7b82869eb1e6515ddd04951bd2c69f9273b09c053';
