import path from 'node:path';

import type { CommonOptions } from './options.ts';

/** Where things are kept, all beside the config or under `.es-ecs/simulated`. */
export interface SessionFiles {
  readonly state: string;
  readonly lock: string;
  readonly key: string;
  readonly knownHosts: string;
}

/** Where a command's files are. */
export function filesFor(options: CommonOptions): SessionFiles {
  const directory = path.dirname(options.config);
  const simulated = path.join(directory, '.es-ecs', 'simulated', 'state.json');
  const state =
    options.state ?? (options.simulate === true ? simulated : path.join(directory, 'es-ecs.state.json'));
  const beside = path.join(path.dirname(state), path.basename(state, '.json'));
  return { state, lock: `${state}.lock`, key: `${beside}.key`, knownHosts: `${beside}.known_hosts` };
}
