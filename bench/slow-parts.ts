import type { ProxyOptions } from '../test/e2e/support/proxy.ts';

/** How long AWS takes where an emulator takes no time, in milliseconds. */
export interface Slowness {
  readonly natGatewayMs: number;
  readonly natGatewayGoneMs: number;
  readonly instanceMs: number;
  readonly instanceGoneMs: number;
}

/** As the issue of these figures has it: AWS says "a few minutes" for a NAT gateway; 90 s and 45 s are what people see. */
export const slowNat: Slowness = {
  natGatewayMs: 90_000,
  natGatewayGoneMs: 45_000,
  instanceMs: 15_000,
  instanceGoneMs: 15_000,
};

/** One kind of thing in EC2's XML. */
interface Kind {
  /** The element whose items they are. */
  readonly set: string;
  readonly id: RegExp;
  readonly state: RegExp;
  /** Calls that begin one and that end one, and how long each takes. */
  readonly begins: string;
  readonly ends: string;
  readonly beginMs: number;
  readonly endMs: number;
  readonly beginning: string;
  readonly ending: string;
}

function kindsOf(slow: Slowness): readonly Kind[] {
  return [
    {
      set: 'natGatewaySet',
      id: /<natGatewayId>(nat-\w+)<\/natGatewayId>/,
      state: /<state>\w+<\/state>/,
      begins: 'CreateNatGateway',
      ends: 'DeleteNatGateway',
      beginMs: slow.natGatewayMs,
      endMs: slow.natGatewayGoneMs,
      beginning: '<state>pending</state>',
      ending: '<state>deleting</state>',
    },
    {
      set: 'instancesSet',
      id: /<instanceId>(i-\w+)<\/instanceId>/,
      state: /<instanceState>[^]*?<\/instanceState>/,
      begins: 'RunInstances',
      ends: 'TerminateInstances',
      beginMs: slow.instanceMs,
      endMs: slow.instanceGoneMs,
      beginning: '<instanceState><code>0</code><name>pending</name></instanceState>',
      ending: '<instanceState><code>32</code><name>shutting-down</name></instanceState>',
    },
  ];
}

/** The proxy's part in it: what was begun or ended a short while ago is still on its way. */
export function slowDown(slow: Slowness): Required<Pick<ProxyOptions, 'rewrite'>> {
  const kinds = kindsOf(slow);
  /** By id, until when it is in which state. */
  const underWay = new Map<string, { readonly untilMs: number; readonly state: string }>();
  return {
    rewrite: (answer, { action }, request) => {
      let text = answer;
      for (const kind of kinds) {
        if (action === kind.begins) {
          const [, id] = kind.id.exec(answer) ?? [];
          if (id !== undefined)
            underWay.set(id, { untilMs: performance.now() + kind.beginMs, state: kind.beginning });
        }
        if (action === kind.ends) {
          for (const [field, id] of new URLSearchParams(request.body))
            if (/^(InstanceId|NatGatewayId)/.test(field))
              underWay.set(id, { untilMs: performance.now() + kind.endMs, state: kind.ending });
        }
        if (action.startsWith('Describe') || action === kind.begins)
          text = eachThing(text, kind, (thing) => {
            const [, id = ''] = kind.id.exec(thing) ?? [];
            const found = underWay.get(id);
            return found === undefined || performance.now() >= found.untilMs
              ? thing
              : thing.replace(kind.state, found.state);
          });
      }
      return text;
    },
  };
}

/** Changes each item of a set, or the one thing that a create answers with. */
function eachThing(text: string, kind: Kind, change: (thing: string) => string): string {
  if (text.includes('<natGateway>') && kind.set === 'natGatewaySet') return change(text);
  return text.replaceAll(new RegExp(`<${kind.set}>([^]*?)</${kind.set}>`, 'g'), (_whole, items: string) => {
    const changed = itemsOf(items).map(change).join('');
    return `<${kind.set}>${changed}</${kind.set}>`;
  });
}

/** The items of a set, each with the items within it. */
function itemsOf(text: string): readonly string[] {
  const items: string[] = [];
  let depth = 0;
  let begun = 0;
  for (const { 0: tag, index } of text.matchAll(/<\/?item>/g)) {
    if (tag === '<item>') {
      if (depth === 0) begun = index;
      depth += 1;
    } else {
      depth -= 1;
      if (depth === 0) items.push(text.slice(begun, index + tag.length));
    }
  }
  return items;
}

/**
 * The least that `up` and `destroy` can take on such an account, computed: the slowest thing, and the calls of the chain around it, each of which needs
 * what the one before has made or ended. The instances wait beside, for less.
 */
export function floorMs(slow: Slowness, callMs: number): { readonly up: number; readonly destroy: number } {
  // CreateVpc, CreateSubnet, CreateNatGateway; then DescribeNatGateways, which says that it is there, and CreateRoute.
  const up = slow.natGatewayMs + 5 * callMs;
  // DeleteNatGateway; then DescribeNatGateways, which says that it is gone, ReleaseAddress, DetachInternetGateway, DeleteSubnet, DeleteVpc.
  const destroy = slow.natGatewayGoneMs + 6 * callMs;
  return { up, destroy };
}
