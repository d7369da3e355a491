import { EsEcsError, invariant } from '../errors.ts';
import { causeFrom } from './cause.ts';
import { heaviest } from './plan.ts';
import type { AnyResource, Change, Created, Waits } from './resource.ts';
import type { Run } from './run.ts';
import { type Found, throwIfInterrupted, waitUntil, withRetries } from './wait.ts';

type InputsByName = Readonly<Record<string, unknown>>;

/** How long what was just written may take to show in what is read (eventual consistency), and how often to look. */
const showing = { usualMs: 0, everyMs: 1_000, limitMs: 60_000 } as const;
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
 * Makes a thing and syncs every difference: intent saved, create called, id saved, then all else that is desired. What its create
 * and its changes are answered with is believed.
 *
 * @throws whatever the create throws after its retries; EsEcsError RESOURCE_FAILED, WAIT_TIMEOUT or NOT_CONVERGED.
 */
export async function createOne(settling: Settling): Promise<Settled> {
  const { run, resource, inputs } = settling;
  const { address } = resource;
  const create = resource.create?.bind(resource);
  invariant(create, `${address} is absent and cannot be created`);
  const desired = await resource.desired(inputs);
  const resumes = run.memory.isIntended(address);
  const there = await unseenBefore(settling, mustShowUntilMs(settling));
  if (there !== undefined) return settleFound(settling, there.value);
  throwIfInterrupted(run);
  const untilMs = mayShowUntilMs(settling);
  const call = async (): Promise<Created> => {
    const token = await run.memory.intend(address);
    return sure(settling, () => create(desired, token));
  };
  let made: Created;
  try {
    made = await call();
  } catch (error) {
    if (!isThereAlready(resource, error)) throw error;
    // Something of that name is there, whatever the lists have said: they lag, and an answer may have been lost.
    const showsByMs = resource.once?.by === 'name' ? run.clock.now() + showing.limitMs : 0;
    const hidden = await unseenBefore(settling, Math.max(untilMs, showsByMs));
    if (hidden !== undefined) return settleFound(settling, hidden.value);
    // What it was made with is no longer wanted so, and it is gone.
    if (!resumes || resource.once?.by !== 'token') throw error;
    await run.memory.withdraw(address);
    made = await call();
  }
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
  const seen = await untilReady(settling, id);
  run.memory.saw(address);
  return syncOne(settling, seen);
}

function isToBuildUpon(resource: AnyResource, observed: unknown): boolean {
  const phase = resource.phase(observed);
  return phase === 'ready' || (phase === 'pending' && resource.standsPending === true);
}

function isProven(resource: AnyResource, observed: unknown): boolean {
  return resource.provenByAnswers === true && resource.phase(observed) === 'ready';
}

/**
 * Looks at what was believed: AWS shows it, calls it ready, and nothing is different. Looks of one moment are shared by all of a type.
 *
 * @returns what it was seen to be.
 * @throws EsEcsError NOT_CONVERGED, RESOURCE_FAILED, WAIT_TIMEOUT
 */
export async function prove(settling: Settling, believed: unknown): Promise<unknown> {
  const { resource, inputs } = settling;
  const seen = await untilReady(settling, resource.id(believed), { ...resource.waits, usualMs: 0 });
  const desired = await resource.desired(inputs);
  const changes = resource.diff(desired, seen);
  return changes.length === 0 ? seen : untilShown(settling, desired, { observed: seen, applied: changes });
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

/** What comes within the limit of a wait; undefined where it does not, which is an answer here. */
async function inTime<Value>(
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

/** Until when a thing may come into sight that an earlier run has made; 0: there is none that cannot be seen. */
function mayShowUntilMs({ run, resource }: Settling): number {
  const { address } = resource;
  const { rememberedUntilMs, anythingUntilMs } = run.doubt();
  const isKnown = run.memory.isIntended(address) || run.memory.id(address) !== undefined;
  return Math.max(anythingUntilMs, isKnown ? rememberedUntilMs : 0);
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
    await applyChanges(settling, changes);
  };
  const find: AnyResource['find'] = async (sight) => {
    const observed = await resource.find(sight);
    if (observed !== undefined) await mend(observed);
    return observed;
  };
  return untilReady({ ...settling, resource: { ...resource, find } }, undefined);
}

/** Reads a thing anew, together with others of its type that are read at the same moment. */
function look(settling: Settling, id: string | undefined): Promise<unknown> {
  const { run, resource, inputs } = settling;
  return resource.find({ id: id ?? run.memory.id(resource.address), fresh: true, inputs });
}

async function failed(resource: AnyResource, observed: unknown): Promise<EsEcsError> {
  const why = (await causeFrom(() => resource.explain?.(observed))) ?? 'AWS gives no reason';
  return new EsEcsError('RESOURCE_FAILED', `failed: ${why}`, {
    address: resource.address,
    hint: 'es-ecs up  replaces what failed and goes on',
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
  if (changes.length === 0) return { observed: current, isBelieved, changed: false };
  for (let round = 1; changes.length > 0; round += 1) {
    const [first] = changes;
    if (round > maxRounds && first !== undefined) throw notConverged(resource, changes);
    const applied = changes;
    await applyChanges(settling, applied);
    throwIfInterrupted(run);
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
  if (paths(changes) === paths(applied)) return true;
  const words = new Set(applied.map(inWords));
  return changes.some((change) => words.has(inWords(change)));
}

function inWords({ path, before, after }: Change): string {
  return JSON.stringify([path, before, after]);
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

async function applyChanges(settling: Settling, changes: readonly Change[]): Promise<void> {
  const { run, resource } = settling;
  const refused = changes.find((change) => change.impact === 'refuse');
  if (refused !== undefined) throw refusal(resource, refused);
  const distinct = new Set(changes.map((change) => change.apply));
  for (const apply of distinct) {
    invariant(apply, `${resource.address}: a change says neither how it is applied nor that it is refused`);
    throwIfInterrupted(run);
    await withRetries(run, resource.address, { retries: resource.createRetries, call: apply });
  }
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
  const destroy = resource.destroy?.bind(resource);
  invariant(destroy, `${address} cannot be destroyed`);
  const id = resource.id(observed);
  // It is what the intent was for: with its token AWS would answer with the deleted one later.
  await run.memory.withdraw(address);
  const blockers = resource.blockers?.bind(resource);
  await withRetries(run, address, {
    retries: resource.destroyRetries,
    call: () => destroy(observed),
    blockers: blockers && (() => blockers(observed)),
  });
  if (resource.goneWhenAnswered === true) {
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
