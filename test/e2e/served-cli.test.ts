import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type PlanDocument, Story } from '../lifecycle/story.ts';
import { installAwsClients } from './support/boto.ts';
import { startPart } from './support/part.ts';

const bin = await startPart('the AWS CLI and boto3', installAwsClients);
const program = path.join(import.meta.dirname, '..', '..', 'bin', 'es-ecs.js');

/** What `simulate serve --json` prints. */
interface Served {
  readonly url: string;
  readonly region: string;
  readonly environment: Readonly<Record<string, string>>;
}

interface Ran {
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** `es-ecs simulate serve` in a process of its own. */
class Server {
  readonly served: Promise<Served>;
  readonly #child: ChildProcess;

  constructor(config: string, ...options: readonly string[]) {
    const words = ['simulate', 'serve', '--config', config, '--port', '0', '--json', ...options];
    const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    this.served = new Promise((resolve, reject) => {
      createInterface(child.stdout).once('line', (line) => {
        // The command prints this line and nothing else.
        resolve(JSON.parse(line) as Served);
      });
      child.once('exit', (status) => {
        reject(new Error(`simulate serve ended with ${String(status)} before it served`));
      });
    });
  }

  /** Ctrl-C; its exit status. */
  async interrupt(): Promise<number | null> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGINT');
    const [status] = (await ended) as [number | null];
    return status;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

describe.skipIf(bin === undefined)('the AWS CLI on es-ecs simulate serve', () => {
  let story: Story;
  let server: Server;
  let served: Served;
  let asked = 0;

  const run = async (
    file: string,
    words: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<Ran> => {
    const { exitCode, stdout, stderr } = await execa(file, words, {
      env: { PATH: process.env['PATH'] ?? '', HOME: story.directory, ...env },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
    });
    return { status: exitCode, stdout, stderr };
  };
  const aws = (words: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> => {
    asked += 1;
    return run(path.join(bin ?? '', 'aws'), words.split(' '), {
      ...served.environment,
      AWS_PAGER: '',
      AWS_EC2_METADATA_DISABLED: 'true',
      ...env,
    });
  };
  const json = async <Answer>(words: string): Promise<Answer> => {
    const { status, stdout, stderr } = await aws(`${words} --output json`);
    if (status !== 0) throw new Error(`aws ${words}: ${stderr}`);
    return (stdout === '' ? undefined : JSON.parse(stdout)) as Answer;
  };
  const esEcs = (words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> =>
    run(process.execPath, [program, ...words, '--config', story.config], env);

  beforeAll(async () => {
    story = new Story();
    await story.json('up');
    server = new Server(story.config);
    served = await server.served;
  });
  afterAll(() => {
    server.kill();
    story.end();
    process.stderr.write(`\n${String(asked)} commands of the AWS CLI asked\n`);
  });

  it('shows what es-ecs has made, by filters of any kind', async () => {
    const instances = await json<string[]>(
      'ec2 describe-instances --filters Name=tag:es-ecs-cluster,Values=search Name=instance-state-name,Values=running --query Reservations[].Instances[].InstanceId',
    );
    expect(instances).toHaveLength(4);
    const none = await json<string[]>(
      'ec2 describe-instances --filters Name=tag:es-ecs-cluster,Values=another --query Reservations[].Instances[]',
    );
    expect(none).toEqual([]);
    const services = await json<{ serviceArns: string[] }>('ecs list-services --cluster es-ecs-search');
    expect(services.serviceArns).toHaveLength(3);
    const { Account } = await json<{ Account: string }>('sts get-caller-identity');
    expect(Account).toBe('123456789012');
    const { SecretString } = await json<{ SecretString: string }>(
      'secretsmanager get-secret-value --secret-id es-ecs/search/password',
    );
    expect(Object.keys(JSON.parse(SecretString) as object)).toEqual(['password']);
  });

  it('pages as the CLI wants it', async () => {
    const types = await json<string[]>(
      'ec2 describe-instance-types --page-size 7 --query InstanceTypes[].InstanceType',
    );
    expect(types.length).toBeGreaterThan(100);
    expect(types).toEqual([...new Set(types)]);
    const first = await json<{ InstanceTypes: object[]; NextToken: string }>(
      'ec2 describe-instance-types --max-items 6 --page-size 5',
    );
    expect(first.InstanceTypes).toHaveLength(6);
    expect(first.NextToken).toMatch(/./);
  });

  it.each([
    ['iam get-role --role-name nobody', 'NoSuchEntity'],
    [
      'iam create-role --role-name es-ecs-search-eu-west-1-task --assume-role-policy-document {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}',
      'EntityAlreadyExists',
    ],
    [
      'autoscaling update-auto-scaling-group --auto-scaling-group-name nobody --min-size 1',
      'ValidationError',
    ],
    ['ec2 describe-vpcs --vpc-ids vpc-0123456789abcdef0', 'InvalidVpcID.NotFound'],
    ['ec2 delete-vpc --vpc-id vpc-0123456789abcdef0 --dry-run', 'DryRunOperation'],
    ['ec2 describe-snapshots', 'InvalidAction'],
    ['iam list-users', 'InvalidAction'],
    ['ssm describe-parameters', 'UnknownOperationException'],
    ['s3api list-buckets', 'InvalidAction'],
    ['ecs describe-task-definition --task-definition nobody', 'ClientException'],
    ['secretsmanager describe-secret --secret-id nobody', 'ResourceNotFoundException'],
    ['ec2 describe-vpcs --region us-east-1', 'AuthFailure'],
  ])("is refused in the service's own words: aws %s", async (words, code) => {
    const { status, stderr } = await aws(words);
    expect(status).toBe(255);
    expect(stderr).toContain(`(${code})`);
  });

  it.each([
    ['ec2 describe-vpcs', { AWS_SECRET_ACCESS_KEY: 'another' }, 'AuthFailure'],
    ['ecs list-clusters', { AWS_SECRET_ACCESS_KEY: 'another' }, 'InvalidSignatureException'],
    ['iam list-roles', { AWS_ACCESS_KEY_ID: 'ANOTHER' }, 'InvalidClientTokenId'],
  ])('tells nothing to who has not the secret: aws %s', async (words, env, code) => {
    const { status, stdout, stderr } = await aws(words, env);
    expect(status).toBe(255);
    expect(stdout).toBe('');
    expect(stderr).toContain(`(${code})`);
  });

  it('is for this machine alone, takes no request under another name, and none without an end', async () => {
    const { port } = new URL(served.url);
    const ask = (headers: Readonly<Record<string, string>>, body = ''): Promise<number> =>
      new Promise((resolve, reject) => {
        const request = http.request({ host: '127.0.0.1', port, method: 'POST', headers }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        request.once('error', reject);
        request.end(body);
      });
    expect(await ask({ host: `127.0.0.1:${port}` })).toBe(403);
    expect(await ask({ host: 'evil.example.com' })).toBe(421);
    expect(await ask({ host: `127.0.0.1:${port}` }, 'x'.repeat(6 * 1024 * 1024))).toBe(413);
  });

  it('keeps other commands from the account meanwhile, and says who has it', async () => {
    for (const words of [
      ['plan', '--simulate'],
      ['up', '--simulate'],
      ['status', '--simulate'],
      ['simulate', 'serve', '--port', '0'],
    ]) {
      const { status, stderr } = await esEcs(words);
      expect(stderr).toContain('es-ecs simulate serve');
      expect(status).toBe(4);
    }
  });

  it('is an account like any other to es-ecs itself, over the wire', async () => {
    const words = ['plan', '--json', '--state', story.stateFile];
    const { status, stdout, stderr } = await esEcs(words, served.environment);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    // The command's own document.
    const { summary } = JSON.parse(stdout) as PlanDocument;
    expect(summary).toMatchObject({ create: 0, change: 0, replace: 0, refuse: 0, destroy: 0 });
    expect(summary.inSync).toBeGreaterThan(50);
  });

  it('shows changes made with the CLI to plan, and up mends them', async () => {
    const [vpc = ''] = await json<string[]>(
      'ec2 describe-vpcs --filters Name=tag:es-ecs-cluster,Values=search --query Vpcs[].VpcId',
    );
    const [table = ''] = await json<string[]>(
      'ec2 describe-route-tables --filters Name=tag:es-ecs-cluster,Values=search Name=tag:es-ecs-resource,Values=network/route-table/private/eu-west-1a --query RouteTables[].RouteTableId',
    );
    const [bastion = ''] = await json<string[]>(
      'ec2 describe-instances --filters Name=tag:es-ecs-resource,Values=bastion/instance --query Reservations[].Instances[].InstanceId',
    );
    const [group = ''] = await json<string[]>(
      'ec2 describe-security-groups --filters Name=tag:es-ecs-cluster,Values=search Name=tag:es-ecs-resource,Values=network/security-group/node --query SecurityGroups[].GroupId',
    );
    expect([vpc, table, bastion, group]).not.toContain('');
    await json(`ec2 create-tags --resources ${vpc} --tags Key=Name,Value=mine`);
    await json(`ec2 delete-route --route-table-id ${table} --destination-cidr-block 0.0.0.0/0`);
    await json(`ec2 terminate-instances --instance-ids ${bastion}`);
    await json(
      `ec2 authorize-security-group-ingress --group-id ${group} --protocol tcp --port 9200 --cidr 0.0.0.0/0`,
    );

    expect(await server.interrupt()).toBe(0);
    expect(existsSync(`${story.accountFile}.lock`)).toBe(false);
    expect(existsSync(`${story.stateFile}.lock`)).toBe(false);

    const plan = await story.json<PlanDocument>('plan');
    const changed = plan.changes.filter(({ action }) => action !== 'in-sync').map(({ address }) => address);
    expect(changed.sort()).toEqual([
      'bastion/instance',
      'network/route/private/eu-west-1a',
      'network/security-group/node',
      'network/vpc',
    ]);
    await story.json('up');
    const after = await story.json<PlanDocument>('plan');
    expect(after.summary).toMatchObject({ create: 0, change: 0, replace: 0, refuse: 0, destroy: 0 });
  });

  it('goes on where it was left, in its own time and with another secret, also after a kill', async () => {
    server = new Server(story.config, '--pace', '600');
    const before = served;
    served = await server.served;
    expect(served.environment['AWS_SECRET_ACCESS_KEY']).not.toBe(before.environment['AWS_SECRET_ACCESS_KEY']);
    const { VolumeId } = await json<{ VolumeId: string }>(
      'ec2 create-volume --availability-zone eu-west-1a --size 1 --volume-type gp3',
    );
    await json(`ec2 wait volume-available --volume-ids ${VolumeId}`);
    // What was answered is in the file already.
    server.kill();
    await expect
      .poll(() => esEcs(['status', '--simulate']).then(({ status }) => status), { timeout: 60_000 })
      .toBe(0);
    expect(JSON.stringify(story.account.tables['ec2/volumes'])).toContain(VolumeId);
  });
});
