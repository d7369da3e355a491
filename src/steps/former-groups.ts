import type { Address } from '../engine/resource.ts';
import type { StepContext } from './context.ts';
import { definitionAddress, groupOfAddress, templateAddress } from './names.ts';

/**
 * The names of node groups that the config no longer has, and of which something beside nodes may be left. Task definitions have no list by
 * tag: a group's goes before its launch template, which has one, so that neither is lost with the state.
 */
export function formerGroups({
  config,
  present,
}: Pick<StepContext, 'config' | 'present'>): readonly string[] {
  const nameIn = (address: Address): string | undefined =>
    groupOfAddress(templateAddress, address) ?? groupOfAddress(definitionAddress, address);
  const names = new Set([...present].flatMap((address) => nameIn(address) ?? []));
  return [...names].filter((name) => !config.nodeGroups.some((group) => group.name === name)).sort();
}
