import { EsEcsError, invariant } from '../errors.ts';
import { causeFrom } from './cause.ts';
import { isNotTheOne } from './not-the-one.ts';
import type { AnyResource, Change, Waits } from './resource.ts';
import type { LostAnswer, Run } from './run.ts';
import { type Found, isRetried, throwIfInterrupted, waitUntil, withRetries } from './wait.ts';

type InputsByName = Readonly<Record<string, unknown>>;

/** How long what was just written may take to show in what is read (eventual consistency), and how often to look. */
export const showing = { usualMs: 0, everyMs: 1_000, limitMs: 60_000 } as const;
/** Rounds of differences: a change may bring another to light (a new version, then making it the default). */
const maxRounds = 4;

/** A resource together with what it needs to be settled. */
export interface Settling {
  readonly run: Run;
  readonly resource: AnyResource;
  readonly inputs: InputsByName;
}

/** What a thing is after it was settled. */
export interface Settled {
  readonly observed: unknown;
  /** So say the answers to the calls that made it so; it has not been looked at since. */
  readonly isBelieved: boolean;
}

/**
 * Looks at what was believed: AWS shows it, calls it ready, and nothing is different. Looks of one moment are shared by all of a type.
 * What belongs to something that has come meanwhile, unseen by the plan (a host's disk, a service's task), is made right.
 *
 * @returns what it was seen to be.
 * @throws EsEcsError NOT_CONVERGED, RESOURCE_FAILED, WAIT_TIMEOUT
 */
export async function prove(settling: Settling, believed: unknown, round = 1): Promise<unknown> {
  const { resource, inputs } = settling;
  const seen = await untilReady(settling, resource.id(believed), { ...resource.waits, usualMs: 0 });
  const desired = await resource.desired(inputs);
  const changes = resource.diff(desired, seen);
  if (changes.length === 0) return seen;
  // Whether it is another's, nobody knows here; to make it right twice does no harm.
  if (round < maxRounds && changes.every((change) => change.of !== undefined)) {
    const { observed, isBelieved } = await syncOne(settling, seen);
    return isBelieved ? prove(settling, observed, round + 1) : observed;
  }
  return untilShown(settling, desired, { observed: seen, applied: changes });
}

/** What comes within the limit of a wait; undefined where it does not, which is an answer here. */
export async function inTime<Value>(
  { run, resource }: Settling,
  waits: Waits,
  lookOnce: () => Promise<Found<Value> | undefined>,
): Promise<Found<Value> | undefined> {
  try {
    return { value: await waitUntil(run, { address: resource.address, waits, look: lookOnce }) };
  } catch (error) {
    if (error instanceof EsEcsError && error.code === 'WAIT_TIMEOUT') return undefined;
    throw error;
  }
}

/** Until when a thing may come into sight that an earlier run has made; 0: there is none that cannot be seen. */
export function mayShowUntilMs({ run, resource }: Settling): number {
  const { address } = resource;
  const { rememberedUntilMs, anythingUntilMs } = run.doubt();
  const isKnown = run.memory.isIntended(address) || run.memory.id(address) !== undefined;
  return Math.max(anythingUntilMs, isKnown ? rememberedUntilMs : 0);
}

/** Waits until a thing is there and its service calls it ready. */
export async function untilReady(
  settling: Settling,
  id: string | undefined,
  waits: Waits = settling.resource.waits,
): Promise<unknown> {
  const { run, resource } = settling;
  return waitUntil(run, {
    address: resource.address,
    waits,
    explain: () => explainAnew(settling, id),
    look: async () => {
      const observed = await look(settling, id);
      const phase = observed === undefined ? 'gone' : resource.phase(observed);
      if (phase === 'failed') throw await failed(resource, observed);
      return phase === 'ready' ? { value: observed } : undefined;
    },
  });
}

/** Why it does not come, by another look at it. */
async function explainAnew(settling: Settling, id: string | undefined): Promise<string | undefined> {
  const observed = await look(settling, id);
  const cause = await settling.resource.explain?.(observed);
  if (cause !== undefined || observed !== undefined) return cause;
  return settling.resource.gate === true ? undefined : 'AWS does not show it';
}

