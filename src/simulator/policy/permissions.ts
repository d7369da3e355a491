import { invariant } from '../../errors.ts';
import type { World } from '../core/world.ts';
import { askedOfAutoScaling } from './asked-auto-scaling.ts';
import { askedOfEc2 } from './asked-ec2.ts';
import { askedOfEcs } from './asked-ecs.ts';
import { askedOfIam } from './asked-iam.ts';
import {
  askedOfEcr,
  askedOfKeys,
  askedOfLogs,
  askedOfParameters,
  askedOfQuotas,
  askedOfSecrets,
} from './asked-others.ts';
import { type Asked, decide, type Decision, type GlobalKeys } from './decide.ts';
import type { PolicyStatement } from './documents.ts';
import { guardRailsOf } from './guard-rails.ts';
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
  // Its actions know no resource.
  FreeTier: { prefix: 'freetier', asked: () => [] },
  IAM: { prefix: 'iam', asked: askedOfIam },
  KMS: { prefix: 'kms', asked: askedOfKeys },
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

/** The caller's permissions: identity-based policies, held against every call, below what the account's organisation denies. */
export class Permissions {
  readonly #statements: readonly PolicyStatement[] | undefined;
  readonly #onWeighed: ((weighed: Weighed) => void) | undefined;

  /** @param statements undefined: everything is allowed that the organisation does not deny */
  constructor(statements?: readonly PolicyStatement[], onWeighed?: (weighed: Weighed) => void) {
    this.#statements = statements;
    this.#onWeighed = onWeighed;
  }

  /** @throws SimulatedFailure AccessDenied, in the service's own words, for the first thing that is not allowed */
  check(world: World, call: AskedCall): void {
    const guardRails = guardRailsOf(world);
    if (this.#statements === undefined && guardRails.length === 0) return;
    for (const asked of askedOf(world, call)) {
      checkGuardRails(world, call, { asked, guardRails });
      if (this.#statements !== undefined) this.#weigh(this.#statements, world, { call, asked });
    }
  }

  /** Whether the caller may do what a service asks for in his name: the use of a key. */
  allows(world: World, asked: Asked, call: string): boolean {
    const global = globalKeys(world);
    if (decide(guardRailsOf(world), asked, global).outcome === 'denied') return false;
    if (this.#statements === undefined) return true;
    const decision = decide(this.#statements, asked, global);
    this.#tell(call, asked, decision);
    return decision.outcome === 'allowed';
  }

  #tell(call: string, { action, resource }: Asked, { outcome, statement }: Decision): void {
    this.#onWeighed?.({ call, action, resource, outcome, statement: statement?.sid });
  }

  #weigh(
    statements: readonly PolicyStatement[],
    world: World,
    { call, asked }: { readonly call: AskedCall; readonly asked: Asked },
  ): void {
    const decision = decide(statements, asked, globalKeys(world));
    this.#tell(`${call.service}:${call.operation}`, asked, decision);
    if (decision.outcome === 'allowed') return;
    // What is not there has no tags that a condition could be held against: the call itself says so.
    if (asked.isAbsent === true && decision.byCondition === true) return;
    throw refusal(world, call.service, { asked, decision, by: 'an identity-based policy' });
  }
}

/** What an organisation denies is denied whatever other policies allow ("Policy evaluation logic"). */
function checkGuardRails(
  world: World,
  { service }: AskedCall,
  { asked, guardRails }: { readonly asked: Asked; readonly guardRails: readonly PolicyStatement[] },
): void {
  const decision = decide(guardRails, asked, globalKeys(world));
  if (decision.outcome !== 'denied') return;
  throw refusal(world, service, { asked, decision, by: 'a service control policy' });
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
