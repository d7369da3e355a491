import { EsEcsError } from '../errors.ts';

const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 } as const;

const longestMs = 366 * units.d;

/**
 * A length of time as a person writes it: `90s`, `10m`, `1h30m`, `2d`.
 *
 * @throws EsEcsError USAGE
 */
export function parseDuration(text: string): number {
  const parts = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  const ms = Object.values(units).reduce(
    (sum, unit, place) => sum + Number(parts?.[place + 1] ?? 0) * unit,
    0,
  );
  if (parts === null || ms === 0) throw wrong(`${text === '' ? 'nothing' : text} is no length of time`);
  if (ms > longestMs) throw wrong(`${text} is more than a year`);
  return ms;
}

function wrong(why: string): EsEcsError {
  return new EsEcsError('USAGE', why, {
    hint: 'es-ecs simulate wait 10m  or 90s, 1h30m, 2d: whole numbers, the largest unit first',
  });
}
