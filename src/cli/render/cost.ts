import type { Config } from '../../config/config.ts';
import { type Estimate, estimate } from '../../costs/estimate.ts';
import type { Facts } from '../../steps/facts.ts';

/** `about $402 a month`, and below it the parts and what would save most. */
export function costLines(config: Config, facts: Facts): { readonly total: string; readonly parts: string } {
  const known = { zones: facts.zones.length, sizes: facts.instanceTypes };
  const now = estimate(config, known);
  const parts: readonly (readonly [string, number])[] = [
    ['hosts', now.hosts],
    ['NAT gateways', now.natGateways],
    ['disks', now.disks],
    ['bastion', now.bastion],
    ['rest', now.rest],
  ];
  const words = parts
    .filter(([, dollars]) => dollars > 0)
    .map(([name, dollars]) => `${name} ${Math.round(dollars)}`);
  const unpriced = now.unpriced.length === 0 ? '' : `   (without ${now.unpriced.join(', ')}: no price known)`;
  return {
    total: `about $${Math.round(now.total)} a month`,
    parts: `  ${words.join('  ')}${savingWords(config, now, known)}${unpriced}`,
  };
}

function savingWords(config: Config, now: Estimate, known: Parameters<typeof estimate>[1]): string {
  if (config.network.nat !== 'per-zone' || known.zones < 2) return '';
  const single = estimate({ ...config, network: { ...config.network, nat: 'single' } }, known);
  return `   (nat: single saves ${Math.round(now.total - single.total)})`;
}
