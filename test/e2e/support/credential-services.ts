import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** What credentials come from and where they are used, on loopback: STS, single sign-on, and what ECS and EC2 give to what runs there. */
export interface CredentialServices {
  readonly url: string;
  /** STS's actions in order, each with the access key it was signed with. */
  readonly asked: readonly string[];
  forget(): void;
  stop(): Promise<void>;
}

const farAway = '2999-01-01T00:00:00Z';

/** Starts them; a role gives the key `AK-NAME`, the container `AK-container`, the instance `AK-instance`. */
export async function startCredentialServices(): Promise<CredentialServices> {
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const { status, body } = answer(
        request,
        new URLSearchParams(Buffer.concat(parts).toString('utf8')),
        asked,
      );
      response.writeHead(status, { 'content-type': body.startsWith('<') ? 'text/xml' : 'text/plain' });
      response.end(body);
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on a port has one.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    asked,
    forget: () => {
      asked.length = 0;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Answered {
  readonly status: number;
  readonly body: string;
}

function answer(request: http.IncomingMessage, form: URLSearchParams, asked: string[]): Answered {
  const path = request.url ?? '';
  if (path === '/container') return ok(keys('AK-container'));
  if (path === '/latest/api/token') return ok('a-token');
  if (path === '/latest/meta-data/iam/security-credentials/') return ok('instance');
  if (path === '/latest/meta-data/iam/security-credentials/instance') return ok(keys('AK-instance'));
  const action = form.get('Action');
  if (action === null) return { status: 404, body: 'nothing here' };
  const key = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? 'nobody';
  asked.push(`${action} by ${key}${form.has('TokenCode') ? ` with ${form.get('TokenCode') ?? ''}` : ''}`);
  if (action === 'GetCallerIdentity') return ok(identity());
  if (action.startsWith('AssumeRole')) return ok(role(action, form.get('RoleArn') ?? ''));
  return {
    status: 403,
    body: `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`,
  };
}

function ok(body: string): Answered {
  return { status: 200, body };
}

/** As the metadata services of both write it. */
function keys(key: string): string {
  return JSON.stringify({
    Code: 'Success',
    Type: 'AWS-HMAC',
    LastUpdated: '2026-01-01T00:00:00Z',
    AccessKeyId: key,
    SecretAccessKey: 's',
    Token: 't',
    Expiration: farAway,
  });
}

function identity(): string {
  return `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/ann</Arn><UserId>A</UserId><Account>123456789012</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>`;
}

function role(action: string, arn: string): string {
  const name = arn.split('/').at(-1) ?? '';
  return `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials><AccessKeyId>AK-${name}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${farAway}</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>A:x</AssumedRoleId><Arn>${arn}</Arn></AssumedRoleUser></${action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></${action}Response>`;
}
