import type { Node } from '../../elasticsearch/topology.ts';
import type { StepContext } from '../context.ts';
import type { volumeAddressPrefix } from './launch-template-data.ts';

/**
 * Nodes that the config no longer has and of which something is in the account, under the given prefix of addresses.
 *
 * @param prefix `hosts/group/` or `hosts/volume/`.
 */
export function formerNodes(
  context: Pick<StepContext, 'present'>,
  nodes: readonly Node[],
  prefix: 'hosts/group/' | typeof volumeAddressPrefix,
): readonly Node[] {
  const names = [...context.present]
    .filter((address) => address.startsWith(prefix))
    .map((address) => address.slice(prefix.length))
    .filter((name) => !nodes.some((node) => node.name === name));
  return names.sort().map((name) => ({
    name,
    group: '',
    zone: '',
    roles: [],
    masterEligible: false,
  }));
}
