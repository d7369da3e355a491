import http from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

/** Of Debian's docker.io, and known to every later one. */
const apiVersion = 'v1.41';

/** What an engine is told to start, in the words of its API ("ContainerCreate"). */
export interface ContainerOrder {
  readonly Image: string;
  readonly Env: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly [word: string]: unknown;
}

/** A container as it is, in the words of its API ("ContainerInspect"). */
export interface Container {
  readonly State: { readonly Status: string; readonly ExitCode: number };
  readonly Config: Readonly<Record<string, unknown>>;
  readonly HostConfig: Readonly<Record<string, unknown>>;
}

/** Something that happened to a container: `start`, `die`, `health_status: healthy`, … */
export interface ContainerEvent {
  readonly action: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * A Docker engine by its API, as the ECS agent uses it. The command line cannot say all that a task definition does (a
 * health check without a shell), and would show secrets to everybody who lists processes.
 */
export interface DockerEngine {
  /** Creates and starts; the name is the container's id from then on. */
  start(name: string, order: ContainerOrder): Promise<void>;
  /** SIGTERM, and SIGKILL after the timeout; returns when it has ended. */
  stop(name: string, timeoutSeconds: number): Promise<void>;
  kill(name: string): Promise<void>;
  inspect(name: string): Promise<Container>;
  log(name: string): Promise<string>;
  remove(name: string): Promise<void>;
  /** Calls back with each event of containers, until the returned function is called. */
  watch(onEvent: (event: ContainerEvent) => void): Promise<() => void>;
}

/** @param dockerHost `unix:///…` */
export function dockerEngine(dockerHost: string): DockerEngine {
  const socketPath = dockerHost.replace('unix://', '');

  const open = (method: string, path: string, body?: unknown): Promise<http.IncomingMessage> =>
    new Promise((resolve, reject) => {
      const content = body === undefined ? undefined : JSON.stringify(body);
      const headers = content === undefined ? {} : { 'content-type': 'application/json' };
      const request = http.request({ socketPath, method, path: `/${apiVersion}${path}`, headers }, resolve);
      request.on('error', reject);
      request.end(content);
    });

  const call = async (method: string, path: string, body?: unknown): Promise<string> => {
    const response = await open(method, path, body);
    const said = await text(response);
    // 304: it is as it should be already.
    if ((response.statusCode ?? 500) < 400) return said;
    throw new Error(`Error response from daemon: ${messageOf(said)}`);
  };

  return {
    start: async (name, order) => {
      await call('POST', `/containers/create?name=${name}`, order);
      await call('POST', `/containers/${name}/start`);
    },
    stop: async (name, timeoutSeconds) => {
      await call('POST', `/containers/${name}/stop?t=${timeoutSeconds}`);
    },
    kill: async (name) => {
      await call('POST', `/containers/${name}/kill`);
    },
    // The engine's own word, whose shape the API's version fixes.
    inspect: async (name) => JSON.parse(await call('GET', `/containers/${name}/json`)) as Container,
    log: async (name) => plain(await call('GET', `/containers/${name}/logs?stdout=1&stderr=1`)),
    remove: async (name) => {
      await call('DELETE', `/containers/${name}?force=1`);
    },
    watch: async (onEvent) => {
      const filters = encodeURIComponent(JSON.stringify({ type: ['container'] }));
      const response = await open('GET', `/events?filters=${filters}`);
      // It breaks off when the engine goes, and then there is no container to hear of.
      response.on('error', () => undefined);
      createInterface(response).on('line', (line) => {
        const event = JSON.parse(line) as RawEvent;
        onEvent({ action: event.Action, labels: event.Actor.Attributes });
      });
      return () => response.destroy();
    },
  };
}

interface RawEvent {
  readonly Action: string;
  readonly Actor: { readonly Attributes: Readonly<Record<string, string>> };
}

function messageOf(said: string): string {
  try {
    return (JSON.parse(said) as { readonly message: string }).message;
  } catch {
    return said;
  }
}

/** Without the eight bytes before each piece that say which output it is of. */
function plain(log: string): string {
  // eslint-disable-next-line no-control-regex -- they are what is to go
  return log.replaceAll(/[\u0001\u0002]\u0000{3}[^]{4}/g, '');
}
