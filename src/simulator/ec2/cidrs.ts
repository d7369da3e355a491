/** A block of IPv4 addresses; `first` and `last` as numbers. */
export interface Block {
  readonly first: number;
  readonly last: number;
  readonly prefix: number;
  /** In canonical form: AWS turns 100.68.0.18/18 into 100.68.0.0/18 (CreateVpc, CreateSubnet). */
  readonly text: string;
}

/** Reads `10.0.0.0/16`; undefined when it is no CIDR block. */
export function parseBlock(text: string): Block | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (match === null) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, prefix = 0] = match.slice(1).map(Number);
  if ([a, b, c, d].some((part) => part > 255) || prefix > 32) return undefined;
  const size = 2 ** (32 - prefix);
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const first = Math.floor(address / size) * size;
  return { first, last: first + size - 1, prefix, text: `${addressText(first)}/${prefix}` };
}

/** `10.0.0.4` for its number. */
export function addressText(address: number): string {
  return [2 ** 24, 2 ** 16, 2 ** 8, 1].map((unit) => Math.floor(address / unit) % 256).join('.');
}

export function contains(outer: Block, inner: Block): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

export function overlaps(one: Block, other: Block): boolean {
  return one.first <= other.last && other.first <= one.last;
}