/** Waits for a gate, and mends what stands in its way. */
export async function untilOpen(settling: Settling): Promise<unknown> {
  const { resource } = settling;
  const mended = new Set<string>();
  const desired = await resource.desired(settling.inputs);
  const mend = async (observed: unknown): Promise<void> => {
    const changes = resource.diff(desired, observed).filter(({ path }) => !mended.has(path));
    if (changes.length === 0) return;
    for (const { path } of changes) mended.add(path);
    const doubted = await applyChanges(settling, changes);
    // What is there at the next look says whether it was done.
    for (const { path } of doubted?.sent ?? []) mended.delete(path);
  };
  const find: AnyResource['find'] = async (sight) => {
    const observed = await resource.find(sight);
    if (observed !== undefined) await mend(observed);
    return observed;
  };
  return untilReady({ ...settling, resource: { ...resource, find } }, undefined);
}

/** Reads a thing anew, together with others of its type that are read at the same moment. */
export function look(settling: Settling, id: string | undefined): Promise<unknown> {
  const { run, resource, inputs } = settling;
  return resource.find({ id: id ?? run.memory.id(resource.address), fresh: true, inputs });
}

async function failed(resource: AnyResource, observed: unknown): Promise<EsEcsError> {
  const why = (await causeFrom(() => resource.explain?.(observed))) ?? 'AWS gives no reason';
  return new EsEcsError('RESOURCE_FAILED', `failed: ${why}`, {
    address: resource.address,
    // Nothing stands for a gate that could be replaced.
    hint:
      resource.gate === true
        ? 'es-ecs up  looks again, and goes on once the reason is gone'
        : 'es-ecs up  replaces what failed and goes on',
  });
}

/**
 * Syncs every difference. Changes that do not say what becomes of the thing are looked at, until no difference is left.
 *
 * @returns what the resource is then, and whether anything was written.
 * @throws EsEcsError REFUSED; NOT_CONVERGED when a difference is left though everything was applied.
 */
export async function syncOne(
  settling: Settling,
  observed: unknown,
): Promise<Settled & { readonly changed: boolean }> {
  const { resource, inputs, run } = settling;
  const desired = await resource.desired(inputs);
  let current = observed;
  let isBelieved = false;
  let changes = resource.diff(desired, current);
  let doubts = 0;
  if (changes.length === 0) return { observed: current, isBelieved, changed: false };
  for (let round = 1; changes.length > 0; round += 1) {
    const [first] = changes;
    if (round > maxRounds + doubts && first !== undefined) throw notConverged(resource, changes);
    const applied = changes;
    const doubted = await applyChanges(settling, applied);
    throwIfInterrupted(run);
    if (doubted !== undefined) {
      doubts += 1;
      isBelieved = false;
      current = await afterLostAnswer(settling, desired, { observed: current, doubted });
      changes = resource.diff(desired, current);
      continue;
    }
    const told = afterAll(current, applied);
    if (told !== undefined) {
      current = told.value;
      changes = resource.diff(desired, current);
      isBelieved = !isYetToShow(changes, applied);
      if (isBelieved) continue;
    }
    isBelieved = false;
    current = await untilReady(settling, resource.id(current), waitsAfter(resource, applied));
    changes = resource.diff(desired, current);
    if (isYetToShow(changes, applied)) {
      current = await untilShown(settling, desired, { observed: current, applied });
      changes = resource.diff(desired, current);
    }
  }
  return { observed: current, isBelieved, changed: true };
}

/** What a thing is after all of the changes, by their answers; undefined where one of them does not say. */
function afterAll(observed: unknown, applied: readonly Change[]): Found<unknown> | undefined {
  let value = observed;
  for (const change of applied) {
    if (change.becomes === undefined) return undefined;
    value = change.becomes(value);
  }
  return { value };
}

/** After a change in place nothing takes its usual length: the first look comes at once. */
function waitsAfter(resource: AnyResource, changes: readonly Change[]): Waits {
  const rolls = changes.some((change) => change.impact === 'rolling');
  return rolls ? (resource.rollingWaits ?? resource.waits) : { ...resource.waits, usualMs: 0 };
}

/**
 * Whether some of what was just mended still shows as it was: all of it, by its paths, or a part, word for word. To mend that
 * again would be one call too many, and some are refused (ModifyVolume, while the one before is under way).
 */
