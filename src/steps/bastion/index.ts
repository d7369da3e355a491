import type { AnyResource } from '../../engine/resource.ts';
import { invariant } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import type { NetworkStep } from '../network/index.ts';
import { bastionInstance, type BastionResource } from './instance.ts';
import { keyPair, type KeyPairResource } from './key-pair.ts';

/** The bastion's resources; both named ones are undefined with the bastion off. */
export interface BastionStep {
  readonly resources: readonly AnyResource[];
  readonly keyPair: KeyPairResource | undefined;
  readonly instance: BastionResource | undefined;
}

/** The way in from outside: a key, and a small host in the public subnet of the first zone that offers its type. */
export function bastionStep(context: StepContext, network: NetworkStep): BastionStep {
  const isOn = context.config.bastion.enabled;
  const isLeft = (address: string): boolean => context.present.has(address);
  if (!isOn && !isLeft('bastion/instance') && !isLeft('bastion/key-pair')) {
    return { resources: [], keyPair: undefined, instance: undefined };
  }
  const pair = keyPair(context);
  if (!isOn && !isLeft('bastion/instance')) {
    return { resources: [{ ...pair, unwanted: true }], keyPair: undefined, instance: undefined };
  }
  const [first] = network.publicSubnets.values();
  const subnet = network.publicSubnets.get(context.facts.bastionZone ?? '') ?? first;
  const { bastionSecurityGroup: securityGroup, publicRoute } = network;
  invariant(subnet, 'a network has a zone');
  invariant(securityGroup, 'the network keeps the bastion group as long as there is a bastion');
  if (isOn) {
    const instance = bastionInstance(context, { subnet, securityGroup, keyPair: pair, publicRoute });
    return { resources: [pair, instance], keyPair: pair, instance };
  }
  const oldPair: KeyPairResource = { ...pair, unwanted: true };
  const oldInstance = bastionInstance(context, { subnet, securityGroup, keyPair: oldPair, publicRoute });
  return {
    resources: [oldPair, { ...oldInstance, unwanted: true }],
    keyPair: undefined,
    instance: undefined,
  };
}
