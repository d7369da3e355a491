import type { Credentials } from '../../simulator/wire/signature.ts';

/** A simulated account that is being served. */
export interface Served {
  readonly url: string;
  readonly region: string;
  readonly accountId: string;
  readonly credentials: Credentials;
  readonly pace: number;
}

/** What its clients need in their environment: the SDKs and the AWS CLI read these. */
function environment({ url, region, credentials }: Served): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_REGION: region,
    // The CLI and boto3 know only this one.
    AWS_DEFAULT_REGION: region,
  };
}

/** Lines to paste into another shell. */
export function renderServed(served: Served): string {
  const { url, region, accountId, pace } = served;
  const time =
    pace === 1 ? 'its time goes by as the real one does' : `its time goes ${String(pace)} times as fast`;
  return [
    `# the simulated account ${accountId}, region ${region}, at ${url}; ${time}`,
    '# paste this into another shell, then for example: aws ec2 describe-instances',
    'unset AWS_PROFILE AWS_SESSION_TOKEN',
    ...Object.entries(environment(served)).map(([name, value]) => `export ${name}=${value}`),
    '# es-ecs itself waits until this has ended: Ctrl-C',
  ].join('\n');
}

/** The document of `--json`. */
export function servedDocument(served: Served): string {
  const { url, region, accountId, pace } = served;
  return JSON.stringify({ url, region, accountId, pace, environment: environment(served) });
}
