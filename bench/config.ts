/** What a benchmark's cluster is to be. */
export interface Wish {
  readonly nodes: number;
  readonly version: string;
  readonly tag?: string;
  /** An image from elsewhere, where no image can be built. */
  readonly image?: string;
}

/** Zones have room for this many nodes of each of three groups with the usual addresses; the largest clusters need wider ones. */
const fewNodes = 60;

/** The config file of it. Addresses are of ranges for documentation (RFC 5737), so that nobody is asked for the caller's own. */
export function configOf({ nodes, version, tag, image }: Wish): string {
  return [
    'name: bench',
    'region: eu-west-1',
    `elasticsearch: { version: ${version} }`,
    `nodes: ${nodes}`,
    ...(nodes > fewNodes ? ['network: { cidr: 10.0.0.0/16 }'] : []),
    'bastion: { allowedCidrs: [203.0.113.0/24] }',
    ...(image === undefined ? [] : [`image: { uri: ${image} }`]),
    ...(tag === undefined ? [] : [`tags: { team: ${tag} }`]),
    '',
  ].join('\n');
}

/** Two versions, of which the second follows the first. */
export const versions = { first: '9.4.5', next: '9.4.6' } as const;
