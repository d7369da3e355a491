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
  /** Whether a create was about to be sent, by this run or by one before, of which no id was saved. */
  isIntended(address: Address): boolean;
  /** Ends the intent: nothing was made, or what was made is known. What is left of intents at the end of a run is in doubt. */
  withdraw(address: Address): Promise<void>;
  /** Saves the id and ends the intent. */
  remember(address: Address, id: string): Promise<void>;
  /** As `remember`, of what was made a moment ago and nobody has seen yet: where the run ends before anybody has, it is in doubt. */
  made(address: Address, id: string): Promise<void>;
  /** It shows in what is read, or needs nobody to look. */
  saw(address: Address): void;
  /** Ends the intent and forgets the id. */
  forget(address: Address): Promise<void>;
}
