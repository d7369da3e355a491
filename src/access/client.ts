import { Client, HttpConnection, Transport } from '@elastic/elasticsearch';

import type { DoorAgent } from './agent.ts';
import { answerLimitMs } from './limits.ts';

/** The user that every cluster has. */
const user = 'elastic';

/** The name that the client puts into `Host`; where it goes is the agent's. */
function urlOf(clusterName: string): string {
  return `https://${clusterName}:9200`;
}

type TransportOptions = ConstructorParameters<typeof Transport>[0];

/**
 * Plain JSON instead of `compatible-with=9`, which the client says by itself and servers of version 8 refuse
 * ("Accept version must be either version 8 or 7, but found 9"). Without it a server answers as its own version does, and
 * 8.13 to 9.x answer alike to all that is asked here.
 */
class PlainTransport extends Transport {
  constructor(options: TransportOptions) {
    super({
      ...options,
      vendoredHeaders: {
        jsonContentType: 'application/json',
        ndjsonContentType: 'application/x-ndjson',
        accept: 'application/json,text/plain',
      },
    });
  }
}

/** Elastic's own client over an agent's connections, without retries and sniffing of its own: which node is asked is not its choice. */
export function createClient(agent: DoorAgent, login: { clusterName: string; password: string }): Client {
  return new Client({
    node: urlOf(login.clusterName),
    auth: { username: user, password: login.password },
    Connection: HttpConnection,
    Transport: PlainTransport,
    agent: () => agent,
    maxRetries: 0,
    requestTimeout: answerLimitMs,
    enableMetaHeader: false,
  });
}
