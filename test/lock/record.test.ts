import { describe, expect, it } from 'vitest';
import fc from 'fast-check';

import {
  doubtFrom,
  isInLine,
  lastValid,
  type LockEntry,
  type LockRecord,
  parseRecord,
} from '../../src/lock/record.ts';

const someone = {
  who: 'deploy',
  host: 'build-7',
  pid: 1,
  command: 'es-ecs up',
  since: '2026-01-02T14:02:00.000Z',
};

function entry(
  version: number,
  run: string,
  after: LockRecord['after'],
  event: LockRecord['event'] = 'taken',
): LockEntry {
  return { version, atMs: version * 1_000, record: { ...someone, run, event, after } };
}

describe('the log', () => {
  it('counts an entry that follows the last one that counts', () => {
    const log = [
      entry(1, 'a', null),
      entry(2, 'a', { version: 1, run: 'a' }, 'released'),
      entry(3, 'b', { version: 2, run: 'a' }),
    ];
    expect(lastValid(log)).toBe(log[2]);
    expect(log.every(isInLine)).toBe(true);
  });

  it('of two who had seen the same, counts the first, and the holder goes on behind the second', () => {
    const seen = { version: 2, run: 'a' };
    const log = [
      entry(1, 'a', null),
      entry(2, 'a', { version: 1, run: 'a' }, 'released'),
      entry(3, 'b', seen),
      entry(4, 'c', seen),
      entry(5, 'b', { version: 3, run: 'b' }, 'alive'),
    ];
    expect(lastValid(log.slice(0, 4))).toBe(log[2]);
    expect(lastValid(log)).toBe(log[4]);
    expect(log.map(isInLine)).toEqual([true, true, true, false, false]);
  });

  it('counts nothing that was written after a look at an earlier life of the lock', () => {
    // Taken down and taken anew in between: version 5 of this life is not the version 5 that was seen.
    const log = [
      entry(1, 'n', null),
      entry(2, 'n', { version: 1, run: 'n' }, 'alive'),
      entry(3, 'n', { version: 2, run: 'n' }, 'alive'),
      entry(4, 'n', { version: 3, run: 'n' }, 'alive'),
      entry(5, 'n', { version: 4, run: 'n' }, 'released'),
      entry(6, 'late', { version: 5, run: 'old' }),
    ];
    expect(lastValid(log)).toBe(log[4]);
  });

  it('believes the first that is left of a log that was cut', () => {
    const log = [
      entry(41, 'a', { version: 40, run: 'a' }, 'alive'),
      entry(42, 'a', { version: 41, run: 'a' }, 'released'),
    ];
    expect(lastValid(log)).toBe(log[1]);
  });

  it('that was cut begins with one that counted, whichever is the first that is left: a repeat after a lost answer never did', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 6, maxLength: 60 }), fc.nat(), (repeats, seed) => {
        const log: LockEntry[] = [];
        let last: LockEntry | undefined;
        for (const isRepeated of repeats) {
          const after = last === undefined ? null : { version: last.version, run: last.record.run };
          last = entry(log.length + 1, 'a', after, 'alive');
          log.push(last);
          if (isRepeated) log.push(entry(log.length + 1, 'a', after, 'alive'));
        }
        const kept = 4 + (seed % (log.length - 3));
        expect(lastValid(log)).toBe(last);
        expect(lastValid(log.slice(-kept))).toBe(last);
      }),
    );
  });

  it('never has two holders, whatever the order of looks and writes', () => {
    // Each step is a run that looks and one that writes after what it saw at its last look.
    const step = fc.record({ run: fc.constantFrom('a', 'b', 'c', 'd'), looks: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const log: LockEntry[] = [];
        const seen = new Map<string, LockEntry | undefined>();
        const holders = new Set<string>();
        for (const { run, looks } of steps) {
          if (looks || !seen.has(run)) {
            seen.set(run, lastValid(log));
            continue;
          }
          const before = seen.get(run);
          const after = before === undefined ? null : { version: before.version, run: before.record.run };
          const mine = entry(log.length + 1, run, after);
          log.push(mine);
          if (lastValid(log) === mine) {
            holders.clear();
            holders.add(run);
            seen.set(run, mine);
          }
        }
        // Whoever reads the log later agrees with who was told at once that it holds.
        expect(holders.size).toBeLessThanOrEqual(1);
        const [holder] = holders;
        expect(lastValid(log)?.record.run).toBe(holder);
      }),
    );
  });
});

describe('parseRecord', () => {
  it.each(['', 'nonsense', '{}', '{"run":"a"}'])('takes %j for nothing', (text) => {
    expect(parseRecord(text)).toBeUndefined();
  });
});

describe('doubtFrom', () => {
  const died = entry(1, 'a', null);
  const released = entry(1, 'a', null, 'released');
  const having = (of: LockEntry, more: Partial<LockRecord>): LockEntry => ({
    ...of,
    record: { ...of.record, ...more },
  });
  const both = (untilMs: number) => ({ rememberedUntilMs: untilMs, anythingUntilMs: untilMs });
  const intended = (untilMs: number) => ({ rememberedUntilMs: untilMs, anythingUntilMs: 0 });

  it('is over what a dead run had an intent for, for a minute after its last word, where its memory is here', () => {
    expect(doubtFrom(undefined, { known: ['a'] })).toEqual(both(0));
    expect(doubtFrom(died, { known: ['z', 'a'] })).toEqual(intended(61_000));
    expect(doubtFrom(released, { known: ['a'] })).toEqual(both(0));
    expect(doubtFrom(having(released, { unseenUntilMs: 42, unknownUntilMs: 0 }), { known: ['a'] })).toEqual(
      intended(42),
    );
  });

  it('is over anything where its memory is not here', () => {
    expect(doubtFrom(died, { known: ['b'] })).toEqual(both(61_000));
    expect(doubtFrom(released, { known: [] })).toEqual(both(31_000));
    expect(doubtFrom(having(released, { unseenUntilMs: 99_000, unknownUntilMs: 0 }), { known: [] })).toEqual(
      both(99_000),
    );
  });

  it('is no longer than half a minute after the moment at which it was known to be dead', () => {
    expect(doubtFrom(died, { known: ['a'], deadSinceMs: 6_000 })).toEqual(intended(36_000));
    expect(doubtFrom(died, { known: ['a'], deadSinceMs: 40_000 })).toEqual(intended(61_000));
    expect(doubtFrom(died, { known: [], deadSinceMs: 6_000 })).toEqual(both(36_000));
  });

  it('stays over anything that was so when it began itself', () => {
    const taken = having(died, { unseenUntilMs: 70_000, unknownUntilMs: 50_000 });
    expect(doubtFrom(taken, { known: ['a'] })).toEqual({
      rememberedUntilMs: 70_000,
      anythingUntilMs: 50_000,
    });
    // Written by a release that did not tell the two apart.
    expect(doubtFrom(having(released, { unseenUntilMs: 42 }), { known: ['a'] })).toEqual(both(42));
  });
});
