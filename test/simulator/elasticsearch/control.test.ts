import { describe, it } from 'vitest';

import { controlContract, type Subject } from '../../access/control-contract.ts';
import { clusterStage } from './cluster-stage.ts';

const stage = clusterStage();

const subject: Subject = {
  control: stage.control,
  version: '9.4.6',
  eventually: (what, isSo) => stage.until(what, isSo),
  stop: async (node) => {
    stage.stop(node);
  },
  start: async (node) => {
    stage.start(node);
  },
};

// The same that test/e2e/cluster-control.test.ts holds against real nodes; the cases build on each other.
describe('the simulated cluster, asked as a real one', { shuffle: false }, () => {
  it('forms', async () => {
    for (const name of ['search-0', 'search-1', 'search-2']) stage.start(name);
    await stage.pass(30);
  });

  for (const { name, run } of controlContract) it(name, () => run(subject));
});
