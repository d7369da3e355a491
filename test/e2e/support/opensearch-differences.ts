import type { Settings } from '../../../src/elasticsearch/settings.ts';

/** Where this machine has what the settings name. */
export interface Place {
  /** The EC2 API, `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  /** Of the node. */
  readonly folder: string;
}

/** A setting that OpenSearch on this machine cannot be given as the product has it. */
interface Difference {
  /** Its name, or the beginning of several where it ends in a dot. */
  readonly setting: string;
  readonly because: string;
  /** What it is given; without it, it is left out, as OpenSearch would not start with it. */
  readonly instead?: (place: Place) => string;
}

const emulator = 'the account is played by an emulator on loopback';
const noContainer = 'a process on this machine is in no container';

/** Every difference there is. Tests fail for one that is missing, and for one that is not needed. */
const differences: readonly Difference[] = [
  { setting: 'discovery.ec2.endpoint', because: emulator, instead: ({ endpoint }) => endpoint },
  { setting: 'path.data', because: noContainer, instead: ({ folder }) => `${folder}/data` },
  { setting: 'path.logs', because: noContainer, instead: ({ folder }) => `${folder}/logs` },
  {
    setting: 'xpack.security.',
    because:
      "OpenSearch does not know Elasticsearch's security; its nodes speak without TLS and ask for no password",
  },
];

/** How a setting of the product reaches OpenSearch when it is not passed on as it is. */
export interface Translation {
  readonly setting: string;
  /** Undefined: left out. */
  readonly instead: string | undefined;
  readonly because: string;
}

/** The differences as they stand between a node's settings and this machine, setting by setting. */
export function translations(product: Settings, place: Place): readonly Translation[] {
  return Object.keys(product).flatMap((setting) => {
    const found = differences.find((one) => covers(one, setting));
    return found === undefined ? [] : [{ setting, instead: found.instead?.(place), because: found.because }];
  });
}

/** What OpenSearch is given in the place of the product's settings. */
export function translate(product: Settings, made: readonly Translation[]): Settings {
  const instead = new Map(made.map((one) => [one.setting, one.instead]));
  const given = Object.entries(product).flatMap(([setting, value]): [string, Settings[string]][] => {
    if (!instead.has(setting)) return [[setting, value]];
    const other = instead.get(setting);
    return other === undefined ? [] : [[setting, other]];
  });
  return Object.fromEntries(given);
}

/** Differences that no setting of the product meets any more. */
export function unmet(product: Settings): readonly string[] {
  return differences
    .filter((one) => !Object.keys(product).some((setting) => covers(one, setting)))
    .map(({ setting }) => setting);
}

function covers({ setting: name }: Difference, setting: string): boolean {
  return name.endsWith('.') ? setting.startsWith(name) : setting === name;
}

/** One line for a reader of the test's output. */
export function describeDifferences(place: Place): readonly string[] {
  return differences.map(
    ({ setting, because, instead }) =>
      `${setting.endsWith('.') ? `${setting}*` : setting}: ${instead?.(place) ?? 'left out'}, as ${because}`,
  );
}
