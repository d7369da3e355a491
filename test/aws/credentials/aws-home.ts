import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { HttpResponse } from '@smithy/core/protocols';
import { vi } from 'vitest';

import { CredentialChain, type ChainOptions } from '../../../src/aws/credentials/chain.ts';
import { toEsEcsError } from '../../../src/aws/errors.ts';
import type { RequestSettings } from '../../../src/aws/request-settings.ts';
import type { EsEcsError } from '../../../src/errors.ts';
import { scratch } from '../../scratch.ts';

/** What the SDK and es-ecs look at, and that no test may have from the machine it runs on. */
const looked = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_CREDENTIAL_EXPIRATION',
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_ROLE_ARN',
  'AWS_ROLE_SESSION_NAME',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_STS',
  'AWS_REGION',
];

const account = '123456789012';

/** A home directory with the two files, in whose environment a test goes on. */
export class AwsHome {
  readonly folder = scratch('aws-home');
  readonly configPath = path.join(this.folder, '.aws', 'config');
  readonly credentialsPath = path.join(this.folder, '.aws', 'credentials');

  constructor({
    config = '',
    credentials = '',
  }: { readonly config?: string; readonly credentials?: string } = {}) {
    mkdirSync(path.dirname(this.configPath));
    this.write(config, credentials);
    for (const variable of looked) vi.stubEnv(variable, undefined);
    vi.stubEnv('HOME', this.folder);
    vi.stubEnv('AWS_CONFIG_FILE', this.configPath);
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', this.credentialsPath);
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  }

  write(config: string, credentials = ''): void {
    writeFileSync(this.configPath, config);
    writeFileSync(this.credentialsPath, credentials);
  }

  /** What `aws sso login` leaves behind. */
  signOn(session: string, token: object): void {
    const folder = path.join(this.folder, '.aws', 'sso', 'cache');
    mkdirSync(folder, { recursive: true });
    const name = createHash('sha1').update(session).digest('hex');
    writeFileSync(path.join(folder, `${name}.json`), JSON.stringify(token));
  }

  /** A run's credentials in this home. */
  chain({ services, ...options }: PlayedOptions): CredentialChain {
    return new CredentialChain({
      environment: process.env,
      region: 'eu-west-1',
      // The SDK takes one that is ready as well as settings to make it by.
      requestHandler: (services ?? new PlayedServices()) as unknown as RequestSettings,
      ...options,
    });
  }
}

type PlayedOptions = Pick<ChainOptions, 'clock'> &
  Partial<Omit<ChainOptions, 'requestHandler'>> & { readonly services?: PlayedServices };

/** What a person is told, by a command that could go on. */
export async function toldOf(chain: CredentialChain): Promise<EsEcsError> {
  try {
    await chain.identity();
  } catch (error) {
    return toEsEcsError(error, { command: 'up' });
  }
  throw new Error('there were credentials');
}

/** A request as STS and single sign-on get it. */
export interface Asked {
  readonly host: string;
  /** What is asked of STS, by name; of single sign-on the query. */
  readonly fields: Readonly<Record<string, string>>;
  /** The access key it is signed with; undefined for none. */
  readonly signedBy: string | undefined;
}

type Answer = (asked: Asked) => { readonly status: number; readonly body: string };

/** STS and single sign-on, as they answer on the wire, in the place of the network. */
export class PlayedServices {
  readonly asked: Asked[] = [];
  answer: Answer;

  constructor(answer: Answer = roleGiven()) {
    this.answer = answer;
  }

  handle(request: unknown): Promise<{ readonly response: HttpResponse }> {
    // The SDK's own request: the handler is the last to see it.
    const { hostname, body, query, headers } = request as {
      readonly hostname: string;
      readonly body?: string;
      readonly query?: Readonly<Record<string, string>>;
      readonly headers: Readonly<Record<string, string>>;
    };
    const asked = {
      host: hostname,
      fields: { ...query, ...Object.fromEntries(new URLSearchParams(body ?? '')) },
      signedBy: /Credential=([^/]+)\//.exec(headers['authorization'] ?? '')?.[1],
    };
    this.asked.push(asked);
    const { status, body: text } = this.answer(asked);
    const isXml = text.startsWith('<');
    const response = new HttpResponse({
      statusCode: status,
      headers: { 'content-type': isXml ? 'text/xml' : 'application/json' },
      body: new Blob([text]).stream(),
    });
    return Promise.resolve({ response });
  }
}

/** STS gives every role, with keys that say which. */
export function roleGiven(untilMs = Date.parse('2999-01-01T00:00:00Z')): Answer {
  return ({ fields }) => {
    const name = fields['RoleArn']?.split('/').at(-1) ?? '';
    const action = fields['Action'] ?? '';
    return {
      status: 200,
      body: `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials>
<AccessKeyId>AK-${name}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>${new Date(untilMs).toISOString()}</Expiration></Credentials>
<AssumedRoleUser><AssumedRoleId>A:x</AssumedRoleId><Arn>arn:aws:sts::${account}:assumed-role/${name}/x</Arn></AssumedRoleUser>
</${action}Result></${action}Response>`,
    };
  };
}

/** STS refuses ("Common error types": the query protocol's ErrorResponse). */
export function refused(code: string, message: string, status = 403): Answer {
  return () => ({
    status,
    body: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
  });
}
