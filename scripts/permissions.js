import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** By SDK client, the prefix that IAM gives the service's actions (Service Authorization Reference). */
const prefixes = {
  'auto-scaling': 'autoscaling',
  'cloudwatch-logs': 'logs',
  ec2: 'ec2',
  ecr: 'ecr',
  ecs: 'ecs',
  iam: 'iam',
  'secrets-manager': 'secretsmanager',
  'service-quotas': 'servicequotas',
  ssm: 'ssm',
  sts: 'sts',
};

/** What AWS asks for beside the calls themselves, and on whose word. */
export const impliedActions = [
  {
    actions: ['ec2:CreateTags', 'ecs:TagResource', 'logs:TagResource', 'secretsmanager:TagResource'],
    because: 'tags are given in the very call that creates a thing, and AWS checks them as a second action',
  },
  {
    actions: ['ecr:TagResource', 'iam:TagInstanceProfile', 'iam:TagRole', 'autoscaling:CreateOrUpdateTags'],
    because: 'the same, for ECR, IAM and Auto Scaling',
  },
  {
    actions: ['iam:PassRole'],
    because: 'hosts and tasks are given the roles that es-ecs makes',
  },
  {
    actions: ['iam:CreateServiceLinkedRole'],
    because:
      'the first ECS cluster and the first Auto Scaling group of an account make the role of their service',
  },
  {
    actions: ['ec2:RunInstances'],
    because: 'creating an Auto Scaling group with a launch template is checked as if the caller launched',
  },
  {
    actions: [
      'ecr:BatchCheckLayerAvailability',
      'ecr:BatchGetImage',
      'ecr:CompleteLayerUpload',
      'ecr:InitiateLayerUpload',
      'ecr:PutImage',
      'ecr:UploadLayerPart',
    ],
    because:
      "docker, podman or buildah pushes the image with the caller's token; not needed with `image.uri`",
  },
];

/** Allowed to everybody, whatever a policy says (STS API reference, GetCallerIdentity). */
const alwaysAllowed = ['sts:GetCallerIdentity'];

/** Every TypeScript file under a folder. */
function filesUnder(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(folder, name))
    .sort();
}

/**
 * The IAM actions of the calls that the product makes: whatever it imports from an SDK client that is a command, or a
 * paginator or a waiter, which are named after theirs.
 */
export function calledActions(root) {
  const actions = new Set();
  for (const file of ['src/aws', 'src/steps', 'src/cli'].flatMap((one) => filesUnder(path.join(root, one)))) {
    const text = readFileSync(file, 'utf8');
    for (const [, names, client] of text.matchAll(
      /import \{([^}]*)\} from '@aws-sdk\/client-([a-z0-9-]+)'/g,
    )) {
      const prefix = prefixes[client];
      if (prefix === undefined) throw new Error(`${file}: no IAM prefix is known for client-${client}`);
      for (const name of names.split(',').map((one) => one.trim())) {
        const [, operation = undefined] =
          /^paginate([A-Z]\w+)$/.exec(name) ?? /^([A-Z]\w+)Command$/.exec(name) ?? [];
        if (operation !== undefined) actions.add(`${prefix}:${operation}`);
        else if (name.startsWith('waitUntil'))
          throw new Error(`${file}: waits are data here, not SDK waiters`);
      }
    }
  }
  return [...actions].filter((action) => !alwaysAllowed.includes(action)).sort();
}

/** The page `docs/permissions.md`. */
export function renderPermissions(root) {
  const called = calledActions(root);
  const implied = impliedActions.flatMap(({ actions }) => actions);
  const all = [...new Set([...called, ...implied])].sort();
  const onOwnRoles = all.filter(
    (action) => action.startsWith('iam:') && action !== 'iam:CreateServiceLinkedRole',
  );
  const rest = all.filter((action) => !onOwnRoles.includes(action));
  const policy = {
    Version: '2012-10-17',
    Statement: [
      { Sid: 'Everything', Effect: 'Allow', Action: rest, Resource: '*' },
      {
        Sid: 'RolesOfItsOwn',
        Effect: 'Allow',
        Action: onOwnRoles,
        Resource: ['arn:aws:iam::*:role/es-ecs-*', 'arn:aws:iam::*:instance-profile/es-ecs-*'],
      },
    ],
  };
  return `# Permissions

<!-- Made from the calls in src by scripts/generate-docs.js; what AWS asks for besides is listed in scripts/permissions.js. -->

What the credentials that run es-ecs must be allowed. The list is made from the calls in the code, and a test keeps it current.
\`plan\` and \`status\` need only what begins with Describe, Get and List. It has not been tried on a real account as the least that
is enough: where an action is missing, the error names it.

${all.length} actions; ${called.length} of them are calls that es-ecs makes. The others, and some of those, AWS asks for besides:

${impliedActions.map(({ actions, because }) => `- ${actions.map((one) => `\`${one}\``).join(', ')}: ${because}.`).join('\n')}

As a policy (in China and GovCloud, put \`aws-cn\` or \`aws-us-gov\` for \`aws\` in the ARNs):

\`\`\`json
${JSON.stringify(policy, undefined, 2)}
\`\`\`
`;
}