function isYetToShow(changes: readonly Change[], applied: readonly Change[]): boolean {
  if (changes.length === 0) return false;
  if (targets(changes) === targets(applied)) return true;
  const words = new Set(applied.map(inWords));
  return changes.some((change) => words.has(inWords(change)));
}

function inWords({ path, of, before, after }: Change): string {
  return JSON.stringify([path, of, before, after]);
}

function targets(changes: readonly Change[]): string {
  return JSON.stringify(changes.map(({ path, of }) => [path, of]));
}

/** Waits while what is read still shows differences that were just mended. */
async function untilShown(
  settling: Settling,
  desired: unknown,
  seen: { readonly observed: unknown; readonly applied: readonly Change[] },
): Promise<unknown> {
  const { resource } = settling;
  const id = resource.id(seen.observed);
  let last: readonly Change[] = [];
  const waits = { ...showing, for: `the change of ${paths(seen.applied)} to show` };
  const shown = await inTime(settling, waits, async () => {
    const observed = await look(settling, id);
    if (observed === undefined) return undefined;
    last = resource.diff(desired, observed);
    return isYetToShow(last, seen.applied) ? undefined : { value: observed };
  });
  if (shown === undefined) throw notConverged(resource, last);
  return shown.value;
}

/** Where the answer to a change was lost, and what was said since. */
interface Doubted {
  readonly error: unknown;
  readonly lost: LostAnswer;
  /** What had been sent by then, the change in doubt among it. */
  readonly sent: readonly Change[];
  /** Whether what was said since passes by itself. */
  readonly passes: boolean;
}

/** Calls each distinct function, up to the first of which nobody knows whether it has done what it was to do. */
async function applyChanges(settling: Settling, changes: readonly Change[]): Promise<Doubted | undefined> {
  const { run, resource } = settling;
  const refused = changes.find((change) => change.impact === 'refuse');
  if (refused !== undefined) throw refusal(resource, refused);
  const called = new Set<Change['apply']>();
  for (const { apply, retries: own } of changes) {
    if (called.has(apply)) continue;
    invariant(apply, `${resource.address}: a change says neither how it is applied nor that it is refused`);
    called.add(apply);
    throwIfInterrupted(run);
    const retries = [own ?? [], resource.createRetries ?? []].flat();
    try {
      await withRetries(run, resource.address, { retries, call: apply });
    } catch (error) {
      const lost = run.lostAnswer(error);
      if (lost === undefined) throw error;
      const sent = changes.filter((change) => called.has(change.apply));
      return { error, lost, sent, passes: isRetried(error, retries) };
    }
  }
  return undefined;
}

/**
 * What a thing is after a change whose answer was lost: "there already" and "no longer there" may only say that the first try has done it.
 * So it is looked at until everything that was sent shows.
 *
 * @returns what it is then, done or to be sent again.
 * @throws what the call was answered with since, where nothing of it shows and sending it again would do no better.
 */
async function afterLostAnswer(
  settling: Settling,
  desired: unknown,
  { observed, doubted }: { readonly observed: unknown; readonly doubted: Doubted },
): Promise<unknown> {
  const { resource } = settling;
  const { sent, lost, passes, error } = doubted;
  const id = resource.id(observed);
  const seen: { readonly now: unknown; readonly hidden: number }[] = [];
  const waits = { ...showing, for: `the change of ${paths(sent)}, whose answer was lost, to show` };
  const shown = await inTime(settling, waits, async () => {
    const now = await look(settling, id);
    if (now === undefined) return undefined;
    const left = new Set(resource.diff(desired, now).map(inWords));
    const hidden = sent.filter((change) => left.has(inWords(change))).length;
    seen.push({ now, hidden });
    return hidden === 0 ? { value: now } : undefined;
  });
  if (shown !== undefined) return untilReady(settling, id, waitsAfter(resource, sent));
  const last = seen.at(-1);
  if (last === undefined) throw error;
  const isPartlyDone = last.hidden < sent.length;
  if (isPartlyDone || passes || lost === 'sent-once') return last.now;
  throw error;
}

function refusal(resource: AnyResource, change: Change): EsEcsError {
  const because = change.because === undefined ? '' : `: ${change.because}`;
  return new EsEcsError('REFUSED', `${change.path} cannot become ${change.after ?? 'absent'}${because}`, {
    address: resource.address,
    hint: 'es-ecs plan  shows everything that would change',
  });
}

