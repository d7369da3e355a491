import type { Clients } from '../../src/aws/clients.ts';

/**
 * What a target answered, in words of the case: plain values that are the same in every run, so never an id
 * or a time.
 */
export type Observations = Readonly<Record<string, unknown>>;

/** One piece of AWS's behaviour that the product rests on. */
export interface ContractCase {
  /** `service area: what it is about`; unique, and the name in `differences.ts`. */
  readonly name: string;
  /** The calls that it is about, as `EC2:CreateVpc`. A test holds them against what is really sent. */
  readonly calls: readonly string[];
  /** What AWS's documentation says comes out. */
  readonly expected: Observations;
  run(clients: Clients, scratch: Scratch): Promise<Observations>;
}

/** An instance that is to join a cluster. */
export interface Host {
  /** The ECS cluster's name. */
  readonly cluster: string;
  readonly instanceId: string;
  readonly attribute: { readonly name: string; readonly value: string };
}

/** Where a case runs: time as it passes there, and names that nobody else has. */
export interface Scratch {
  /** A name of its own within the account: `<kind>-<number>`. */
  name(kind: string): string;
  /** Lets as much time go by as the target needs to show in lists what was just made. */
  settle(): Promise<void>;
  /**
   * Looks again and again until `isThere` says yes, or the target's patience is at its end.
   *
   * @returns the last look, whatever it is: a case compares it with what it expects.
   */
  until<Seen>(look: () => Promise<Seen>, isThere: (seen: Seen) => boolean): Promise<Seen>;
  /** Has an instance join a cluster as its ECS agent would, with one attribute of its own. */
  registerHost(host: Host): Promise<void>;
}

/** How a call ends: `done`, or the name of its error, as the product would see it. */
export async function outcome(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'done';
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

/** What `read` takes from a call's answer; the name of the error where it is refused. */
export async function answer<Output, Seen>(
  call: Promise<Output>,
  read: (output: Output) => Seen,
): Promise<Seen | string> {
  try {
    return read(await call);
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

/** A text of an answer that must be there for a case to go on. */
export function given(value: string | undefined): string {
  if (value === undefined || value === '') throw new Error('the answer lacks what the case goes on with');
  return value;
}

/** Whether it looks like an id of that prefix, as in `vpc-0123456789abcdef0`. */
export function isId(prefix: string, value: string | undefined): boolean {
  return new RegExp(`^${prefix}-[0-9a-f]{8,17}$`).test(value ?? '');
}

/** Tags of either spelling as one object. */
export function tagsOf(
  tags:
    | readonly {
        readonly Key?: string | undefined;
        readonly Value?: string | undefined;
        readonly key?: string | undefined;
        readonly value?: string | undefined;
      }[]
    | undefined,
): Readonly<Record<string, string>> {
  const pairs = (tags ?? []).map((tag): [string, string] => [
    tag.Key ?? tag.key ?? '',
    tag.Value ?? tag.value ?? '',
  ]);
  return Object.fromEntries(pairs.sort(([one], [other]) => (one < other ? -1 : 1)));
}
