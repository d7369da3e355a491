import type { AwsCredentialIdentity } from '@smithy/types';

import type { ChainOptions, CredentialChain } from './chain.ts';
import type { Source } from './source.ts';

/** The credentials of a run, had when they are first asked for. */
export interface Lookup {
  /** @throws CredentialsFailure */
  readonly identity: () => Promise<AwsCredentialIdentity>;
  /** By what they were had last; undefined: they were not. */
  readonly source: () => Source | undefined;
}

/** Loads nothing and looks at nothing before a call needs credentials: a simulated account never does. */
export function lookUpCredentials(options: ChainOptions): Lookup {
  let chain: CredentialChain | undefined;
  let loading: Promise<CredentialChain> | undefined;
  const load = async (): Promise<CredentialChain> => {
    const { CredentialChain: Chain } = await import('./chain.ts');
    chain = new Chain(options);
    return chain;
  };
  return {
    identity: async () => {
      loading ??= load();
      return (await loading).identity();
    },
    source: () => chain?.source,
  };
}
