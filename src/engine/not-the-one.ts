import { EsEcsError } from '../errors.ts';

/** Whether a look ended because there are several of the address, or something of the name that is somebody else's: none of them is the one. */
export function isNotTheOne(error: unknown): boolean {
  return error instanceof EsEcsError && (error.code === 'DUPLICATE' || error.code === 'NOT_OWNED');
}
