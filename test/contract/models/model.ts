/** A shape of botocore's models, as far as it can be held against a value. */
export interface Shape {
  readonly type: string;
  readonly members?: Readonly<Record<string, { readonly shape: string }>>;
  readonly member?: { readonly shape: string };
  readonly key?: { readonly shape: string };
  readonly value?: { readonly shape: string };
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  /** Free JSON. */
  readonly document?: boolean;
}

/** An operation of botocore's models. */
interface Operation {
  readonly input?: { readonly shape: string };
  readonly output?: { readonly shape: string };
  readonly errors?: readonly { readonly shape: string }[];
}

/** What a service publishes of itself. */
export interface Model {
  readonly operations: Readonly<Record<string, Operation>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

/** Where botocore keeps the model of each service that is simulated; the services by their SDK clients' names. */
export const modelFiles: Readonly<Record<string, string>> = {
  AutoScaling: 'autoscaling/2011-01-01',
  CloudWatchLogs: 'logs/2014-03-28',
  EC2: 'ec2/2016-11-15',
  ECR: 'ecr/2015-09-21',
  ECS: 'ecs/2014-11-13',
  FreeTier: 'freetier/2023-09-07',
  IAM: 'iam/2010-05-08',
  KMS: 'kms/2014-11-01',
  SecretsManager: 'secretsmanager/2017-10-17',
  ServiceQuotas: 'service-quotas/2019-06-24',
  SSM: 'ssm/2014-11-06',
  STS: 'sts/2011-06-15',
};

const kept = [
  'type',
  'members',
  'member',
  'key',
  'value',
  'required',
  'enum',
  'min',
  'max',
  'pattern',
  'document',
];

/** A model with some of its operations, the shapes that these use, and no words: a hundredth of the whole. */
export function compact(model: Model, operations: readonly string[]): Model {
  const shapes: Record<string, Shape> = {};
  const take = (name: string | undefined): void => {
    if (name === undefined || name in shapes) return;
    const shape = model.shapes[name];
    if (shape === undefined) throw new Error(`the model has no shape ${name}`);
    // What is kept of a shape is of the same type as in it.
    const own = Object.fromEntries(
      Object.entries(shape).filter(([key]) => kept.includes(key)),
    ) as unknown as Shape;
    const members = Object.entries(shape.members ?? {}).map(([key, member]): [string, { shape: string }] => [
      key,
      { shape: member.shape },
    ]);
    shapes[name] = shape.members === undefined ? own : { ...own, members: Object.fromEntries(members) };
    for (const [, member] of members) take(member.shape);
    for (const part of [shape.member, shape.key, shape.value]) take(part?.shape);
  };
  const chosen = operations.map((name): [string, Operation] => {
    const operation = model.operations[name];
    if (operation === undefined) throw new Error(`the model has no operation ${name}`);
    take(operation.input?.shape);
    take(operation.output?.shape);
    const { input, output, errors = [] } = operation;
    return [
      name,
      { ...(input === undefined ? {} : { input }), ...(output === undefined ? {} : { output }), errors },
    ];
  });
  return { operations: Object.fromEntries(chosen), shapes };
}
