import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { createSimulation, type OpenSimulation, type Simulation } from '../../../src/cli/simulation.ts';
import { createImageBuilder } from '../../../src/docker/image-builder.ts';
import { runProgram } from '../../../src/docker/run.ts';
import { clusterControl } from '../../../src/access/control.ts';
import { answerFailure } from '../../../src/access/refusal.ts';
import type { ServerRequest } from '../../../src/access/server.ts';
import type { ClusterControl } from '../../../src/elasticsearch/client.ts';
import { EsEcsError } from '../../../src/errors.ts';
import { inPrivateFolder } from '../../../src/cli/private-folder.ts';
import { pushImage } from '../../../src/simulator/ecr/images.ts';
import { ownRegistry, requireRepository } from '../../../src/simulator/ecr/repositories.ts';
import { type SecretRow, secrets } from '../../../src/simulator/secrets-manager/secrets.ts';
import type { ClusterAccess, ImageBuilder } from '../../../src/steps/adapters.ts';
import { throughBastion } from './bastion.ts';
import { addressOf, type ContainerRuntime, createContainerRuntime } from './container-runtime.ts';
import { type Docker, registryUser } from './docker.ts';
import { type Access, ask, type Question, type Answer } from './elasticsearch-client.ts';
import { keepPace, type Pace } from './pace.ts';
import type { Sshd } from './sshd.ts';

/**
 * A simulated account whose tasks are real: images are built and pushed into a registry on loopback, tasks are
 * containers of them, and the cluster that answers is the one in those containers.
 */
export interface RealAccount {
  /** For `Terminal.openSimulation`: one account for all commands of a test file. */
  readonly open: OpenSimulation;
  /** The account, once a command has opened it. */
  readonly simulation: Simulation;
  readonly runtime: ContainerRuntime;
  /** From the secrets of the account. */
  readonly access: Access & {
    readonly secretValues: readonly string[];
    /** Two while one is rotated. */
    readonly passwords: readonly string[];
  };
  /** Asks a node of the cluster. */
  ask(node: string, path: string, question?: Question): Promise<Answer>;
  /** Lets the account's time pass until something is so. @throws Error when it is not within the limit of real time */
  until(what: string, isSo: () => boolean | Promise<boolean>, limitMs?: number): Promise<void>;
  /**
   * Lets so many of the account's seconds pass in a real one while the work goes on: a limit of a quarter of an hour need not be
   * waited out. Not for what the limit is not about: containers start as slowly as ever.
   */
  hasten<Result>(factor: number, work: () => Promise<Result>): Promise<Result>;
  /** What was not as it would be on AWS. */
  differences(): readonly string[];
  close(): Promise<void>;
}

/** What an account is made with. */
export interface RealAccountOptions {
  readonly docker: Docker;
  readonly registryPassword: string;
  /** Hosts and their volumes are made in it. */
  readonly folder: string;
  readonly cluster: string;
  /** See `ContainerRuntimeOptions`. */
  readonly net?: string;
  /** With one, `up` reaches Elasticsearch by the product's own way in; left out: by a test's own client. */
  readonly bastion?: Sshd;
}

/** Makes an account with nothing in it. */
export async function createRealAccount(options: RealAccountOptions): Promise<RealAccount> {
  const { docker, folder, cluster, net, bastion } = options;
  let opened: Simulation | undefined;
  let pace: Pace | undefined;
  const simulation = (): Simulation => {
    if (opened === undefined) throw new Error('no command has opened the account yet');
    return opened;
  };
  await mkdir(folder, { recursive: true });
  const runtime = await createContainerRuntime({
    dockerHost: docker.dockerHost,
    folder,
    ...(net === undefined ? {} : { net }),
    imageName: (reference) =>
      reference.replace(`${ownRegistry(simulation().account.world)}/`, `${docker.registryHost}/`),
    onBusy: () => pace?.wake(),
  });
  const access = (): RealAccount['access'] => accessOf(simulation(), cluster);
  const askNode: RealAccount['ask'] = (node, where, question) =>
    ask(addressOf(node, net), where, access(), question);
  const open: OpenSimulation = async (given) => {
    // What is in an image is decided by the config, which may be another one each time.
    const withImages = (one: Simulation): Simulation => ({
      ...one,
      adapters: { ...one.adapters, images: realImages(one, { ...options, config: given.config }) },
    });
    if (opened !== undefined) return withImages(opened);
    const made = await createSimulation({ ...given, runtime });
    const direct = realCluster({ simulation: made, runtime, cluster, ask: askNode });
    const reach: ClusterAccess =
      bastion === undefined
        ? { connect: () => Promise.resolve(direct) }
        : throughBastion({
            simulation: made,
            config: given.config,
            sshd: bastion,
            knownHostsFile: path.join(folder, 'known_hosts'),
            addressOf: (node) => addressOf(node, net),
            running: () => runtime.tasks.filter(({ observation }) => observation.status === 'running').length,
          });
    opened = { ...made, adapters: { ...made.adapters, cluster: reach } };
    pace = keepPace(made.clock, () => runtime.isBusy());
    return withImages(opened);
  };
  return {
    open,
    runtime,
    get simulation() {
      return simulation();
    },
    get access() {
      return access();
    },
    ask: askNode,
    until: async (what, isSo, limitMs = 1_100_000) => {
      const { clock, account } = simulation();
      const deadline = performance.now() + limitMs;
      while (!(await clock.hold(Promise.resolve(isSo())))) {
        if (performance.now() > deadline) throw new Error(`not within ${limitMs / 1000} s: ${what}`);
        await clock.sleep(500);
        // Without a container under way, the account's time flies; the cluster's does not.
        if (!runtime.isBusy()) await clock.hold(setTimeout(100));
        account.world.catchUp();
      }
    },
    hasten: async (factor, work) => {
      if (pace === undefined) throw new Error('no command has opened the account yet');
      pace.factor = factor;
      try {
        return await work();
      } finally {
        pace.factor = 1;
      }
    },
    differences: () => [
      `hosts: ${net ?? '127.0.0'}.1, .2, .3, … on one machine, as user data would leave them; Elasticsearch only warns of failed bootstrap checks on such addresses`,
      ...runtime.refused.map(
        ({ name, wanted, given }) =>
          `ulimit ${name}: ${given}, as this machine refuses the ${wanted} of the task definition`,
      ),
      `the image comes from ${docker.registryHost} under the digest that the task definition has`,
      'logs: kept by the engine, and in CloudWatch not before a container has ended',
    ],
    close: () => runtime.close(),
  };
}

