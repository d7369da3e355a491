import { expect, it } from 'vitest';

import { Cluster } from './model/cluster.ts';
import { mustEndWell } from './model/runs.ts';
import { smallest } from './model/settings.ts';

// Found by the model: seed 672056, path 712.

it('what two killed runs were making, and the config no longer asks for, is waited for and goes in the next up', async () => {
  const cluster = new Cluster(smallest, undefined, 0);
  try {
    cluster.edit({ ...smallest, flowLogs: true });
    await cluster.runKilled(9, 'up');
    const operations = (): readonly string[] => cluster.account.calls.map(({ operation }) => operation);
    await cluster.runKilled(() => operations().includes('CreateFlowLogs'), 'up');
    // Ordered, and not to be seen yet.
    expect(operations()).toContain('CreateFlowLogs');
    cluster.edit(smallest);
    const { stderr } = await mustEndWell(cluster, 'up');
    expect(stderr).toMatch(/^waiting \d+s until everything that the run before has made can be seen$/m);
    const { stdout } = await mustEndWell(cluster, 'up', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'up-to-date', apiCalls: { writes: 0 } });
    expect(cluster.account.snapshot().tables['ec2/flow-logs']?.filter(([, row]) => !isGone(row))).toEqual([]);
  } finally {
    cluster.end();
  }
});

// Found by the model: seed 878855, path 47.

it('what was made before a run was refused, and did not show yet, is not made again', async () => {
  const cluster = new Cluster(smallest, undefined, 0);
  try {
    const end = cluster.account.inject({
      operation: 'AllocateAddress',
      times: 1,
      code: 'AccessDenied',
      status: 403,
    });
    expect((await cluster.run('up')).status).toBe(1);
    end();
    await mustEndWell(cluster, 'up');
    const creates = cluster.account.calls.filter(({ operation }) => operation === 'CreateVpc');
    expect(creates).toHaveLength(1);
  } finally {
    cluster.end();
  }
});

function isGone(row: unknown): boolean {
  return JSON.stringify(row).includes('"deletedAtMs"');
}
