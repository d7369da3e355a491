import type { Scope } from './statement.ts';

/**
 * The roles and instance profiles that es-ecs makes. Where they have a path, both forms: of what is not there yet IAM knows no path, and
 * asks for the plain name.
 */
export function ownRoles(scope: Scope): readonly string[] {
  return [
    ...rolesOnly(scope),
    ...forms(scope).map((form) => `arn:${scope.partition}:iam::*:instance-profile${form}`),
  ];
}

/** The roles alone. */
export function rolesOnly(scope: Scope): readonly string[] {
  return forms(scope).map((form) => `arn:${scope.partition}:iam::*:role${form}`);
}

function forms({ path = '/' }: Scope): readonly string[] {
  return path === '/' ? ['/es-ecs-*'] : ['/es-ecs-*', `${path}es-ecs-*`];
}
