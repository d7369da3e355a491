import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTasksCommand, ListTasksCommand } from '@aws-sdk/client-ecs';
import { expect, it } from 'vitest';

import { explainService } from '../../../src/steps/service/explain.ts';
import type { Service } from '../../../src/steps/service/services.ts';
import { createBench } from '../support/bench.ts';

/** As 8.19.13 logs it, shortened. */
const refusal = [
  '[2026-01-01T00:00:00,000][INFO ][o.e.n.Node               ] [search-0] initializing ...',
  '[2026-01-01T00:00:01,000][ERROR][o.e.b.Elasticsearch      ] [search-0] fatal exception while booting Elasticsearch',
  'java.lang.IllegalArgumentException: unknown setting [indices.memory.no_such_thing]',
  ...Array.from(
    { length: 20 },
    (_, line) => `\tat org.elasticsearch.node.Node.<init>(Node.java:${line}) ~[elasticsearch-8.19.13.jar:?]`,
  ),
  'Caused by: java.lang.IllegalStateException: for another reason',
  '\t... 12 more',
  'ERROR: Elasticsearch did not exit normally - check the logs',
  '',
  'ERROR: Elasticsearch died while starting up, with exit code 1',
];

it("tells a refused start's cause, which Java logs long before the end", async () => {
  const bench = createBench();
  const ecs = bench.stub('ecs');
  ecs.answer(ListTasksCommand, { taskArns: ['arn:aws:ecs:eu-west-1:1:task/search/1'] });
  const containers = [{ exitCode: 1 }];
  const stoppedReason = 'Essential container in task exited';
  ecs.answer(DescribeTasksCommand, { tasks: [{ taskArn: 'arn:/1', stoppedReason, containers }] });
  bench.stub('logs').answer(GetLogEventsCommand, { events: refusal.map((message) => ({ message })) });
  const service = {
    clusterName: 'search',
    serviceName: 'search-0',
    deployments: [],
    events: [],
  } as unknown as Service; // what is looked at of it
  expect(await explainService(bench.clients, service, 'a group')).toMatchInlineSnapshot(`
    "its task stopped: Essential container in task exited, exit code 1; its last words:
    [2026-01-01T00:00:00,000][INFO ][o.e.n.Node               ] [search-0] initializing ...
    [2026-01-01T00:00:01,000][ERROR][o.e.b.Elasticsearch      ] [search-0] fatal exception while booting Elasticsearch
    java.lang.IllegalArgumentException: unknown setting [indices.memory.no_such_thing]
    Caused by: java.lang.IllegalStateException: for another reason
    ERROR: Elasticsearch did not exit normally - check the logs
    ERROR: Elasticsearch died while starting up, with exit code 1"
  `);
});
