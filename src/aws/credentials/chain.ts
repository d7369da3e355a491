import type { AwsCredentialIdentity } from '@smithy/types';

import type { Clock } from '../../engine/clock.ts';
import type { RequestSettings } from '../request-settings.ts';
import { obtain } from './obtain.ts';
import { type AskSecret, Questions } from './questions.ts';
import { type Environment, readSharedFiles } from './shared-files.ts';
import { chooseSource, namedProfile, type Source } from './source.ts';

/** What a run gets its credentials with. */
export interface ChainOptions {
  readonly environment: Environment;
  readonly region: string;
  readonly clock: Clock;
  readonly requestHandler: RequestSettings;
  /** Asks a person for a code; absent where there is nobody to ask. */
  readonly askSecret?: AskSecret;
  /** Told what of the environment does not count, once. */
  readonly notice?: (text: string) => void;
}

/** From here on they are asked for again while they still hold, as in the SDK's clients. */
const renewWithinMs = 300_000;

/** So often is it tried. */
const renewEveryMs = 30_000;

/**
 * The credentials of a run: one for all clients, had from the one source that counts for the AWS CLI, and renewed before they end where the
 * source can. A failure to renew is told once they have ended.
 */
export class CredentialChain {
  readonly #options: ChainOptions;
  readonly #questions: Questions;
  #current: AwsCredentialIdentity | undefined;
  #pending: Promise<AwsCredentialIdentity> | undefined;
  #triedMs = -Infinity;
  /** A failure that is not tried again, as somebody was asked. */
  #final: { readonly error: unknown } | undefined;
  #source: Source | undefined;
  #isTold = false;

  constructor(options: ChainOptions) {
    this.#options = options;
    this.#questions = new Questions(options.askSecret);
  }

  /** By what the credentials were had last. */
  get source(): Source | undefined {
    return this.#source;
  }

  /** @throws CredentialsFailure; EsEcsError INTERRUPTED where a person was asked and pressed Ctrl-C */
  async identity(): Promise<AwsCredentialIdentity> {
    if (this.#final !== undefined) throw this.#final.error;
    const current = this.#current;
    if (current === undefined || this.#endsWithin(current, 0)) return this.#renewed();
    if (this.#endsWithin(current, renewWithinMs) && this.#isDue()) {
      // It still holds, and whoever asks need not wait. Why it failed is told by whoever asks after the end.
      void this.#renewed().catch(() => undefined);
    }
    return current;
  }

  #endsWithin({ expiration }: AwsCredentialIdentity, ms: number): boolean {
    return expiration !== undefined && expiration.getTime() - this.#options.clock.now() <= ms;
  }

  #isDue(): boolean {
    return this.#options.clock.now() - this.#triedMs >= renewEveryMs;
  }

  #renewed(): Promise<AwsCredentialIdentity> {
    this.#triedMs = this.#options.clock.now();
    this.#pending ??= this.#obtain().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #obtain(): Promise<AwsCredentialIdentity> {
    const { environment, clock, notice } = this.#options;
    try {
      const files = await readSharedFiles(environment);
      const source = chooseSource({ environment, files });
      this.#source = source;
      if (!this.#isTold) passedOver(source, environment).forEach((text) => notice?.(text));
      this.#isTold = true;
      const asking = { ...this.#options, files, questions: this.#questions, nowMs: clock.now() };
      this.#current = await obtain(source, asking);
      return this.#current;
    } catch (error) {
      if (this.#current === undefined && this.#questions.haveAsked) this.#final = { error };
      throw error;
    } finally {
      this.#questions.close();
    }
  }
}

/** What somebody has set, and that does not count: it surprises whoever knows the SDKs better than the CLI. */
function passedOver(source: Source, environment: Environment): readonly string[] {
  const named = namedProfile(environment);
  if (named === undefined || source.kind !== 'environment') return [];
  return [
    `AWS_ACCESS_KEY_ID is set, so the keys in the environment count and not ${named.variable}=${named.profile}, as for the AWS CLI`,
  ];
}
