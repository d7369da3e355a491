import { mkdir } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

import { createSimulation, type OpenSimulation, type Simulation } from '../../../src/cli/simulation.ts';
import { createImageBuilder } from '../../../src/docker/image-builder.ts';
import { runProgram } from '../../../src/docker/run.ts';
import type { ClusterNode, ClusterView, HealthStatus } from '../../../src/elasticsearch/client.ts';
import { EsEcsError } from '../../../src/errors.ts';
import { pushImage } from '../../../src/simulator/ecr/images.ts';
import { registryHost, requireRepository } from '../../../src/simulator/ecr/repositories.ts';
import { type SecretRow, secrets } from '../../../src/simulator/secrets-manager/secrets.ts';
import type { ImageBuilder } from '../../../src/steps/adapters.ts';
import { addressOf, type ContainerRuntime, createContainerRuntime } from './container-runtime.ts';
import { type Docker, registryUser } from './docker.ts';
import { type Access, ask, type Question, type Answer } from './elasticsearch-client.ts';
import { keepPace, type Pace } from './pace.ts';

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
  readonly access: Access & { readonly secretValues: readonly string[] };
  /** Asks a node of the cluster. */
  ask(node: string, path: string, question?: Question): Promise<Answer>;
  /** Lets the account's time pass until something is so. @throws Error when it is not within the limit of real time */
  until(what: string, isSo: () => boolean | Promise<boolean>, limitMs?: number): Promise<void>;
  /** What was not as it would be on AWS. */
  differences(): readonly string[];
  close(): Promise<void>;
}

/** @param folder hosts and their volumes are made in it */
export async function createRealAccount(options: {
  readonly docker: Docker;
  readonly registryPassword: string;
  readonly folder: string;
  readonly cluster: string;
}): Promise<RealAccount> {
  const { docker, folder, cluster } = options;
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
    imageName: (reference) =>
      reference.replace(`${registryHost(simulation().account.world)}/`, `${docker.registryHost}/`),
    onBusy: () => pace?.wake(),
  });
  const access = (): RealAccount['access'] => accessOf(simulation(), cluster);
  const askNode: RealAccount['ask'] = (node, where, question) =>
    ask(addressOf(node), where, access(), question);
  const open: OpenSimulation = async (given) => {
    if (opened !== undefined) return opened;
    const made = await createSimulation({ ...given, runtime });
    const images = realImages(made, { ...options, config: given.config });
    const view = realView({ simulation: made, runtime, ask: askNode });
    opened = {
      ...made,
      adapters: { ...made.adapters, images, cluster: { connect: () => Promise.resolve(view) } },
    };
    pace = keepPace(made.clock, () => runtime.isBusy());
    return opened;
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
    until: async (what, isSo, limitMs = 420_000) => {
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
    differences: () => [
      'hosts: 127.0.0.1, .2, .3, … on one machine, as user data would leave them; Elasticsearch only warns of failed bootstrap checks on such addresses',
      ...runtime.refused.map(
        ({ name, wanted, given }) =>
          `ulimit ${name}: ${given}, as this machine refuses the ${wanted} of the task definition`,
      ),
      `the image comes from ${docker.registryHost} under the digest that the task definition has`,
      'logs: kept by the engine and not sent by awslogs',
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
    run: (argv, more = {}) => runProgram(argv, { ...more, env: { ...docker.environment, ...more.env } }),
  });
  const buildAndPush: ImageBuilder['buildAndPush'] = async (order) => {
    const name = order.repositoryUri.slice(order.repositoryUri.indexOf('/') + 1);
    const login = { registry: docker.registryHost, user: registryUser, password: registryPassword };
    const { digest } = await builder.buildAndPush({
      ...order,
      repositoryUri: `${docker.registryHost}/${name}`,
      login,
    });
    const { world } = account;
    const repository = requireRepository(world, name);
    if (repository.images.some((image) => image.digest === digest)) return { digest };
    const answer = await fetch(`${docker.registryUrl}/v2/${name}/manifests/${digest}`, {
      headers: {
        authorization: `Basic ${Buffer.from(`${registryUser}:${registryPassword}`).toString('base64')}`,
        accept: 'application/vnd.docker.distribution.manifest.v2+json',
      },
    });
    // The simulated ECR reckons the digest itself, and refuses a manifest of another.
    pushImage(world, repository, { ...order, manifest: await answer.text(), digest });
    return { digest };
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
  const { password = '' } = valueOf('password');
  const { privateKey = '', certificate = '' } = authority;
  const { nodeKey = '' } = certificates;
  // Of a key, a line in the middle, which no other key has.
  const lines = [privateKey, nodeKey].map((key) => key.split('\n')[2] ?? '');
  return { authority: certificate, password, secretValues: [password, ...lines] };
}

/** A test's own client, for what `up` asks the cluster; each question is real time. */
function realView(options: {
  readonly simulation: Simulation;
  readonly runtime: ContainerRuntime;
  readonly ask: RealAccount['ask'];
}): ClusterView {
  const { simulation, runtime } = options;
  const read = async (where: string): Promise<unknown> => {
    const node = runtime.tasks.findLast((task) => task.observation.status === 'running')?.node;
    if (node === undefined) throw new EsEcsError('UNREACHABLE', 'no node runs');
    const answer = await options.ask(node, where).catch((error: unknown) => {
      throw new EsEcsError('UNREACHABLE', `${node}: ${String(error)}`);
    });
    if (answer.status === 200) return answer.body;
    throw new EsEcsError('UNREACHABLE', `${node} answers ${answer.status}`);
  };
  const real = <Result>(work: () => Promise<Result>): Promise<Result> => simulation.clock.hold(work());
  return {
    health: () =>
      real(async () => {
        const said = (await read('/_cluster/health?master_timeout=5s')) as Health;
        // The gate looks again as soon as its virtual pause is over: at once, if nothing else took time.
        if (said.status !== 'green') await setTimeout(500);
        return {
          status: said.status,
          nodes: said.number_of_nodes,
          shards: said.active_shards,
          unassigned: said.unassigned_shards,
        };
      }),
    nodes: () =>
      real(async () =>
        nodesOf(await read('/_nodes?filter_path=nodes'), await read('/_cat/master?format=json')),
      ),
    clusterUuid: () =>
      real(async () => {
        const { cluster_uuid } = (await read('/')) as { readonly cluster_uuid: string };
        return cluster_uuid === '_na_' ? undefined : cluster_uuid;
      }),
  };
}

interface Health {
  readonly status: HealthStatus;
  readonly number_of_nodes: number;
  readonly active_shards: number;
  readonly unassigned_shards: number;
}

interface RawNode {
  readonly name: string;
  readonly version: string;
  readonly roles: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
}

function nodesOf(said: unknown, master: unknown): readonly ClusterNode[] {
  const { nodes } = said as { readonly nodes: Readonly<Record<string, RawNode>> };
  const [elected] = master as readonly { readonly node: string }[];
  return Object.values(nodes).map((node) => ({
    name: node.name,
    zone: node.attributes['zone'],
    roles: node.roles,
    version: node.version,
    isMaster: node.name === elected?.node,
    diskUsedPercent: undefined,
    heapUsedPercent: undefined,
  }));
}
