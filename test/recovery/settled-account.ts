import type { SimulatedAccount } from '../../src/simulator/account.ts';
import { normalAccount } from './normal-account.ts';

/** By then whatever was still going on in the account by itself has come to its end. */
const quietMs = 15 * 60_000;

/**
 * What an account holds when nothing moves any more, as lines that compare. Without the log of who had the lock, which is another
 * one each time, and without what hosts knew, which goes with them sooner or later.
 */
export async function settledAccount(account: SimulatedAccount): Promise<readonly string[]> {
  await account.clock.sleep(quietMs);
  account.world.catchUp();
  return normalAccount(account.snapshot()).filter((line) => !/^(ssm\/parameters|hosts\/ready) /.test(line));
}
