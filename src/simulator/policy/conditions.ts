import { fits } from '../../aws/policy-pattern.ts';
import { BlockList } from 'node:net';

import { arnFits } from './patterns.ts';

/** How a value of the call is held against one of the policy. */
type Compare = (wanted: string, value: string) => boolean;

/** An operator taken apart: `ForAnyValue:StringNotLikeIfExists`. */
export interface Operator {
  readonly compare: Compare;
  /** True of a value that fits none of the wanted ones. */
  readonly isNegated: boolean;
  /** `ForAllValues` and `ForAnyValue` are for keys with many values. */
  readonly set: 'all' | 'any' | undefined;
  /** True where the key is not there. */
  readonly ifExists: boolean;
  /** Asks whether the key is there, and nothing of its value. */
  readonly isNull: boolean;
}

const sameInAnyCase: Compare = (wanted, value) => wanted.toLowerCase() === value.toLowerCase();

const comparisons: Readonly<Record<string, Compare>> = {
  StringEquals: (wanted, value) => wanted === value,
  StringEqualsIgnoreCase: sameInAnyCase,
  StringLike: (wanted, value) => fits(wanted, value),
  ArnEquals: arnFits,
  ArnLike: arnFits,
  Bool: sameInAnyCase,
  IpAddress: inNetwork,
};

const negations: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
  NotIpAddress: 'IpAddress',
};

/** Undefined for one that is not played: those of numbers, dates and bytes. */
export function operatorOf(text: string): Operator | undefined {
  const [, set, word = '', ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(text) ?? [];
  const negated = negations[word];
  const compare = comparisons[negated ?? word];
  const isNull = word === 'Null';
  if (compare === undefined && !isNull) return undefined;
  return {
    compare: compare ?? (() => false),
    isNegated: negated !== undefined,
    set: set === 'ForAllValues' ? 'all' : set === 'ForAnyValue' ? 'any' : undefined,
    ifExists: ifExists !== undefined,
    isNull,
  };
}

/**
 * Whether an operator holds ("IAM JSON policy elements: Condition operators", "Multivalued context keys").
 *
 * @param values of the call; undefined: the key is not there. A negated operator holds of what is not there.
 */
export function holds(
  { compare, isNegated, set, ifExists, isNull }: Operator,
  wanted: readonly string[],
  values: readonly string[] | undefined,
): boolean {
  if (isNull) return wanted.some((one) => (one.toLowerCase() === 'true') === (values === undefined));
  if (values === undefined) return ifExists || set === 'all' || (isNegated && set !== 'any');
  const fitsOne = (value: string): boolean => wanted.some((one) => compare(one, value)) !== isNegated;
  return set === 'all' ? values.every(fitsOne) : values.some(fitsOne);
}

/** `203.0.113.0/24`, or an address alone. */
function inNetwork(network: string, address: string): boolean {
  const [base = '', bits] = network.split('/');
  const family = base.includes(':') ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(base, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  return list.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
}
