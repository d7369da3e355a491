import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { restartOrder } from '../../../src/elasticsearch/rules/order.ts';
import { node } from './situations.ts';

describe('restartOrder', () => {
  it('goes from frozen to hot, then to what holds nothing, then to masters, the elected one last', () => {
    const nodes = [
      node('elected', { isMaster: true }),
      node('master', { roles: ['master'] }),
      node('ingest', { roles: ['ingest'] }),
      node('data', { roles: ['data'] }),
      node('hot', { roles: ['data_hot'] }),
      node('warm', { roles: ['data_warm'] }),
      node('cold', { roles: ['data_cold'] }),
      node('frozen', { roles: ['data_frozen'] }),
    ];
    const names = ['away', ...nodes.map(({ name }) => name)];
    expect(restartOrder([...names].reverse(), nodes)).toEqual([
      'away',
      'frozen',
      'cold',
      'warm',
      'hot',
      'data',
      'ingest',
      'master',
      'elected',
    ]);
  });

  it('takes up an upgrade that was cut off: first what is older, each as ever, and then what has been upgraded already', () => {
    const nodes = [
      node('new', { roles: ['data'], version: '9.5.3' }),
      node('elected', { isMaster: true, version: '9.4.6' }),
      node('older', { version: '9.4.6' }),
      node('new master', { version: '9.5.3' }),
      node('data', { roles: ['data'], version: '9.4.6' }),
    ];
    expect(restartOrder(['new', 'elected', 'away', 'older', 'new master', 'data'], nodes)).toEqual([
      'away',
      'data',
      'older',
      'elected',
      'new',
      'new master',
    ]);
  });

  it('is an order of just those names, with no master before a node that cannot become one', () => {
    const roles = fc.subarray(['master', 'data', 'data_hot', 'data_cold', 'ingest']);
    fc.assert(
      fc.property(fc.array(roles, { maxLength: 8 }), fc.nat(7), (all, elected) => {
        const nodes = all.map((own, index) =>
          node(`n-${index}`, { roles: own, isMaster: index === elected && own.includes('master') }),
        );
        const order = restartOrder(
          nodes.map(({ name }) => name),
          nodes,
        );
        expect([...order].sort()).toEqual(nodes.map(({ name }) => name).sort());
        const eligible = order.map(
          (name) => nodes.find((one) => one.name === name)?.roles.includes('master') === true,
        );
        const first = eligible.indexOf(true);
        expect(first < 0 || eligible.slice(first).every(Boolean)).toBe(true);
        const master = nodes.find(({ isMaster }) => isMaster);
        if (master !== undefined) expect(order.at(-1)).toBe(master.name);
      }),
    );
  });
});
