import { EsEcsError, invariant } from '../errors.ts';
import { heaviest } from './plan.ts';
import type { AnyResource, Created, Waits } from './resource.ts';
import {
  destroyOne,
  inTime,
  look,
  mayShowUntilMs,
  type Settled,
  type Settling,
  showing,
  syncOne,
  untilReady,
} from './settle.ts';
import { type Found, isRetried, throwIfInterrupted, withRetries } from './wait.ts';

/** How often at most a thing is made again: one that was not there after its answer was lost, or that failed for a reason that passes. */
const maxTries = 3;

/**
 * Makes a thing and syncs every difference: intent saved, create called, id saved, then all else that is desired. What its create
 * and its changes are answered with is believed.
 *
 * @throws whatever the create throws after its retries; EsEcsError RESOURCE_FAILED, WAIT_TIMEOUT or NOT_CONVERGED.
 */
export async function createOne(settling: Settling, tries = 1): Promise<Settled> {
  const { run, resource, inputs } = settling;
  const { address } = resource;
  const create = resource.create?.bind(resource);
  invariant(create, `${address} is absent and cannot be created`);
  const desired = await resource.desired(inputs);
  const resumes = run.memory.isIntended(address);
  const there = await unseenBefore(settling, mustShowUntilMs(settling));
  if (there !== undefined) return settleFound(settling, there.value);
  throwIfInterrupted(run);
  const call = async (): Promise<Created> => {
    const token = await run.memory.intend(address);
    return sure(settling, () => create(desired, token));
  };
  const sent = await sendOrFind(settling, call);
  if ('found' in sent) return settleFound(settling, sent.found);
  let { made } = sent;
  if (resumes && !(await isThere(settling, made.id))) {
    await run.memory.withdraw(address);
    made = await call();
  }
  const { id, observed } = made;
  await run.memory.made(address, id);
  if (observed !== undefined && isToBuildUpon(resource, observed)) {
    const synced = await syncOne(settling, observed);
    // Where nothing was left to do, the create's answer is what is known.
    const isBelieved = synced.isBelieved || !synced.changed;
    return { observed: synced.observed, isBelieved: isBelieved && !isProven(resource, synced.observed) };
  }
  const seen = tries < maxTries ? await untilMade(settling, id) : await untilReady(settling, id);
  if (seen === undefined) return createOne(settling, tries + 1);
  run.memory.saw(address);
  return syncOne(settling, seen);
}

/** What a create was answered with, or what was found in its place. */
type Sent = { readonly made: Created } | { readonly found: unknown };

/**
 * Sends a create. Where something of its name is there already, or an answer was lost on the way, it is looked for: what there is, is
 * gone on with, whatever the call was answered with in the end.
 */
async function sendOrFind(settling: Settling, call: () => Promise<Created>): Promise<Sent> {
  const { run, resource } = settling;
  const untilMs = mayShowUntilMs(settling);
  const resumes = run.memory.isIntended(resource.address);
  for (let times = 1; ; times += 1) {
    throwIfInterrupted(run);
    try {
      return { made: await call() };
    } catch (error) {
      if (run.lostAnswer(error) === undefined && !isThereAlready(resource, error)) throw error;
      // The lists lag, whatever they have said.
      const hidden = await unseenBefore(settling, Math.max(untilMs, showsByMs(settling, error)));
      if (hidden !== undefined) return { found: hidden.value };
      // What it was made with is no longer wanted so, and it is gone.
      const isSpent = resumes && resource.once?.by === 'token' && isThereAlready(resource, error);
      if (times >= maxTries || !(isSpent || isToBeSentAgain(settling, error, times))) throw error;
      if (isSpent) await run.memory.withdraw(resource.address);
    }
  }
}

/** Until when it must have come into sight, if the call has made it or its name is taken. */
function showsByMs({ run, resource: { once } }: Settling, error: unknown): number {
  const mayBeThere = once?.by === 'name' || run.lostAnswer(error) !== undefined;
  return mayBeThere ? run.clock.now() + showing.limitMs : 0;
}

/** Whether a create that was refused, and whose thing did not come into sight, may do better now. */
function isToBeSentAgain({ run, resource }: Settling, error: unknown, times: number): boolean {
  if (run.lostAnswer(error) === 'sent-once') return true;
  if (run.lostAnswer(error) !== undefined && isRetried(error, resource.createRetries)) return true;
  // A name that something deleted has only now set free. If it is a stranger's, the second refusal says so.
  return times === 1 && resource.once?.by === 'name' && isThereAlready(resource, error);
}

