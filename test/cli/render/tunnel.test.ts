import { describe, expect, it } from 'vitest';

import { renderTunnel, tunnelDocument, type TunnelTold } from '../../../src/cli/render/tunnel.ts';
import { EsEcsError } from '../../../src/errors.ts';

const told: TunnelTold = {
  name: 'search',
  url: 'https://127.0.0.1:9200',
  user: 'elastic',
  cluster: {
    status: 'green',
    nodes: 3,
    dataNodes: 3,
    shards: 12,
    initializing: 0,
    relocating: 0,
    unassigned: 0,
    delayedUnassigned: 0,
  },
  files: { config: '/tmp/es-ecs-tunnel-1-a/curl', ca: '/tmp/es-ecs-tunnel-1-a/ca.crt' },
  way: 'through the bastion 203.0.113.7',
  isSimulated: false,
};

describe('an open tunnel', () => {
  it('is told with a line to paste', () => {
    expect(renderTunnel(told, { hasColour: false })).toMatchInlineSnapshot(`
      "search is green: 3 nodes    https://127.0.0.1:9200  through the bastion 203.0.113.7
        try it    curl -K /tmp/es-ecs-tunnel-1-a/curl 'https://127.0.0.1:9200/_cat/nodes?v'
        user      elastic, the password is in the file that curl reads; es-ecs credentials  shows it
        CA        /tmp/es-ecs-tunnel-1-a/ca.crt
        Ctrl-C    closes it, and removes both files"
    `);
  });

  it('quotes a folder that a shell would take apart', () => {
    const files = { config: "/tmp/o'my folder/curl", ca: 'x' };
    expect(renderTunnel({ ...told, files }, { hasColour: false })).toContain(
      String.raw`curl -K '/tmp/o'\''my folder/curl' 'https://`,
    );
  });

  it('to a cluster that says nothing is open all the same', () => {
    const cluster = new EsEcsError('CLUSTER_NO_MASTER', 'no master');
    expect(renderTunnel({ ...told, cluster }, { hasColour: false })).toMatch(
      /^the tunnel to search is open all the same {4}https/,
    );
    expect(tunnelDocument({ ...told, cluster })).toMatchObject({
      url: 'https://127.0.0.1:9200',
      elasticsearch: { status: 'unknown', problem: 'no master' },
    });
  });
});
