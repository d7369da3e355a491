/** Whom a policy is written for. */
export interface Scope {
  /** `aws`, `aws-cn` … */
  readonly partition: string;
  /** The path of roles and instance profiles; `/` where none is set. */
  readonly path?: string;
  /** The ARN of the managed policy that bounds every role that is made. */
  readonly boundary?: string;
}

/** A condition block: operator, then condition key, then value or values. */
export type Conditions = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/** A statement of a policy for people, with the reasons that its JSON has no room for. */
export interface Permission {
  readonly sid: string;
  /** What it is for, and why its resources are as wide as they are. */
  readonly because: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly condition?: Conditions;
}

/** A policy to be attached, together with others. */
export interface Policy {
  /** As it would be called in the account. */
  readonly name: string;
  readonly permissions: readonly Permission[];
}

/** The document of a policy, as IAM takes it. */
export function documentOf({ permissions }: Policy): object {
  return {
    Version: '2012-10-17',
    Statement: permissions.map(({ sid, actions, resources, condition }) => ({
      Sid: sid,
      Effect: 'Allow',
      Action: actions.length === 1 ? actions[0] : actions,
      Resource: resources.length === 1 ? resources[0] : resources,
      ...(condition === undefined ? {} : { Condition: condition }),
    })),
  };
}

/** An ARN in any region and account. */
export function arnIn({ partition }: Scope, service: string, resource: string): string {
  return `arn:${partition}:${service}:*:*:${resource}`;
}
