import type { Config } from './config.ts';
import type { Finding, Rule } from './rules.ts';

/** AWS allows 50 on a thing ("Tag your AWS resources"); the rest is for es-ecs's own. */
const mostTags = 40;
const mostKeyLength = 128;

/**
 * What all services take, as each must take all tags: IAM, ECS, CloudWatch Logs and Parameter Store letters, digits, spaces and
 * `_.:/=+-@` (their models, version of November 2026); EC2 no spaces, no slashes and only ASCII where an instance reads its tags from
 * its metadata ("Work with instance tags in instance metadata").
 */
const keySigns = /^[A-Za-z0-9_.:=+\-@]+$/;
const valueSigns = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

function whyNotATagKey(key: string): string | undefined {
  if (key === '') return 'a key has at least one character';
  if (/^aws:/i.test(key)) return 'keys that begin with aws: belong to AWS';
  if (/^es-ecs-/i.test(key)) return 'keys that begin with es-ecs- are how es-ecs finds its own things again';
  if (key === 'Name') return 'es-ecs sets it on each thing, so that the console shows what it is';
  if (/^name$/i.test(key)) return 'to IAM it is the same key as Name, which es-ecs sets on each thing itself';
  if (key === '.' || key === '..' || key === '_index')
    return 'instance metadata cannot show a tag of this name';
  if (key.length > mostKeyLength)
    return `${key.length} characters is more than AWS allows for a key (${mostKeyLength})`;
  if (keySigns.test(key)) return undefined;
  return 'a key may hold only letters (a to z), digits and _ . : = + - @, as hosts read their tags from instance metadata';
}

function whyNotATagValue(value: string): string | undefined {
  if (/^aws:/i.test(value)) return `${value} begins with aws:, which belongs to AWS`;
  if (valueSigns.test(value)) return undefined;
  return `${value} may hold only letters, digits, spaces and _ . : / = + - @`;
}

/** Keys that IAM does not tell from one that stands before ("Rules for tagging in IAM and AWS STS", case sensitivity of roles). */
function sayTwins(keys: readonly string[]): readonly Finding[] {
  const first = new Map<string, string>();
  return keys.flatMap((key) => {
    const folded = key.toLowerCase();
    const twin = first.get(folded);
    if (twin === undefined) {
      first.set(folded, key);
      return [];
    }
    const message = `to IAM it is the same key as ${twin}, whatever the case; keep one`;
    return [{ path: ['tags', key], ofKey: true, message }];
  });
}

function checkTags({ tags }: Config): readonly Finding[] {
  const keys = Object.keys(tags);
  const tooMany =
    keys.length > mostTags
      ? [{ path: ['tags'], message: `${keys.length} tags is more than ${mostTags}` }]
      : [];
  const wrong = Object.entries(tags).flatMap(([key, value]): readonly Finding[] => {
    const path = ['tags', key];
    const ofKey = whyNotATagKey(key);
    if (ofKey !== undefined) return [{ path, ofKey: true, message: ofKey }];
    const ofValue = whyNotATagValue(value);
    return ofValue === undefined ? [] : [{ path, message: ofValue }];
  });
  return [...tooMany, ...wrong, ...sayTwins(keys)];
}

/** Refused: tags that one of the services would refuse, or take for another. */
export const tagErrors: readonly Rule[] = [
  {
    rule:
      `At most ${mostTags} tags. Keys are letters (a to z), digits and \`_ . : = + - @\`, at most ${mostKeyLength} of them, do not begin with ` +
      '`aws:` or `es-ecs-`, are not `Name`, and differ by more than their case: what one service refuses or takes for another cannot ' +
      'be on everything. Values are letters, digits, spaces and `_ . : / = + - @`.',
    check: checkTags,
  },
];
