import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { type AnyClient, type Clients, createClients } from '../../src/aws/clients.ts';
import { type Collection, Inventory } from '../../src/aws/inventory.ts';
import { CallMeter } from '../../src/aws/meter.ts';
import { isOf } from '../../src/aws/tags.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createSimulation, type OpenSimulation } from '../../src/cli/simulation.ts';
import { createVirtualClock } from '../../src/engine/clock.ts';
import { EsEcsError } from '../../src/errors.ts';
import { createSimulatedAccount } from '../../src/simulator/account.ts';
import type { WorldSnapshot } from '../../src/simulator/core/world.ts';
import { nodeAddresses } from '../../src/steps/way-in.ts';
import { type PlanDocument, Story, type UpDocument } from './story.ts';

/** Of everything that there may be, with nodes of the same names; one NAT gateway each, as an account has five elastic IPs. */
const configOf = (cluster: string): string => `name: ${cluster}
region: eu-west-1
elasticsearch: { version: 9.4.6 }
nodes: [{ name: data, count: 3 }]
network: { nat: single, flowLogs: true }
tags: { team: search }
`;

/** What was looked up, and the ids under which it was found. */
type Seen = Map<Collection<unknown>, Set<string>>;

/**
 * A service that does not know a filter ignores it, and answers with everything of everybody; an emulator (moto) does so with the
 * tags of NAT gateways. What is offered by region and zone is nobody's.
 */
function ignoringFilters(client: AnyClient): void {
  // The clients' stacks differ only in the types of what passes through.
  const stack = client.middlewareStack as unknown as {
    add(
      middleware: (
        next: (args: object) => Promise<unknown>,
        context: { readonly commandName?: string },
      ) => (args: { readonly input: object }) => Promise<unknown>,
      options: { readonly step: 'deserialize'; readonly priority: 'high'; readonly name: string },
    ): void;
  };
  stack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName === 'DescribeInstanceTypeOfferingsCommand') return next(args);
        const input = Object.entries(args.input).filter(([key]) => key !== 'Filters' && key !== 'Filter');
        return next({ ...args, input: Object.fromEntries(input) });
      },
    { step: 'deserialize', priority: 'high', name: 'ignoringFilters' },
  );
}

const ignorant: OpenSimulation = async (options) => {
  const simulation = await createSimulation(options);
  return {
    ...simulation,
    attach: (client) => {
      ignoringFilters(client);
      simulation.attach(client);
    },
  };
};

/** What stands in the account, row by row; AWS shows what has ended for a while longer. */
function standing(account: WorldSnapshot): Readonly<Record<string, string>> {
  const rows = Object.entries(account.tables).flatMap(([table, all]) =>
    table.startsWith('core/')
      ? []
      : all.map(([id, row]): [string, string] => [`${table} ${id}`, JSON.stringify(row)]),
  );
  return Object.fromEntries(rows);
}

