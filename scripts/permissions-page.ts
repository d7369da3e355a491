import { boundedRoles, operatorPolicies } from '../src/aws/permissions/operator.ts';
import { passwordPolicy, readerPolicy } from '../src/aws/permissions/reader.ts';
import { documentOf } from '../src/aws/permissions/statement.ts';
import { loadConfig } from '../src/config/load.ts';
import type { PolicyDocument } from '../src/steps/policies/document.ts';
import { executionPolicy } from '../src/steps/policies/execution.ts';
import { flowLogPolicy } from '../src/steps/policies/flow-log.ts';
import { instancePolicy } from '../src/steps/policies/instance.ts';
import { taskPolicy } from '../src/steps/policies/task.ts';
import { calledActions } from './called-actions.js';
import type { PermissionsPage } from './permissions.js';

/** The boundary that the page's example names. */
export const exampleBoundary = 'arn:aws:iam::123456789012:policy/boundary';

const example = 'name: search\nregion: eu-west-1\nelasticsearch: { version: 9.4.6 }\nnodes: 3\n';

/** What the roles of a cluster are allowed: a boundary has to allow as much. */
function actionsOfRoles(): readonly string[] {
  const { config } = loadConfig(example, 'es-ecs.yaml');
  const facts = {
    accountId: '123456789012',
    partition: 'aws',
    region: config.region,
    urlSuffix: 'amazonaws.com',
    zones: [],
    bastionZone: undefined,
    instanceTypes: new Map(),
    hostImages: new Map(),
    bastionImageId: undefined,
    bastionCidrs: [],
  };
  const policies: readonly PolicyDocument[] = [
    executionPolicy({ config, facts }),
    flowLogPolicy({ config, facts }),
    instancePolicy({ config, facts }),
    taskPolicy(),
  ];
  const all = policies.flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action));
  return [...new Set(all)].sort();
}

/** What `docs/permissions.md` is made from. */
export function permissionsPage(root: string): PermissionsPage {
  const scope = { partition: 'aws' };
  return {
    reader: readerPolicy(scope),
    password: passwordPolicy(scope),
    operator: operatorPolicies(scope),
    bounded: boundedRoles({ ...scope, boundary: exampleBoundary }),
    boundary: {
      name: 'boundary',
      permissions: [{ sid: 'WhatRolesNeed', because: '', actions: actionsOfRoles(), resources: ['*'] }],
    },
    called: calledActions(root),
    documentOf,
  };
}
