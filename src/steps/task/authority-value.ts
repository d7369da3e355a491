import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';

import type { Clients } from '../../aws/clients.ts';
import { EsEcsError } from '../../errors.ts';
import type { Issue } from './issue.ts';
import { parseSecret } from './secret-value.ts';

const signerKeys = z.object({ certificate: z.string(), privateKey: z.string() });
const authorityKeys = signerKeys.extend({ next: signerKeys.optional() });
const certificateKeys = z.object({
  caCertificate: z.string(),
  nodeCertificate: z.string(),
  nodeKey: z.string(),
});

/** Who signs certificates. */
export type Signer = z.infer<typeof signerKeys>;

/** What the authority's secret holds: `next` is the one that takes its place, while it is rotated. */
export type Authority = z.infer<typeof authorityKeys>;

/** What the certificates' secret holds, and with it every node: one authority that is trusted, or two one after the other. */
export type Certificates = z.infer<typeof certificateKeys>;

/** @throws EsEcsError NOT_FOUND when the secret is not the authority that es-ecs wrote */
export function readAuthority(clients: Clients, secretId: string): Promise<Authority> {
  return read(clients, secretId, { keys: authorityKeys, what: 'certificate authority' });
}

/** @throws EsEcsError NOT_FOUND when the secret does not hold what es-ecs wrote */
export function readNodeCertificates(clients: Clients, secretId: string): Promise<Certificates> {
  return read(clients, secretId, { keys: certificateKeys, what: "nodes' certificate" });
}

/** Whom nodes trust: PEM, of both while one takes the place of the other. */
export function trustedIn({ certificate, next }: Authority, { phase }: Pick<Issue, 'phase'>): string {
  return phase === 'settled' || next === undefined ? certificate : `${certificate}${next.certificate}`;
}

/** Who signs what nodes show. */
export function signerIn(authority: Authority, { phase }: Pick<Issue, 'phase'>): Signer {
  return phase === 'signed anew' ? (authority.next ?? authority) : authority;
}

async function read<Value>(
  { secretsManager }: Clients,
  secretId: string,
  { keys, what }: { readonly keys: z.ZodType<Value>; readonly what: string },
): Promise<Value> {
  const { SecretString } = await secretsManager.send(new GetSecretValueCommand({ SecretId: secretId }));
  const value = parseSecret(SecretString, keys);
  if (value !== undefined) return value;
  throw new EsEcsError('NOT_FOUND', `the secret ${secretId} holds no ${what}`, {
    hint: 'somebody else has written it: restore its first version, which carries AWSPREVIOUS or a version id',
  });
}
