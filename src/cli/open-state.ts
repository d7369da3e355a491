import { rename } from 'node:fs/promises';

import { EsEcsError } from '../errors.ts';
import type { StateOwner } from '../state/schema.ts';
import { StateStore, type StoreClock } from '../state/store.ts';

/** How a state file is opened. */
export interface OpenState {
  readonly clock: StoreClock;
  readonly notice: (text: string) => void;
  /** Commands that write put a file that cannot be understood aside; the others leave it where it is. */
  readonly setsAside: boolean;
}

/**
 * Opens the state file; one that was cut in half is put aside and an empty one begun, as everything is found by its tags.
 *
 * @throws EsEcsError STATE_UNREADABLE, STATE_NEWER, STATE_MISMATCH
 */
export async function openState(file: string, owner: StateOwner, how: OpenState): Promise<StateStore> {
  const { clock, notice, setsAside } = how;
  try {
    return await StateStore.open(file, owner, clock);
  } catch (error) {
    if (!(error instanceof EsEcsError) || error.code !== 'STATE_CORRUPT') throw error;
    const aside = `${file}.broken`;
    if (setsAside) await putAside(file, aside);
    const what = setsAside ? `it was put aside as ${aside}, and ` : '';
    notice(`! ${error.message}; ${what}everything is looked for by its tags`);
    return StateStore.empty(file, owner, clock);
  }
}

async function putAside(file: string, aside: string): Promise<void> {
  try {
    await rename(file, aside);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new EsEcsError('STATE_UNWRITABLE', `${file} cannot be put aside: ${why}`, {
      cause: error,
      hint: `mv ${file} ${aside}  by whoever may; everything is found by its tags`,
    });
  }
}
