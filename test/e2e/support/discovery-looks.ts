import { startProxy } from './proxy.ts';

/** One question of a node to EC2. */
export interface Look {
  readonly filters: Readonly<Record<string, readonly string[]>>;
  /** In the answer: private, sorted. */
  readonly addresses: readonly string[];
}

/** A way to the account on which nothing is changed, and all that nodes look for is written down. */
export interface WatchedEndpoint {
  readonly url: string;
  readonly looks: readonly Look[];
  /** Calls of any other name. */
  others(): readonly string[];
  stop(): Promise<void>;
}

/** Opens one in front of an emulator. */
export async function watchDiscovery(target: string): Promise<WatchedEndpoint> {
  const looks: Look[] = [];
  const proxy = await startProxy({
    target,
    rewrite: (answer, _made, { body, action }) => {
      if (action === 'DescribeInstances')
        looks.push({ filters: filtersOf(body), addresses: addressesOf(answer) });
      return answer;
    },
  });
  return {
    url: proxy.url,
    looks,
    others: () => proxy.calls.map(({ action }) => action).filter((action) => action !== 'DescribeInstances'),
    stop: () => proxy.stop(),
  };
}

function filtersOf(body: string): Look['filters'] {
  const form = [...new URLSearchParams(body)];
  const names = form.flatMap(([field, value]): [string, string][] => {
    const [, prefix] = /^(Filter\.\d+)\.Name$/.exec(field) ?? [];
    return prefix === undefined ? [] : [[prefix, value]];
  });
  return Object.fromEntries(
    names.map(([prefix, name]) => [
      name,
      form.filter(([field]) => field.startsWith(`${prefix}.Value.`)).map(([, value]) => value),
    ]),
  );
}

/** An instance names its address more than once. */
function addressesOf(answer: string): readonly string[] {
  const found = [...answer.matchAll(/<privateIpAddress>(.*?)<\/privateIpAddress>/g)];
  return [...new Set(found.map(([, address = '']) => address))].toSorted();
}
