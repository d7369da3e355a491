import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What the way in is looked up in; a test may change all of it while the server runs. */
export interface SmallAccount {
  /** Undefined while it does not run. */
  bastion: { readonly instanceId: string; readonly address: string } | undefined;
  /** By name, their private addresses. */
  hosts: Readonly<Record<string, string>>;
  /** The text of each secret by its name. */
  secrets: Readonly<Record<string, string>>;
  /** Secrets that these credentials may not read. */
  denied: readonly string[];
}

/** As much of AWS as it takes to find the way in: who asks, which instances run, and the secrets. */
export interface SmallAws {
  readonly url: string;
  readonly account: SmallAccount;
  stop(): Promise<void>;
}

/** Serves an account over HTTP, for an es-ecs that runs as a program. Any other call is an error. */
export async function startSmallAws(cluster: string, account: SmallAccount): Promise<SmallAws> {
  const server = http.createServer((request, response) => {
    void answer(request, response, { cluster, account });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // of a TCP server that listens
  return {
    url: `http://127.0.0.1:${port}`,
    account,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

interface Served {
  readonly cluster: string;
  readonly account: SmallAccount;
}

async function answer(request: IncomingMessage, response: ServerResponse, served: Served): Promise<void> {
  const body = await text(request);
  if (request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue') {
    const { SecretId: name } = JSON.parse(body) as { readonly SecretId: string };
    secret(name, response, served.account);
    return;
  }
  const form = new URLSearchParams(body);
  const action = form.get('Action');
  if (action === 'GetCallerIdentity') {
    const arn = 'arn:aws:iam::123456789012:user/test';
    xml(
      response,
      `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>${arn}</Arn><UserId>U</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
    );
    return;
  }
  if (action === 'DescribeInstances') {
    xml(response, instances([...form.values()].includes('bastion/instance'), served));
    return;
  }
  response.writeHead(500).end(`unknown: ${action ?? ''} ${String(request.headers['x-amz-target'])}`);
}

function secret(name: string, response: ServerResponse, { secrets, denied }: SmallAccount): void {
  const json = (status: number, document: object): void => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(document));
  };
  if (denied.includes(name)) json(400, { __type: 'AccessDeniedException', Message: `not ${name}` });
  else if (secrets[name] === undefined) json(400, { __type: 'ResourceNotFoundException' });
  else json(200, { Name: name, SecretString: secrets[name] });
}

function instances(isBastion: boolean, { cluster, account }: Served): string {
  const { bastion, hosts } = account;
  const tag = (key: string, value: string): string => `<item><key>${key}</key><value>${value}</value></item>`;
  const instance = (id: string, addresses: string, tags: string): string =>
    `<item><instancesSet><item><instanceId>${id}</instanceId><instanceState><code>16</code><name>running</name></instanceState>${addresses}<tagSet>${tag('es-ecs-cluster', cluster)}${tags}</tagSet></item></instancesSet></item>`;
  const found = isBastion
    ? bastion === undefined
      ? []
      : [
          instance(
            bastion.instanceId,
            `<ipAddress>${bastion.address}</ipAddress>`,
            tag('es-ecs-resource', 'bastion/instance'),
          ),
        ]
    : Object.entries(hosts).map(([name, address]) =>
        instance(`i-0${name}`, `<privateIpAddress>${address}</privateIpAddress>`, tag('es-ecs-node', name)),
      );
  return `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet>${found.join('')}</reservationSet></DescribeInstancesResponse>`;
}

function xml(response: ServerResponse, document: string): void {
  response.writeHead(200, { 'content-type': 'text/xml' }).end(document);
}
