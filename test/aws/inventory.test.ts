import { describe, expect, it } from 'vitest';

import type { Clients } from '../../src/aws/clients.ts';
import { type Collection, Inventory } from '../../src/aws/inventory.ts';
import { clusterTag, resourceTag, type Tags } from '../../src/aws/tags.ts';

interface Box {
  readonly id: string;
  readonly tags: Tags;
  readonly isGone?: boolean;
}

/** No collection of these tests asks a client anything. */
const noClients = {} as Clients;

const owned = (id: string, address: string): Box => ({
  id,
  tags: { [clusterTag]: 'search', [resourceTag]: address },
});

/** A shelf of boxes, and what was asked of it. */
function shelf(...boxes: readonly Box[]) {
  const asked: string[] = [];
  const listed: Collection<Box> = {
    name: 'boxes',
    list: async () => {
      asked.push('list');
      return boxes.filter((box) => box.tags[clusterTag] === 'search');
    },
    byIds: async (_clients, ids) => {
      asked.push(ids.join('+'));
      return boxes.filter((box) => ids.includes(box.id));
    },
    chunk: 2,
    id: (box) => box.id,
    tags: (box) => box.tags,
    isGone: (box) => box.isGone === true,
  };
  const { list: _list, ...named } = listed;
  return { asked, listed, named, inventory: new Inventory(noClients, 'search') };
}

