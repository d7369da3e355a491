import { access } from 'node:fs/promises';

/** Whether there is something at a path that one may look at. */
export async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}