/** The product's own image builder, with the registry on loopback in the place of ECR. */
function realImages(
  simulation: Simulation,
  options: {
    readonly docker: Docker;
    readonly registryPassword: string;
    readonly config: Parameters<typeof createImageBuilder>[0]['config'];
  },
): ImageBuilder {
  const { docker, registryPassword, config } = options;
  const { clock, account } = simulation;
  const builder = createImageBuilder({
    config,
    version: '0.0.0-test',
    inFolder: inPrivateFolder,
    run: (argv, more = {}) => runProgram(argv, { ...more, env: { ...docker.environment, ...more.env } }),
  });
  const buildAndPush: ImageBuilder['buildAndPush'] = async (order) => {
    const name = order.repositoryUri.slice(order.repositoryUri.indexOf('/') + 1);
    const login = { registry: docker.registryHost, user: registryUser, password: registryPassword };
    await builder.buildAndPush({
      ...order,
      repositoryUri: `${docker.registryHost}/${name}`,
      login,
    });
    const { world } = account;
    const repository = requireRepository(world, name);
    if (repository.images.some(({ tags }) => tags.includes(order.tag))) return;
    const answer = await fetch(`${docker.registryUrl}/v2/${name}/manifests/${order.tag}`, {
      headers: {
        authorization: `Basic ${Buffer.from(`${registryUser}:${registryPassword}`).toString('base64')}`,
        accept: 'application/vnd.docker.distribution.manifest.v2+json',
      },
    });
    pushImage(world, repository, { ...order, manifest: await answer.text() });
  };
  return {
    check: () => clock.hold(builder.check()),
    buildAndPush: (order) => clock.hold(buildAndPush(order)),
  };
}

function accessOf(simulation: Simulation, cluster: string): RealAccount['access'] {
  const rows = [...simulation.account.world.rows(secrets).values()];
  const valueOf = (name: string): Readonly<Record<string, string>> => {
    const row: SecretRow | undefined = rows.find((one) => one.name === `es-ecs/${cluster}/${name}`);
    const text = row?.versions.find((version) => version.stages.includes('AWSCURRENT'))?.text;
    if (text === undefined) throw new Error(`the account has no secret ${name}`);
    return JSON.parse(text) as Readonly<Record<string, string>>;
  };
  const authority = valueOf('authority');
  const certificates = valueOf('certificates');
  const { password = '', next } = valueOf('password');
  const { privateKey = '' } = authority;
  const { nodeKey = '', caCertificate = '' } = certificates;
  // Of a key, a line in the middle, which no other key has.
  const lines = [privateKey, nodeKey].map((key) => key.split('\n')[2] ?? '');
  const passwords = next === undefined ? [password] : [password, next];
  return { authority: caCertificate, password, passwords, secretValues: [password, ...lines] };
}

/** What `up` asks the cluster, through a test's own client; each question is real time. */
function realCluster(options: {
  readonly simulation: Simulation;
  readonly runtime: ContainerRuntime;
  readonly cluster: string;
  readonly ask: RealAccount['ask'];
}): ClusterControl {
  const { simulation, runtime, cluster } = options;
  const send = async (request: ServerRequest): Promise<Answer> => {
    const node = runtime.tasks.findLast((task) => task.observation.status === 'running')?.node;
    if (node === undefined) throw new EsEcsError('UNREACHABLE', 'no node runs');
    const { path: where, ...question } = request;
    const answer = await options.ask(node, where, question).catch((error: unknown) => {
      throw new EsEcsError('UNREACHABLE', `${node}: ${String(error)}`);
    });
    const failure = answerFailure(answer, { who: node, clusterName: cluster, request });
    if (failure !== undefined) throw failure;
    return answer;
  };
  const control = clusterControl({ send: (request) => simulation.clock.hold(send(request)) });
  return {
    ...control,
    health: async () => {
      const health = await control.health();
      // The gate looks again as soon as its virtual pause is over: at once, if nothing else took time.
      if (health.status !== 'green') await simulation.clock.hold(setTimeout(500));
      return health;
    },
  };
}