describe('Inventory', () => {
  it('answers every first question about a type from one list', async () => {
    const { asked, listed, inventory } = shelf(owned('b1', 'one'), owned('b2', 'two'));
    const found = await Promise.all(
      ['one', 'two', 'three'].map((address) =>
        inventory.find(listed, address, { id: undefined, fresh: false }),
      ),
    );
    expect(found.map((box) => box?.id)).toEqual(['b1', 'b2', undefined]);
    expect(asked).toEqual(['list']);
  });

  it('asks once for an id that several look at afresh at the same moment', async () => {
    const { asked, listed, inventory } = shelf(owned('b1', 'one'));
    const found = await Promise.all(
      ['one', 'the same'].map((address) => inventory.find(listed, address, { id: 'b1', fresh: true })),
    );
    expect(found.map((box) => box?.id)).toEqual(['b1', 'b1']);
    expect(asked).toEqual(['b1']);
  });

  it('reads fresh by id, several at once, in chunks', async () => {
    const { asked, listed, inventory } = shelf(owned('b1', 'one'), owned('b2', 'two'), owned('b3', 'three'));
    await Promise.all(
      ['b1', 'b2', 'b3'].map((id) => inventory.find(listed, `of ${id}`, { id, fresh: true })),
    );
    expect(asked).toEqual(['b1+b2', 'b3']);
  });

  it('finds by the remembered id what has lost its tags', async () => {
    const { listed, inventory } = shelf({ id: 'b1', tags: {} });
    const found = await inventory.find(listed, 'one', { id: 'b1', fresh: false });
    expect(found?.id).toBe('b1');
  });

  it('takes what is gone for absent', async () => {
    const { listed, inventory } = shelf({ ...owned('b1', 'one'), isGone: true });
    expect(await inventory.find(listed, 'one', { id: 'b1', fresh: false })).toBeUndefined();
    expect(await inventory.find(listed, 'one', { id: 'b1', fresh: true })).toBeUndefined();
  });

  it('refuses two of one address, unless one of them is remembered', async () => {
    const { listed, inventory } = shelf(owned('b1', 'one'), owned('b2', 'one'));
    await expect(inventory.find(listed, 'one', { id: undefined, fresh: false })).rejects.toMatchObject({
      code: 'DUPLICATE',
      message: expect.stringContaining('b1, b2'),
    });
    expect((await inventory.find(listed, 'one', { id: 'b2', fresh: false }))?.id).toBe('b2');
  });

  it.each([
    ['of another cluster', { [clusterTag]: 'other' }],
    ['without an owner', {}],
  ])('refuses a name that is taken by something %s', async (_what, tags) => {
    const { named, inventory } = shelf({ id: 'es-ecs-search', tags });
    const find = inventory.find(named, 'one', { id: undefined, fresh: false, name: 'es-ecs-search' });
    await expect(find).rejects.toMatchObject({ code: 'NOT_OWNED' });
  });

  it('takes nothing out of a list that does not carry the tag of its own cluster, whatever was filtered by', async () => {
    const others: Box = { id: 'b2', tags: { [clusterTag]: 'other', [resourceTag]: 'one' } };
    const nobodys: Box = { id: 'b3', tags: { [resourceTag]: 'one' } };
    const { listed, inventory } = shelf(owned('b1', 'one'), others, nobodys);
    const unfiltered = { ...listed, list: async () => [owned('b1', 'one'), others, nobodys] };
    expect((await inventory.owned(unfiltered)).map(({ id }) => id)).toEqual(['b1']);
    expect((await inventory.kin(unfiltered)).map(({ observed }) => observed.id)).toEqual(['b1']);
    const found = await inventory.find(unfiltered, 'one', { id: undefined, fresh: true });
    expect(found?.id).toBe('b1');
    expect(await inventory.find(unfiltered, 'two', { id: undefined, fresh: false })).toBeUndefined();
  });

  it.each([true, false])(
    'refuses a remembered id that has gone to another cluster (fresh: %s)',
    async (fresh) => {
      const { listed, inventory } = shelf({
        id: 'b1',
        tags: { [clusterTag]: 'other', [resourceTag]: 'one' },
      });
      await expect(inventory.find(listed, 'one', { id: 'b1', fresh })).rejects.toMatchObject({
        code: 'NOT_OWNED',
        message: expect.stringContaining(`${clusterTag}=other`),
      });
    },
  );

  it('takes out of an answer by ids only what was asked for', async () => {
    const { listed, inventory } = shelf();
    const everything = { ...listed, byIds: async () => [owned('b2', 'two'), owned('b1', 'one')] };
    expect((await inventory.find(everything, 'one', { id: 'b1', fresh: true }))?.id).toBe('b1');
    expect(await inventory.find({ ...everything }, 'three', { id: 'b3', fresh: true })).toBeUndefined();
  });

  it('sends one look of a type at a time: what is asked for meanwhile shares the next, and is never answered by what was sent before', async () => {
    const { asked, listed, inventory } = shelf(owned('b1', 'one'), owned('b2', 'two'), owned('b3', 'three'));
    const answers: (() => void)[] = [];
    const slow: Collection<Box> = {
      ...listed,
      chunk: 10,
      byIds: async (clients, ids, depth) => {
        const found = await listed.byIds(clients, ids, depth);
        await new Promise<void>((resolve) => answers.push(resolve));
        return found;
      },
    };
    const look = (id: string) => inventory.find(slow, `of ${id}`, { id, fresh: true });
    const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
    const first = look('b1');
    await turn();
    const again = look('b1');
    await turn();
    const others = [look('b2'), look('b3')];
    await turn();
    expect(asked).toEqual(['b1']);
    answers[0]?.();
    await first;
    await turn();
    expect(asked).toEqual(['b1', 'b1+b2+b3']);
    answers[1]?.();
    const found = await Promise.all([again, ...others]);
    expect(found.map((box) => box?.id)).toEqual(['b1', 'b2', 'b3']);
  });

  it('waits a moment for others before it looks afresh, where it is told how', async () => {
    const { asked, listed } = shelf(owned('b1', 'one'), owned('b2', 'two'));
    let go: () => void = () => undefined;
    const gathered = new Promise<void>((resolve) => {
      go = resolve;
    });
    const inventory = new Inventory(noClients, 'search', { gather: () => gathered });
    const first = inventory.find(listed, 'one', { id: 'b1', fresh: true });
    await new Promise((resolve) => setImmediate(resolve));
    const second = inventory.find(listed, 'two', { id: 'b2', fresh: true });
    go();
    await Promise.all([first, second]);
    expect(asked).toEqual(['b1+b2']);
  });

  it('takes out of the list of another type what is among it, with one call for both', async () => {
    const { asked, listed, inventory } = shelf(owned('b1', 'one'), owned('b2', 'two'));
    const one: Collection<Box> = {
      ...listed,
      list: async () => [],
      among: async (all) => (await all.owned(listed)).filter(({ id }) => id === 'b1'),
    };
    expect((await inventory.owned(one)).map(({ id }) => id)).toEqual(['b1']);
    expect(await inventory.owned(listed)).toHaveLength(2);
    expect(asked).toEqual(['list']);
  });

  it('does not ask again for what it has been told by id', async () => {
    const { asked, named, inventory } = shelf(owned('b1', 'one'));
    await inventory.find(named, 'one', { id: undefined, fresh: false, name: 'b1' });
    expect((await inventory.known(named, ['b1', 'b2'])).map(({ id }) => id)).toEqual(['b1']);
    expect(asked).toEqual(['b1', 'b2']);
  });

  it('reads again once it has forgotten', async () => {
    const { asked, listed, inventory } = shelf(owned('b1', 'one'));
    await inventory.owned(listed);
    inventory.forget();
    await inventory.owned(listed);
    expect(asked).toEqual(['list', 'list']);
  });
});
