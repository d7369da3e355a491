import { CreateClusterCommand, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { expect, it } from 'vitest';

import { registerHost } from '../../../src/simulator/ecs/container-instances.ts';
import { simulatedClusterView } from '../../../src/simulator/elasticsearch/cluster-view.ts';
import { pass, service, stage, taskDefinition } from './support.ts';

it('plays 300 nodes without making anybody wait', async () => {
  const on = stage();
  await on.clients.ecs.send(new CreateClusterCommand({ clusterName: 'es-ecs-search' }));
  await on.clients.ecs.send(new RegisterTaskDefinitionCommand(taskDefinition()));
  for (let index = 0; index < 300; index += 1) {
    const name = `search-${index}`;
    registerHost(on.account.world, {
      cluster: 'es-ecs-search',
      instanceId: `i-${name}`,
      attributes: { 'es-ecs-node': name, 'es-ecs-bootstrap': 'search-0:search-1:search-2' },
      memoryMiB: 8192,
      cpuUnits: 2048,
    });
    await service(on, name);
  }
  await pass(on, 180);
  expect(await simulatedClusterView(on.account.world, 'search').health()).toMatchObject({
    status: 'green',
    nodes: 300,
  });
});
