/**
 * Awaits a call whose refusal under some names means that what it wanted is so already: deleting what is gone, detaching
 * what is detached.
 *
 * @returns undefined in that case.
 * @throws everything else.
 */
export async function unless<Output>(
  names: readonly string[],
  call: Promise<Output>,
): Promise<Output | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Error && names.includes(error.name)) return undefined;
    throw error;
  }
}
