import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, open, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { execa } from 'execa';

import { type Account, type InstanceMetadata, type MetadataLog } from './instance-services.ts';
import { serveEc2, serveMetadata, type Service } from './instance-services.ts';
import { runScript, startScript } from './part.ts';

/** mkfs.xfs makes nothing smaller than 300 MiB; the files are sparse. */
const volumeBytes = 320 * 1024 * 1024;
/** No boot of these tests takes longer, unless something waits for ever. */
const bootLimitMs = 590_000;

/** A machine room: hosts, volumes, and the account that they belong to. */
export interface MachineRoom {
  readonly account: Account;
  /** Makes a blank volume with these tags. */
  addVolume(id: string, tags: Readonly<Record<string, string>>): Promise<Volume>;
  /** Makes a host; it boots when told to. */
  addHost(options: HostOptions): Promise<Host>;
  /** Takes a volume from whatever host has it, which must be off. */
  detach(volumeId: string): Promise<void>;
  /** Makes a volume larger, under whatever host has it. */
  grow(volumeId: string, sizeMiB: number): Promise<void>;
  stop(): Promise<void>;
}

export interface Volume {
  readonly id: string;
  /** The volume's bytes, from outside. */
  readonly file: string;
  /** A digest of all of them. */
  digest(): Promise<string>;
}

export interface HostOptions extends InstanceMetadata {
  /** `user-data.sh` alone, without what cloud-init reads around it. */
  readonly script: string;
}

export interface BootOptions {
  /**
   * One run of the script each. A pattern is that of the command (as bash prints it) before which the run is killed with
   * SIGKILL; undefined lets it run to its end. By default, one whole run.
   */
  readonly runs?: readonly (string | undefined)[];
  /** Lets cloud-init fetch the user data and run them, instead of running the script itself. */
  readonly withCloudInit?: boolean;
  /** Lets systemd do it all, as the first process; the commands afterwards run once cloud-init has ended. */
  readonly withSystemd?: boolean;
  /** Shell commands on the host before user data, and after them. */
  readonly before?: string;
  readonly after?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** So many of the first requests find no metadata service. */
  readonly lateRequests?: number;
  /** So many of the first questions for a tag find none. */
  readonly tagsLate?: number;
  /** After how long a volume that is attached meanwhile shows up as a device. */
  readonly deviceLateMs?: number;
}

/** What a boot came to. */
export interface Boot {
  /** Exit statuses of the runs, or of cloud-init's stages; 137 is that of a killed one. */
  readonly statuses: readonly number[];
  /** After which of them the agent was free to start. */
  readonly ready: readonly boolean[];
  /** What went to the console. */
  readonly output: string;
  /** What the commands afterwards printed. */
  readonly after: string;
  readonly metadata: MetadataLog;
  /** Calls to EC2. */
  readonly calls: readonly string[];
  readonly elapsedMs: number;
}

export interface Host {
  boot(options?: BootOptions): Promise<Boot>;
  /** A file on the root disk, or in /run as of the last boot; undefined when there is none. */
  read(file: string): Promise<string | undefined>;
  /** Where a file of the root disk or of /run is, seen from outside. */
  where(file: string): string;
  /** Whether systemd would start the ECS agent now: whether there is what the conditions of its drop-ins name. */
  wouldStartAgent(): Promise<boolean>;
}

/**
 * Opens a machine room; makes the hosts' root file system where it is missing.
 *
 * @throws PartUnavailable without Linux, root, namespaces, xfs or loop devices; give this to `startPart`.
 */
