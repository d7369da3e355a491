import { invariant } from '../../errors.ts';
import type { World } from '../core/world.ts';
import { askedOfAutoScaling } from './asked-auto-scaling.ts';
import { askedOfEc2 } from './asked-ec2.ts';
import { askedOfEcs } from './asked-ecs.ts';
import { askedOfIam } from './asked-iam.ts';
import { askedOfEcr, askedOfLogs, askedOfParameters, askedOfQuotas, askedOfSecrets } from './asked-others.ts';
import { type Asked, decide, type Decision, type GlobalKeys } from './decide.ts';
import type { PolicyStatement } from './documents.ts';
import type { Input } from './input.ts';
import { callerArn, refusal } from './refusals.ts';

/** A call that is to be carried out. */
export interface AskedCall {
  /** As the SDK names the client: `EC2`. */
  readonly service: string;
  readonly operation: string;
  readonly input: unknown;
}

/** One thing that was weighed, for tests that count which permissions are used. */
export interface Weighed {
  /** `EC2:CreateVpc` */
  readonly call: string;
  readonly action: string;
  readonly resource: string;
  readonly outcome: Decision['outcome'];
  /** The Sid of the statement that decided. */
  readonly statement: string | undefined;
}

type AskedOf = (world: World, operation: string, input: Input) => readonly Asked[];

/** By the SDK's name of a service, IAM's prefix of its actions, and what it looks at before a call. */
const askedBy: Readonly<Record<string, { readonly prefix: string; readonly asked: AskedOf }>> = {
  AutoScaling: { prefix: 'autoscaling', asked: askedOfAutoScaling },
  CloudWatchLogs: { prefix: 'logs', asked: askedOfLogs },
  EC2: { prefix: 'ec2', asked: askedOfEc2 },
  ECR: { prefix: 'ecr', asked: askedOfEcr },
  ECS: { prefix: 'ecs', asked: askedOfEcs },
  IAM: { prefix: 'iam', asked: askedOfIam },
  SecretsManager: { prefix: 'secretsmanager', asked: askedOfSecrets },
  ServiceQuotas: { prefix: 'servicequotas', asked: askedOfQuotas },
  SSM: { prefix: 'ssm', asked: askedOfParameters },
};

/** "No permissions are required to perform this operation", and none can be taken away (STS API reference, GetCallerIdentity). */
const free = new Set(['STS:GetCallerIdentity']);

/** What a call is checked for, one by one: itself, on all that it names or else as such, and what it implies. */
export function askedOf(world: World, { service, operation, input }: AskedCall): readonly Asked[] {
  if (free.has(`${service}:${operation}`)) return [];
  const by = askedBy[service];
  invariant(by, `it is known what ${service} asks for before ${operation}`);
  const action = `${by.prefix}:${operation}`;
  // The SDK's inputs are objects, whose members are looked up by name.
  const asked = by.asked(world, operation, input as Input);
  return asked.some((one) => one.action === action) ? asked : [{ action, resource: '*' }, ...asked];
}

/** The caller's permissions: identity-based policies, held against every call. */
export class Permissions {
  readonly #statements: readonly PolicyStatement[];
  readonly #onWeighed: ((weighed: Weighed) => void) | undefined;

  constructor(statements: readonly PolicyStatement[], onWeighed?: (weighed: Weighed) => void) {
    this.#statements = statements;
    this.#onWeighed = onWeighed;
  }

  /** @throws SimulatedFailure AccessDenied, in the service's own words, for the first thing that is not allowed */
  check(world: World, call: AskedCall): void {
    for (const asked of askedOf(world, call)) {
      const decision = decide(this.#statements, asked, globalKeys(world));
      this.#onWeighed?.({
        call: `${call.service}:${call.operation}`,
        action: asked.action,
        resource: asked.resource,
        outcome: decision.outcome,
        statement: decision.statement?.sid,
      });
      if (decision.outcome === 'allowed') continue;
      // What is not there has no tags that a condition could be held against: the call itself says so.
      if (asked.isAbsent === true && decision.byCondition === true) continue;
      throw refusal(world, call.service, { asked, decision });
    }
  }
}

/** Keys that every call has ("AWS global condition context keys"): those of a user with long-lived keys, from the rehearsal's address. */
function globalKeys(world: World): GlobalKeys {
  return {
    'aws:currenttime': new Date(world.nowMs).toISOString(),
    'aws:principalaccount': world.accountId,
    'aws:principalarn': callerArn(world),
    'aws:principalisawsservice': 'false',
    'aws:principaltype': 'User',
    'aws:requestedregion': world.region,
    'aws:securetransport': 'true',
    'aws:sourceip': '203.0.113.7',
    'aws:userid': 'AIDASIMULATED0000EXAMPLE',
    'aws:username': 'simulated',
    'aws:viaawsservice': 'false',
  };
}
