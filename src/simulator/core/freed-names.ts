import { type EventRule, table, type World } from './world.ts';

/** Names of things that were deleted and cannot be used again yet, by service and name. */
const freedNames = table<{ readonly untilMs: number }>('core/freed-names');

const free = 'core/name-free';

/** Keeps the name of what was just deleted from being used again for a while. */
export function holdName(world: World, name: string, forMs: number): void {
  if (forMs === 0) return;
  world.rows(freedNames).set(name, { untilMs: world.nowMs + forMs });
  world.unschedule(free, name);
  world.schedule(free, forMs, name);
}

/** Whether a name cannot be used yet. */
export function isNameHeld(world: World, name: string): boolean {
  return (world.rows(freedNames).get(name)?.untilMs ?? 0) > world.nowMs;
}

/** Names become free by themselves. */
export const freedNameRules: Readonly<Record<string, EventRule>> = {
  [free]: (world, name) => {
    world.rows(freedNames).delete(name);
  },
};