/** Waits until what was just made is ready; one that has failed for a reason that passes is taken away. */
async function untilMade(settling: Settling, id: string): Promise<unknown> {
  const { resource } = settling;
  try {
    return await untilReady(settling, id);
  } catch (error) {
    if (!(error instanceof EsEcsError) || error.code !== 'RESOURCE_FAILED') throw error;
    const seen = await look(settling, id);
    if (seen === undefined || resource.failsForNow?.(seen) !== true) throw error;
    await destroyOne(settling, seen);
    return undefined;
  }
}

function isToBuildUpon(resource: AnyResource, observed: unknown): boolean {
  const phase = resource.phase(observed);
  return phase === 'ready' || (phase === 'pending' && resource.standsPending === true);
}

function isProven(resource: AnyResource, observed: unknown): boolean {
  return resource.provenByAnswers === true && resource.phase(observed) === 'ready';
}

const answered: Waits = {
  for: 'what an earlier run has made to show',
  usualMs: 1_000,
  everyMs: 2_000,
  limitMs: 60_000,
};

/**
 * Whether a thing that was made with the token of an earlier run is there. If somebody has deleted it since, AWS still answers with
 * its id for as long as it remembers the token, and nothing is made.
 */
async function isThere(settling: Settling, id: string): Promise<boolean> {
  const { resource } = settling;
  const there = await inTime(settling, answered, async () => {
    const seen = await look(settling, id);
    return seen === undefined ? undefined : { value: resource.phase(seen) !== 'gone' };
  });
  return there?.value ?? false;
}

/** Creates; where AWS has refused, the intent is taken back, as nothing is in doubt then. */
async function sure(settling: Settling, call: () => Promise<Created>): Promise<Created> {
  const { run, resource } = settling;
  try {
    return await withRetries(run, resource.address, { retries: resource.createRetries, call });
  } catch (error) {
    if (run.isRefusal(error)) await run.memory.withdraw(resource.address);
    throw error;
  }
}

const unseen: Omit<Waits, 'limitMs'> = {
  for: 'what an earlier run may have made to show',
  usualMs: 0,
  everyMs: 5_000,
};

/**
 * Until when a thing has to be looked for before it may be made, as making it could make a second one; 0: not at all. A saved intent says
 * that it may have been made, and its token makes no second one; a saved id, that it was made, and its token is spent. Of what a run with
 * another memory made, only a name keeps it single.
 */
function mustShowUntilMs(settling: Settling): number {
  const { run, resource } = settling;
  const { memory } = run;
  if (resource.once?.by === 'name') return 0;
  const isTold = resource.once?.by === 'token' && memory.id(resource.address) === undefined;
  return isTold ? run.doubt().anythingUntilMs : mayShowUntilMs(settling);
}

function isThereAlready({ once }: AnyResource, error: unknown): boolean {
  return error instanceof Error && once?.refusals?.includes(error.name) === true;
}

/**
 * What a run that died has made may not be visible yet. So as long as that is possible, it is looked for: by its id where that was
 * saved, by tag or name where not, or where that was another one's.
 */
async function unseenBefore(settling: Settling, untilMs: number): Promise<Found<unknown> | undefined> {
  const { run, resource, inputs } = settling;
  if (untilMs === 0) return undefined;
  // Also once the time is over: what was planned within it rests on what could be seen then.
  const limitMs = Math.max(0, untilMs - run.clock.now());
  return inTime(settling, { ...unseen, limitMs }, async () => {
    const id = run.memory.id(resource.address);
    const found: unknown =
      (id === undefined ? undefined : await resource.find({ id, fresh: true, inputs })) ??
      (await resource.find({ id: undefined, fresh: true, inputs }));
    return found === undefined || resource.phase(found) === 'gone' ? undefined : { value: found };
  });
}

/** Goes on with a thing that is there after all; one that a plan would have replaced is replaced here. */
async function settleFound(settling: Settling, found: unknown): Promise<Settled> {
  const { run, resource, inputs } = settling;
  const id = resource.id(found);
  await run.memory.remember(resource.address, id);
  const desired = await resource.desired(inputs);
  if (resource.phase(found) === 'failed' || heaviest(resource.diff(desired, found)) === 'replace') {
    await destroyOne(settling, found);
    return createOne(settling);
  }
  return syncOne(settling, await untilReady(settling, id));
}
