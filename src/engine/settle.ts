import { EsEcsError, invariant } from '../errors.ts';
import type { AnyResource, Change, Waits } from './resource.ts';
import type { Run } from './run.ts';
import { throwIfInterrupted, waitUntil, withRetries } from './wait.ts';

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

/**
 * Makes a thing and syncs every difference: intent saved, create called, id saved, then all else that is desired.
 *
 * @returns what it is then, as it was looked at last.
 * @throws whatever the create throws after its retries; EsEcsError RESOURCE_FAILED, WAIT_TIMEOUT or NOT_CONVERGED.
 */
export async function createOne(settling: Settling): Promise<unknown> {
  const { run, resource, inputs } = settling;
  const { address } = resource;
  const create = resource.create?.bind(resource);
  invariant(create, `${address} is absent and cannot be created`);
  const desired = await resource.desired(inputs);
  const token = await run.memory.intend(address);
  throwIfInterrupted(run);
  const { id, observed } = await withRetries(run, address, {
    retries: resource.createRetries,
    call: () => create(desired, token),
  });
  await run.memory.remember(address, id);
  if (observed !== undefined && resource.phase(observed) === 'ready') {
    const told = await syncOne(settling, observed);
    if (told.changed) return told.observed;
  }
  const seen = await untilReady(settling, id);
  return (await syncOne(settling, seen)).observed;
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
    explain: async () => resource.explain?.(await look(settling, id)),
    look: async () => {
      const observed = await look(settling, id);
      const phase = observed === undefined ? 'gone' : resource.phase(observed);
      if (phase === 'failed') throw await failed(resource, observed);
      return phase === 'ready' ? { value: observed } : undefined;
    },
  });
}

/** Reads a thing anew, together with others of its type that are read at the same moment. */
function look(settling: Settling, id: string | undefined): Promise<unknown> {
  const { run, resource, inputs } = settling;
  return resource.find({ id: id ?? run.memory.id(resource.address), fresh: true, inputs });
}

async function failed(resource: AnyResource, observed: unknown): Promise<EsEcsError> {
  const why = (await resource.explain?.(observed)) ?? 'AWS gives no reason';
  return new EsEcsError('RESOURCE_FAILED', `failed: ${why}`, {
    address: resource.address,
    hint: 'es-ecs up  replaces what failed and goes on',
  });
}

/**
 * Syncs every difference, then looks again until none is left.
 *
 * @returns what the resource is then, and whether anything was written.
 * @throws EsEcsError REFUSED; NOT_CONVERGED when a difference is left though everything was applied.
 */
export async function syncOne(
  settling: Settling,
  observed: unknown,
): Promise<{ readonly observed: unknown; readonly changed: boolean }> {
  const { resource, inputs, run } = settling;
  const desired = await resource.desired(inputs);
  let current = observed;
  let changes = resource.diff(desired, current);
  if (changes.length === 0) return { observed: current, changed: false };
  for (let round = 1; changes.length > 0; round += 1) {
    const [first] = changes;
    if (round > maxRounds && first !== undefined) throw notConverged(resource, changes);
    const before = paths(changes);
    await applyChanges(settling, changes);
    throwIfInterrupted(run);
    current = await untilReady(settling, resource.id(current), waitsAfter(resource, changes));
    changes = resource.diff(desired, current);
    if (changes.length > 0 && paths(changes) === before) {
      current = await untilShown(settling, desired, { observed: current, before });
      changes = resource.diff(desired, current);
    }
  }
  return { observed: current, changed: true };
}

/** After a change in place nothing takes its usual length: the first look comes at once. */
function waitsAfter(resource: AnyResource, changes: readonly Change[]): Waits {
  const rolls = changes.some((change) => change.impact === 'rolling');
  return rolls ? resource.waits : { ...resource.waits, usualMs: 0 };
}

/** Waits while what is read still shows exactly the differences that were just mended. */
async function untilShown(
  settling: Settling,
  desired: unknown,
  seen: { readonly observed: unknown; readonly before: string },
): Promise<unknown> {
  const { run, resource } = settling;
  const id = resource.id(seen.observed);
  let last: readonly Change[] = [];
  try {
    return await waitUntil(run, {
      address: resource.address,
      waits: { ...showing, for: `the change of ${seen.before} to show` },
      look: async () => {
        const observed = await look(settling, id);
        if (observed === undefined) return undefined;
        last = resource.diff(desired, observed);
        return last.length === 0 || paths(last) !== seen.before ? { value: observed } : undefined;
      },
    });
  } catch (error) {
    if (error instanceof EsEcsError && error.code === 'WAIT_TIMEOUT') throw notConverged(resource, last);
    throw error;
  }
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
 * @throws whatever the destroy throws after its retries; EsEcsError WAIT_TIMEOUT.
 */
export async function destroyOne(settling: Settling, observed: unknown): Promise<void> {
  const { run, resource } = settling;
  const { address } = resource;
  const destroy = resource.destroy?.bind(resource);
  invariant(destroy, `${address} cannot be destroyed`);
  const id = resource.id(observed);
  await withRetries(run, address, { retries: resource.destroyRetries, call: () => destroy(observed) });
  await waitUntil(run, {
    address,
    waits: resource.destroyWaits ?? { ...showing, for: 'it to go' },
    explain: async () => resource.explain?.(await look(settling, id)),
    look: async () => {
      const seen = await look(settling, id);
      return seen === undefined || resource.phase(seen) === 'gone' ? { value: true } : undefined;
    },
  });
  await run.memory.forget(address);
}
