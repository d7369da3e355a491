/** What AWS asks for beside the calls themselves, and on whose word. */
export const impliedActions = [
  {
    actions: ['ec2:CreateTags'],
    because: 'tags are given in the very call that makes a thing of EC2, a launch included',
    source: 'EC2 user guide, "Grant permission to tag Amazon EC2 resources during creation"',
  },
  {
    actions: ['autoscaling:CreateOrUpdateTags'],
    because: 'CreateAutoScalingGroup with tags',
    source: 'Auto Scaling user guide, "Tag Auto Scaling groups and instances"',
  },
  {
    actions: [
      'ecr:TagResource',
      'ecs:TagResource',
      'iam:TagInstanceProfile',
      'iam:TagRole',
      'logs:TagResource',
      'secretsmanager:TagResource',
    ],
    because: 'a create of these services with tags',
    source: "each service's page in the Service Authorization Reference, and its guide's page on tags",
  },
  {
    actions: ['ssm:AddTagsToResource'],
    because:
      "PutParameter with tags, which is how the account's lock is made; no list of dependent actions says so",
    source: 'Systems Manager API reference, PutParameter',
  },
  {
    actions: ['iam:PassRole'],
    because:
      'AddRoleToInstanceProfile, a group whose launch template names a profile, RegisterTaskDefinition and CreateFlowLogs hand a role to a service',
    source: 'IAM user guide, "Grant a user permissions to pass a role to an AWS service"',
  },
  {
    actions: ['ec2:RunInstances'],
    because:
      'CreateAutoScalingGroup and UpdateAutoScalingGroup with a launch template are checked as a launch by the caller',
    source: 'Auto Scaling user guide, "Control Amazon EC2 launch template usage in Auto Scaling groups"',
  },
  {
    actions: ['iam:CreateServiceLinkedRole'],
    because:
      'the first CreateCluster and the first CreateAutoScalingGroup of an account make the role of their service',
    source: 'Service Authorization Reference, dependent actions of both',
  },
  {
    actions: [
      'kms:CreateGrant',
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:GenerateDataKey',
      'kms:GenerateDataKeyWithoutPlaintext',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
      'kms:RetireGrant',
    ],
    because:
      'EC2, Secrets Manager and ECR use a customer key in the name of whoever makes a disk, a secret or a repository with it; not needed without one',
    source:
      'EBS user guide, "Requirements for Amazon EBS encryption"; Secrets Manager user guide, "Secret encryption and decryption"; ECR user guide, "Encryption at rest"',
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
    source: 'ECR user guide, "IAM permissions for pushing an image to an Amazon ECR private repository"',
  },
];

/** Actions whose absence no run ends with. */
export const optionalActions = {
  'ec2:GetConsoleOutput': 'a host that does not get ready does not say why',
  'ec2:DescribeTags': 'an account that holds nothing of the cluster is asked a dozen lists for that',
  'iam:GetAccountAuthorizationDetails': 'roles are read one by one, three calls each',
  'servicequotas:GetServiceQuota':
    'quotas are not looked at before anything is made, and AWS refuses what goes beyond them',
  'freetier:GetAccountPlanState':
    "whether the account's plan starts the instance types is not looked at, and the first launch meets it",
  'secretsmanager:GetResourcePolicy':
    'a policy that somebody has given to a secret is not seen, and `plan` says that it could not look',
  'ec2:GetEbsDefaultKmsKeyId':
    "the account's default key for disks is not judged while planning, and hosts that it cannot start are told of as they die",
  'kms:GetKeyPolicy':
    "a key's policy that lets too few use it shows only when something is made with the key",
  'kms:ListGrants': 'a policy that lets too few use a key is taken to be mended by grants',
  'logs:GetLogEvents': 'the last lines of a node that does not start are not shown',
};

const rows = (policy) =>
  policy.permissions.map(({ sid, because }) => `| \`${sid}\` | ${because} |`).join('\n');

function shown(policy, documentOf, what) {
  return `### \`${policy.name}\`

${what}

| statement | what it is for |
| --- | --- |
${rows(policy)}

\`\`\`json
${JSON.stringify(documentOf(policy), undefined, 2)}
\`\`\`
`;
}

/** The page `docs/permissions.md`. */
export function renderPermissions({
  reader,
  password,
  operator,
  bounded,
  boundary,
  called,
  documentOf,
  ec2Principal,
}) {
  const implied = new Set(impliedActions.flatMap(({ actions }) => actions));
  const beside = [...implied].filter((action) => !called.includes(action)).length;
  const optional = Object.entries(optionalActions);
  return `# Permissions

<!-- Made by scripts/generate-docs.js from src/aws/permissions and scripts/permissions.js. -->

What the credentials that run es-ecs must be allowed, as policies to attach. Each is below the 6,144 characters that IAM takes in a managed
policy; one for all would not be.

| who | policies |
| --- | --- |
| sees what is there: \`plan\`, \`status\` | \`${reader.name}\` |
| uses the cluster: also \`es\`, \`tunnel\`, \`credentials\`, \`ssh\`, and how Elasticsearch is in \`status\` | \`${reader.name}\`, \`${password.name}\` |
| makes and changes it: all commands | ${[reader, ...operator].map(({ name }) => `\`${name}\``).join(', ')} |

