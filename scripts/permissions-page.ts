import { boundedRoles, operatorPolicies } from '../src/aws/permissions/operator.ts';
import { passwordPolicy, readerPolicy } from '../src/aws/permissions/reader.ts';
import { documentOf } from '../src/aws/permissions/statement.ts';
import { loadConfig } from '../src/config/load.ts';
import type { PolicyDocument } from '../src/steps/policies/document.ts';
import { executionPolicy } from '../src/steps/policies/execution.ts';
import { flowLogPolicy } from '../src/steps/policies/flow-log.ts';
import { instancePolicy } from '../src/steps/policies/instance.ts';
import { taskPolicy } from '../src/steps/policies/task.ts';
import { ec2Principal } from '../src/aws/partitions.ts';
import { calledActions } from './called-actions.js';
import type { PermissionsPage } from './permissions.js';

/** The boundary that the page's example names. */
export const exampleBoundary = 'arn:aws:iam::123456789012:policy/boundary';

const example = 'name: search\nregion: eu-west-1\nelasticsearch: { version: 9.4.6 }\nnodes: 3\n';

/** The four policies of a cluster's roles in one: what a boundary has to allow, and what no boundary need go beyond. */
function boundaryOfExample(): object {
  const { config } = loadConfig(example, 'es-ecs.yaml');
  const facts = {
    accountId: '123456789012',
    partition: 'aws',
    region: config.region,
    zones: [],
    volumeZones: new Map(),
    bastionZone: undefined,
    instanceTypes: new Map(),
    hostImages: new Map(),
    bastionImageId: undefined,
    callerArn: '',
    key: undefined,
    bastionCidrs: [],
  };
  const policies: readonly PolicyDocument[] = [
    executionPolicy({ config, facts }),
    flowLogPolicy({ config, facts }),
    instancePolicy({ config, facts }),
    taskPolicy(),
  ];
  // Hosts and tasks share some of theirs.
  const statements = new Map(
    policies.flatMap(({ Statement }) => Statement.map((one) => [one.Sid, one] as const)),
  );
  return {
    Version: '2012-10-17',
    // A statement's name stands once on the page.
    Statement: [...statements.values()].map((one) => ({ ...one, Sid: `Let${one.Sid}` })),
  };
}

/** What `docs/permissions.md` is made from. */
export function permissionsPage(root: string): PermissionsPage {
  const scope = { partition: 'aws' };
  return {
    reader: readerPolicy(scope),
    password: passwordPolicy(scope),
    operator: operatorPolicies(scope),
    bounded: boundedRoles({ ...scope, boundary: exampleBoundary }),
    boundary: boundaryOfExample(),
    called: calledActions(root),
    documentOf,
    ec2Principal,
  };
}