function paths(changes: readonly Change[]): string {
  return changes.map((change) => change.path).join(', ');
}

function notConverged(resource: AnyResource, changes: readonly Change[]): EsEcsError {
  const left = changes.map(
    (change) => `${change.path} is ${change.before ?? 'absent'}, not ${change.after ?? 'absent'}`,
  );
  return new EsEcsError('NOT_CONVERGED', `still different after everything was applied: ${left.join('; ')}`, {
    address: resource.address,
    hint: ['something else may be changing it at the same time', 'es-ecs plan  shows what is different now'],
  });
}

/**
 * Ends a thing and waits until it is gone.
 *
 * @throws whatever the destroy throws after its retries; EsEcsError BLOCKED, WAIT_TIMEOUT.
 */
export async function destroyOne(settling: Settling, observed: unknown): Promise<void> {
  const { run, resource } = settling;
  const { address } = resource;
  const id = resource.id(observed);
  const untilMs = mayShowUntilMs(settling);
  // It is what the intent was for: with its token AWS would answer with the deleted one later.
  await run.memory.withdraw(address);
  const left = await sendDestroy(settling, observed);
  if (left === undefined || resource.goneWhenAnswered === true) {
    await untilUnlisted(settling, id, untilMs);
    await run.memory.forget(address);
    return;
  }
  await waitUntil(run, {
    address,
    waits: resource.destroyWaits ?? { ...showing, for: 'it to go' },
    explain: async () => resource.explain?.(await look(settling, id)),
    look: async () => {
      const seen = await look(settling, id);
      const isGone =
        seen === undefined ||
        resource.phase(seen) === 'gone' ||
        resource.isAnother?.(observed, seen) === true;
      return isGone ? { value: true } : undefined;
    },
  });
  await run.memory.forget(address);
}

const unlisted: Omit<Waits, 'limitMs'> = {
  for: 'what an earlier run has made to be known by its id',
  usualMs: 0,
  everyMs: 5_000,
};

/**
 * What a run that died has made a moment ago may be listed already and be unknown by its id: an order to end it is then answered as if
 * it were gone. As long as that is possible, lists are asked as well, and what still stands in them is ordered to end again.
 */
async function untilUnlisted(settling: Settling, id: string, untilMs: number): Promise<void> {
  const { run, resource, inputs } = settling;
  const limitMs = untilMs - run.clock.now();
  if (limitMs <= 0) return;
  await inTime(settling, { ...unlisted, limitMs }, async () => {
    const seen: unknown = await resource
      .find({ id: undefined, fresh: true, inputs })
      .catch((error: unknown) => {
        if (isNotTheOne(error)) return undefined;
        throw error;
      });
    const isGone = seen === undefined || resource.phase(seen) === 'gone' || resource.id(seen) !== id;
    if (isGone) return { value: true };
    await sendDestroy(settling, seen);
    return undefined;
  });
}

/** How often at most an end is ordered again where the answer to it was lost. */
const maxOrders = 3;

/**
 * Orders the end of a thing. Where the answer was lost, it is looked at whether it is still there, whatever was said since.
 *
 * @returns what was told to end; undefined where it is gone.
 */
async function sendDestroy(settling: Settling, observed: unknown): Promise<Found<unknown> | undefined> {
  const { run, resource } = settling;
  const { address } = resource;
  const destroy = resource.destroy?.bind(resource);
  invariant(destroy, `${address} cannot be destroyed`);
  const blockers = resource.blockers?.bind(resource);
  let current = observed;
  for (let times = 1; ; times += 1) {
    throwIfInterrupted(run);
    const doomed = current;
    try {
      await withRetries(run, address, {
        retries: resource.destroyRetries,
        call: () => destroy(doomed),
        blockers: blockers && (() => blockers(doomed)),
      });
      return { value: doomed };
    } catch (error) {
      if (run.lostAnswer(error) === undefined || times >= maxOrders) throw error;
      const seen = await look(settling, resource.id(doomed));
      if (seen === undefined || resource.phase(seen) === 'gone') return undefined;
      current = seen;
    }
  }
}
