/**
 * For what is good to know and no more: any refusal is silence. A run that is interrupted or has lost its credentials is told so by the
 * next call.
 */
export async function silently<Value>(asking: Promise<Value>): Promise<Value | undefined> {
  try {
    return await asking;
  } catch {
    return undefined;
  }
}
