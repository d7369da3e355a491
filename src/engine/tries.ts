/** How often something was tried, and for how long. */
export interface Tries {
  readonly times: number;
  readonly overMs: number;
}

/** Errors keep the form in which they came; how hard it was tried is remembered beside them. */
const triesByError = new WeakMap<object, Tries>();

/** Remembers how often and how long was tried what failed in the end. The outermost who tries again has the last word. */
export function noteTries(error: unknown, tries: Tries): void {
  if (typeof error === 'object' && error !== null && tries.times > 1) triesByError.set(error, tries);
}

/** How often and how long was tried what failed with this error; undefined when it was tried once. */
export function triesOf(error: unknown): Tries | undefined {
  return typeof error === 'object' && error !== null ? triesByError.get(error) : undefined;
}