/** The collections in the code, by their names: each must have been asked below. */
function collectionsInCode(): readonly string[] {
  const folder = path.join(import.meta.dirname, '..', '..', 'src', 'steps');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((one) =>
    one.endsWith('.ts'),
  );
  const made = /(?:: Collection<\w+> = \{|ec2Collection<\w+>\(\{)\s+name: '([^']+)'/g;
  return files
    .flatMap((file) => [...readFileSync(path.join(folder, file), 'utf8').matchAll(made)])
    .map(([, name = '']) => name)
    .toSorted();
}

function watchLookups(): { readonly seen: Seen; readonly end: () => void } {
  const seen: Seen = new Map();
  const idsOf = (collection: Collection<unknown>): Set<string> => {
    const ids = seen.get(collection) ?? new Set();
    seen.set(collection, ids);
    return ids;
  };
  const { find, owned } = Inventory.prototype;
  const finds = vi.spyOn(Inventory.prototype, 'find').mockImplementation(async function (
    this: Inventory,
    ...asked
  ) {
    const [collection, , { name }] = asked as unknown as [Collection<unknown>, string, { name?: string }];
    const ids = idsOf(collection);
    if (name !== undefined) ids.add(name);
    const found: unknown = await find.apply(this, asked);
    if (found !== undefined) ids.add(collection.id(found));
    return found;
  });
  const lists = vi.spyOn(Inventory.prototype, 'owned').mockImplementation(async function (
    this: Inventory,
    collection,
  ) {
    const ids = idsOf(collection);
    const found = await owned.call(this, collection);
    for (const one of found) ids.add(collection.id(one));
    return found;
  });
  return {
    seen,
    end: () => {
      finds.mockRestore();
      lists.mockRestore();
    },
  };
}

describe('two clusters in an account whose services ignore every filter', () => {
  const story = new Story(configOf('other'));
  const destroy = ['destroy', '--yes', '--delete-data'] as const;
  let seen: Seen;
  let before: Readonly<Record<string, string>>;
  /** The account with the other cluster alone in it. */
  let others: WorldSnapshot;

  beforeAll(async () => {
    const watch = watchLookups();
    seen = watch.seen;
    await story.json('up');
    await story.json('plan');
    others = story.account;
    before = standing(others);
    // What only a destroy looks for is seen by destroying it; then it is put back.
    await story.json(destroy[0], ...destroy.slice(1));
    writeFileSync(story.accountFile, JSON.stringify(others));
    watch.end();
    rmSync(story.stateFile, { force: true });
    story.write(configOf('search'));
  }, 60_000);

  afterAll(() => {
    story.end();
  });

  const run = async <Document>(command: string, ...options: readonly string[]): Promise<Document> => {
    const told = await story.run(command, '--json', ...options, { openSimulation: ignorant });
    expect(told, told.stderr).toMatchObject({ status: 0 });
    return JSON.parse(told.stdout) as Document;
  };
  const clientsOf = (snapshot: WorldSnapshot): Clients => {
    const clock = createVirtualClock({ startMs: snapshot.nowMs });
    const account = createSimulatedAccount({ clock, snapshot: structuredClone(snapshot) });
    return createClients({
      region: snapshot.region,
      clock,
      meter: new CallMeter(),
      credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
      attach: (client) => {
        ignoringFilters(client);
        account.attach(client);
      },
    });
  };
  /** By a remembered id, and by the id as a name: what is found, or the code of the refusal. */
  const lookBoth = (
    inventory: Inventory,
    collection: Collection<unknown>,
    id: string,
  ): Promise<readonly string[]> =>
    Promise.all(
      [
        { id, fresh: true },
        { id, fresh: false },
        { id: undefined, name: id, fresh: true },
      ].map(async (sight) => {
        try {
          const found = await inventory.find(collection, 'some/address', sight);
          return found === undefined ? 'absent' : `found ${collection.id(found)}`;
        } catch (error) {
          return error instanceof EsEcsError ? error.code : String(error);
        }
      }),
    );
  const othersNow = (): Readonly<Record<string, string>> => {
    const now = standing(story.account);
    return Object.fromEntries(Object.keys(before).map((id) => [id, now[id] ?? 'gone']));
  };

  it('asks every collection that there is', () => {
    expect([...seen.keys()].map(({ name }) => name).toSorted()).toEqual(collectionsInCode());
    expect(collectionsInCode().length).toBeGreaterThan(25);
  });

  it('hands each of them foreign things, and has none taken for its own', async () => {
    const clients = clientsOf(others);
    const told: Record<string, object> = {};
    for (const [collection, ids] of seen) {
      const inventory = new Inventory(clients, 'search');
      const listed = (await collection.list?.(clients, 'search', 'whole')) ?? [];
      const foreign = listed.filter((one) => !isOf('search', collection.tags(one)));
      const looks = await Promise.all([...ids].map((id) => lookBoth(inventory, collection, id)));
      // Two of one name have the same in the plural.
      told[collection.name in told ? `${collection.name}, others` : collection.name] = {
        isHandedSome: foreign.length + ids.size > 0 && (collection.list === undefined || foreign.length > 0),
        owned: (await inventory.owned(collection)).length,
        kin: (await inventory.kin(collection)).length,
        byId: [...new Set(looks.flat())].toSorted(),
      };
    }
    const refused = { isHandedSome: true, owned: 0, kin: 0, byId: ['NOT_OWNED'] };
    const expected = Object.fromEntries(Object.keys(told).map((name): [string, object] => [name, refused]));
    // It comes with its VPC, untagged, and is looked for by that VPC's id alone, which is held against the tag itself.
    expected['default security groups'] = {
      ...refused,
      byId: ['NOT_OWNED', expect.stringMatching(/^found vpc-/)],
    };
    // And once it is known, by its own id, which the state remembers.
    expected['default security groups, others'] = {
      ...refused,
      byId: ['NOT_OWNED', expect.stringMatching(/^found sg-/)],
    };
    // Asked for by the names of secrets that were held against the tag themselves.
    const ofOthers: unknown = expect.stringMatching(/^found es-ecs\/other\//);
    expected['resource policies'] = { ...refused, byId: ['NOT_OWNED', ofOthers, ofOthers, ofOthers] };
    expect(told).toEqual(expected);
    const { config } = loadConfig(configOf('search'), 'es-ecs.yaml');
    const inventory = new Inventory(clients, 'search');
    await expect(nodeAddresses({ clients, config, inventory })).rejects.toMatchObject({
      code: 'CLUSTER_UNREACHABLE',
    });
  });

  it('keeps to the one: what is destroyed and never existed takes nothing along', async () => {
    expect(await run(destroy[0], ...destroy.slice(1))).toMatchObject({ summary: { destroyed: 0, kept: 0 } });
    expect(othersNow()).toEqual(before);
  });

  it('makes the second as if it were alone, and takes it down alone', async () => {
    const planned = await run<PlanDocument>('plan');
    expect(planned.summary).toMatchObject({ change: 0, replace: 0, refuse: 0, destroy: 0 });
    const up = await run<UpDocument>('up');
    expect(up.summary).toMatchObject({ created: planned.summary.create, changed: 0, destroyed: 0 });
    expect(await run('up')).toMatchObject({ outcome: 'up-to-date', apiCalls: { writes: 0 } });
    const status = await run<{ nodes: readonly { readonly instanceId: string }[] }>('status');
    expect(status.nodes).toHaveLength(3);
    expect(status.nodes.filter(({ instanceId }) => `ec2/instances ${instanceId}` in before)).toEqual([]);
    expect(await run(destroy[0], ...destroy.slice(1))).toMatchObject({
      summary: { destroyed: expect.any(Number), kept: 0 },
    });
    expect(othersNow()).toEqual(before);
  });
});