Everything in \`${reader.name}\` is a read: its names begin with Describe, Get and List, and one is ecr:BatchGetImage. No \`plan\` asks for more;
\`status\` also tries to ask Elasticsearch, and says so where it may not read the password.

\`npm run check\` holds this page against the ${called.length} actions that the code in \`src\` calls and against what a whole life of a cluster on
the [simulated account](simulated-account.md) asks for, from \`up\` to \`destroy\`, which is played with just these policies; the recovery suite
takes out one action after the other and sees each refused. It has not been tried on a real account: where AWS asks for another action, the
error names it, and the statement of this page where it knows the action.

To try a policy of your own before it meets AWS:

    es-ecs up --simulate --simulate-policy one.json --simulate-policy another.json

In China, GovCloud, the European Sovereign Cloud or an isolated partition, put \`aws-cn\`, \`aws-us-gov\`, \`aws-eusc\`, \`aws-iso\` … for \`aws\` in
the ARNs, and for \`${ec2Principal('aws')}\` what EC2 is called there: ${['aws-cn', 'aws-iso', 'aws-iso-b'].map((name) => `\`${ec2Principal(name)}\` in \`${name}\``).join(', ')}, the same elsewhere.

## How narrow they are

- What has a name is allowed by its prefix: roles, instance profiles, groups, ECS clusters, services and task definitions \`es-ecs-…\`,
  repositories and secrets \`es-ecs/…\`, parameters and log groups \`/es-ecs/…\`. For one cluster, write its name behind the prefix.
- What EC2 makes is only made with the tag \`es-ecs-cluster\`, and only changed and deleted where it carries it. For one cluster, put its name
  for the \`*\` in these conditions. Who takes that tag off a thing takes it out of es-ecs's reach.
- EC2's describes, the lists of ECS's task definitions, log groups and secrets, DeregisterTaskDefinition and GetAuthorizationToken
  know neither resource nor condition, and stay on \`*\`.
- Rules can be taken out of any security group, as the VPC's default group has no tag, and es-ecs empties it.
- **Whoever may make roles and pass them to hosts can give himself more than this**: he puts any policy into a role \`es-ecs-…\`, starts a host with
  it and works from there. [A permissions boundary](#with-a-permissions-boundary) on these roles prevents that.

## The policies

${shown(reader, documentOf, 'For whoever looks, and for everybody else with it.')}
${shown(password, documentOf, 'For whoever uses the cluster.')}
${operator.map((policy) => shown(policy, documentOf, 'For whoever makes and changes it.')).join('\n')}
## With a permissions boundary

A permissions boundary is a managed policy on a role beyond which no other policy takes it. With \`iam.permissionsBoundary\` in the config every
role of the cluster is made with one, roles that exist are given it, and one that somebody takes off is put back. \`iam.path\` is for companies whose rules go by
paths: then put \`role/company/es-ecs-*\` beside \`role/es-ecs-*\` in the ARNs above and below, and \`instance-profile\` likewise; IAM asks for the plain name of what is not there yet.

Whoever is to make clusters and never more gets these two statements in place of \`Roles\`, in \`es-ecs-services\`:

\`\`\`json
${JSON.stringify(documentOf(bounded), undefined, 2)}
\`\`\`

He makes roles only with this boundary, gives a policy to none that lacks it, and can neither take it off (that action is missing) nor change it (no action here writes a
managed policy). So whatever he puts into a role, and whatever he starts with it, does no more than the boundary allows. Roles \`es-ecs-…\` of before
get the boundary by the next \`up\`; until then he cannot change their policies.

What the roles of a cluster need, the boundary has to allow; a host under a narrower one never joins the cluster. This
is what the cluster \`search\` in eu-west-1 needs, with an image of its own and a flow log. For several clusters widen the names, and no further: who may put any policy into a
role reads every secret and takes every disk that the boundary leaves open to him:

\`\`\`json
${JSON.stringify(boundary, undefined, 2)}
\`\`\`

## What AWS asks for besides

${beside} of the actions are no calls of es-ecs, and some of its calls are asked for by others as well:

${impliedActions.map(({ actions, because, source }) => `- ${actions.map((one) => `\`${one}\``).join(', ')}: ${because} (${source}).`).join('\n')}
${optional.length === 0 ? '' : `\n## What is missing without them\n\nNo run ends for want of these:\n\n${optional.map(([action, what]) => `- \`${action}\`: ${what}.`).join('\n')}\n`}`;
}