export async function openMachineRoom(): Promise<MachineRoom> {
  const keeper = await startScript('host.sh', []);
  const folder = keeper.where;
  const account: Account = { volumes: [], instances: {}, throttled: 0, attachmentsRefused: 0, calls: [] };
  const hosts: MachineHost[] = [];
  const fileOf = (id: string): string => path.join(folder, 'volumes', id);
  const ec2 = await serveEc2(path.join(folder, 'sockets', 'ec2'), account, async (volume, instanceId) => {
    await hosts.find((host) => host.options.instanceId === instanceId)?.plug(volume.id);
  });
  return {
    account,
    async addVolume(id, tags) {
      const file = fileOf(id);
      const handle = await open(file, 'wx');
      await handle.truncate(volumeBytes);
      await handle.close();
      account.volumes.push({ id, tags: { ...tags } });
      return { id, file, digest: () => digest(file) };
    },
    async addHost(options) {
      const host = new MachineHost(folder, options, account);
      await runScript('host.sh', ['prepare', folder, options.instanceId]);
      hosts.push(host);
      return host;
    },
    async detach(volumeId) {
      const volume = account.volumes.find(({ id }) => id === volumeId);
      if (volume !== undefined) delete volume.holder;
      await runScript('host.sh', ['unplug', fileOf(volumeId)]);
    },
    async grow(volumeId, sizeMiB) {
      await runScript('host.sh', ['grow', fileOf(volumeId), String(sizeMiB)]);
    },
    async stop() {
      await ec2.stop();
      await keeper.stop();
    },
  };
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Kills the shell that reads it before the command that it is told; bash reads it by way of BASH_ENV. */
const cut = `set -o functrace
trap 'if [[ $BASH_COMMAND == $CUT ]]; then kill -9 $$; fi' DEBUG
`;

class MachineHost implements Host {
  readonly options: HostOptions;
  readonly #folder: string;
  readonly #account: Account;
  #boots = 0;
  #deviceLateMs = 0;

  constructor(folder: string, options: HostOptions, account: Account) {
    this.#folder = folder;
    this.options = options;
    this.#account = account;
  }

  get #here(): string {
    return path.join(this.#folder, 'hosts', this.options.instanceId);
  }

  where(file: string): string {
    return path.join(this.#here, file.startsWith('/run/') ? '' : 'upper', file);
  }

  async read(file: string): Promise<string | undefined> {
    return readFile(this.where(file), 'utf8').catch(() => undefined);
  }

  async wouldStartAgent(): Promise<boolean> {
    const dropIn = await this.read('/etc/systemd/system/ecs.service.d/10-es-ecs.conf');
    const conditions = [...(dropIn ?? '').matchAll(/^ConditionPathExists=(.*)$/gm)];
    const held = conditions.map(([, file = '']) => access(this.where(file)));
    return (await Promise.allSettled(held)).every(({ status }) => status === 'fulfilled');
  }

  /** The kernel numbers devices in any order: another one in each boot. */
  async plug(volumeId: string): Promise<void> {
    const { instanceId } = this.options;
    const file = path.join(this.#folder, 'volumes', volumeId);
    const device = `nvme${String(this.#boots)}n1`;
    const plugging = async (): Promise<void> => {
      await runScript('host.sh', ['plug', file, this.#folder, instanceId, device, volumeId.replace('-', '')]);
    };
    if (this.#deviceLateMs === 0) await plugging();
    else setTimeout(() => void plugging(), this.#deviceLateMs);
  }

  async boot(options: BootOptions = {}): Promise<Boot> {
    const begun = performance.now();
    const { instanceId } = this.options;
    this.#boots++;
    this.#deviceLateMs = 0;
    await runScript('host.sh', ['prepare', this.#folder, instanceId]);
    for (const { id, holder } of this.#account.volumes) if (holder === instanceId) await this.plug(id);
    this.#deviceLateMs = options.deviceLateMs ?? 0;
    await this.#writeFiles(options);
    const log: MetadataLog = { withoutToken: [], answered: [] };
    const metadata = await this.#serveMetadata(log, options);
    const callsBefore = this.#account.calls.length;
    try {
      const script = path.join(import.meta.dirname, 'host.sh');
      const command =
        options.withSystemd === true
          ? ['start', this.#folder, instanceId]
          : ['boot', this.#folder, instanceId, 'bash', '/root/boot.sh'];
      const { all } = await execa(script, command, {
        all: true,
        reject: false,
        stdin: 'ignore',
        timeout: bootLimitMs,
      });
      const runs = ((await this.read('/run/runs')) ?? '').trim().split('\n');
      return {
        statuses: runs.map((line) => Number.parseInt(line, 10)),
        ready: runs.map((line) => line.endsWith('ready')),
        output: all,
        after: (await this.read('/run/after')) ?? '',
        metadata: log,
        calls: this.#account.calls.slice(callsBefore),
        elapsedMs: Math.round(performance.now() - begun),
      };
    } finally {
      await metadata.stop();
    }
  }

  #serveMetadata(log: MetadataLog, options: BootOptions): Promise<Service> {
    const socket = path.join(this.#folder, 'sockets', `${this.options.instanceId}.metadata`);
    const { lateRequests = 0, tagsLate = 0 } = options;
    return serveMetadata(socket, () => this.options, { log, lateRequests, tagsLate });
  }

  async #writeFiles(options: BootOptions): Promise<void> {
    const { runs = [undefined], withCloudInit = false, before = '', after = '' } = options;
    // Short, as nothing here takes as long as on EC2.
    const environment = { ES_ECS_PAUSE: '0.1', ES_ECS_EC2: 'http://127.0.0.1:4566', ...options.environment };
    const script = withCloudInit
      ? ['cloud-init init', 'cloud-init modules --mode=config', 'cloud-init modules --mode=final']
      : runs.map((pattern) =>
          pattern === undefined
            ? '/root/user-data.sh'
            : `BASH_ENV=/root/cut.sh CUT=${quoted(pattern)} bash /root/user-data.sh`,
        );
    const lines = [
      ...Object.entries(environment).map(([name, value]) => `export ${name}=${quoted(value)}`),
      before,
      ...script.map((line) => `${line}; echo "$? $([ ! -e /run/es-ecs/ready ] || echo ready)" >>/run/runs`),
      `{ ${after}\n:; } >/run/after 2>&1`,
    ];
    await mkdir(this.where('/root'), { recursive: true });
    if (options.withSystemd === true) await this.#writeUnits(environment, { before, after });
    await writeFile(this.where('/root/user-data.sh'), this.options.script, { mode: 0o755 });
    await writeFile(this.where('/root/cut.sh'), cut);
    await writeFile(this.where('/root/boot.sh'), `${lines.join('\n')}\n`);
  }

  /** The environment of all units, and one more that looks at what cloud-init has left and ends the boot. */
  async #writeUnits(
    environment: Readonly<Record<string, string>>,
    { before, after }: { readonly before: string; readonly after: string },
  ): Promise<void> {
    const words = Object.entries(environment).map(([name, value]) => `"${name}=${value}"`);
    const files = {
      '/etc/systemd/system.conf.d/test.conf': `[Manager]\nDefaultEnvironment=${words.join(' ')}\n`,
      '/etc/systemd/system/test-before.service': `[Unit]\nDefaultDependencies=no\nBefore=cloud-init-local.service\n[Service]\nType=oneshot\nExecStart=/bin/bash /root/before.sh\n[Install]\nWantedBy=cloud-init.target\n`,
      '/etc/systemd/system/test-after.service':
        '[Unit]\nAfter=cloud-final.service\n[Service]\nExecStart=/bin/bash /root/after.sh\n',
      '/root/before.sh': `${before}\n`,
      '/root/after.sh': `{ ${after}\n:; } >/run/after 2>&1\njournalctl --no-pager >/run/journal 2>&1\nsystemctl --no-block poweroff\n`,
    };
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(this.where(name)), { recursive: true });
      await writeFile(this.where(name), text);
    }
    const wants = this.where('/etc/systemd/system/cloud-init.target.wants');
    await mkdir(wants, { recursive: true });
    for (const name of ['test-before.service', 'test-after.service'])
      await symlink(`../${name}`, path.join(wants, name)).catch(() => undefined);
  }
}

/** One word to a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
