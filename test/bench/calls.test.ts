import { describe, expect, it } from 'vitest';

import { countCalls, toldCalls, tripsDeep } from '../../bench/calls.ts';

const call = (begunMs: number, atMs: number, action = 'DescribeVpcs') => ({ action, begunMs, atMs });

describe('trips deep', () => {
  it('are none without a call, and one for calls that overlap', () => {
    expect(tripsDeep([])).toBe(0);
    expect(tripsDeep([call(0, 10), call(1, 11), call(9, 20)])).toBe(1);
  });

  it('are as many as calls that were sent when the one before had been answered', () => {
    expect(tripsDeep([call(0, 10), call(10, 20), call(20, 30)])).toBe(3);
  });

  it('follow the longest chain, not the longest time', () => {
    const slow = call(0, 100);
    const quick = [call(0, 10), call(12, 20), call(25, 30)];
    expect(tripsDeep([slow, ...quick])).toBe(3);
    expect(tripsDeep([...quick.reverse(), slow])).toBe(3);
  });

  it('count what begins in the middle of another by what had ended until then', () => {
    expect(tripsDeep([call(0, 10), call(5, 30), call(20, 25), call(26, 40)])).toBe(3);
  });
});

describe('calls', () => {
  it('are counted by whether they change something', () => {
    const calls = [call(0, 1), call(2, 3, 'CreateVpc'), call(2, 3, 'GetCallerIdentity')];
    expect(countCalls(calls)).toEqual({ total: 3, reads: 2, writes: 1, deep: 2 });
  });

  it('are taken from what the program tells, where there is no wire', () => {
    const apiCalls = { total: 2, reads: 1, writes: 1 };
    expect(toldCalls({ apiCalls })).toEqual(apiCalls);
    expect(toldCalls({})).toBeUndefined();
  });
});
