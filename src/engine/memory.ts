import type { Address } from './resource.ts';

/**
 * What the engine remembers between runs: ids, and what it was about to create. The account is the truth; losing all of
 * this costs reads, never resources.
 */
export interface Memory {
  id(address: Address): string | undefined;
  /**
   * Saves, before a create is sent, that it is about to be, and returns its client token: the same one as long as no id
   * was saved, so that a repeated create is recognised.
   */
  intend(address: Address): Promise<string>;
  /** Saves the id and ends the intent. */
  remember(address: Address, id: string): Promise<void>;
  /** Ends the intent and forgets the id. */
  forget(address: Address): Promise<void>;
}
