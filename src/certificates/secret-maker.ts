import { randomBytes } from 'node:crypto';

import { password } from './password.ts';
import { notAfterMs } from './days-left.ts';
import type { CertifiedKey } from './authority.ts';

/** Makes the cluster's secret values with real chance. */
export interface SecretMaker {
  authority(cluster: string): Promise<CertifiedKey>;
  nodeCertificate(
    cluster: string,
    authority: CertifiedKey,
  ): Promise<CertifiedKey & { readonly notAfterMs: number }>;
  password(): string;
}

/**
 * The real maker of secrets. The X.509 library is loaded when the first certificate is made: most runs make none.
 *
 * @param now milliseconds since 1970.
 */
export function createSecretMaker(now: () => number): SecretMaker {
  const source = (): { readonly nowMs: number; readonly random: typeof randomBytes } => ({
    nowMs: now(),
    random: randomBytes,
  });
  return {
    authority: async (cluster) => (await import('./authority.ts')).makeAuthority(cluster, source()),
    nodeCertificate: async (cluster, authority) => {
      const { makeNodeCertificate } = await import('./authority.ts');
      const made = await makeNodeCertificate(cluster, authority, source());
      return { ...made, notAfterMs: notAfterMs(made.certificate) };
    },
    password: () => password(randomBytes),
  };
}
