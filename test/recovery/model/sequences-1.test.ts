import { it } from 'vitest';

import { checkSequences } from './sequences.ts';

it('whatever happens, in any order: nothing is double, untagged or lost, and the next up puts it right', async () => {
  await checkSequences(1);
});
