import { type ModelGroup, nodesText, plain } from './groups.ts';

/** What a person changes in the config from one run to the next. */
export interface Settings {
  readonly groups: readonly ModelGroup[];
  readonly team: string | undefined;
  readonly retentionDays: number;
  readonly cidrs: readonly string[];
  readonly flowLogs: boolean;
  readonly heapMiB: number | undefined;
  readonly version: (typeof versions)[number];
  readonly instanceType: string;
  readonly indexBuffer: string | undefined;
}

/** Of Elasticsearch, oldest first. */
export const versions = ['9.4.6', '9.5.3'] as const;

export const smallest: Settings = {
  groups: plain(1),
  team: undefined,
  retentionDays: 30,
  cidrs: [],
  flowLogs: false,
  heapMiB: undefined,
  version: '9.4.6',
  instanceType: 'm7g.large',
  indexBuffer: undefined,
};

/** A cluster in one zone, without a bastion and with an image of somebody else's, so that a run is short. */
export function configText(settings: Settings): string {
  const { groups, team, retentionDays, cidrs, flowLogs, heapMiB, version, instanceType, indexBuffer } =
    settings;
  const more = [
    ...(heapMiB === undefined ? [] : [`heapMiB: ${String(heapMiB)}`]),
    ...(indexBuffer === undefined ? [] : [`settings: { indices.memory.index_buffer_size: ${indexBuffer} }`]),
  ];
  return [
    'name: search',
    'region: eu-west-1',
    `elasticsearch: { ${[`version: ${version}`, ...more].join(', ')} }`,
    `instanceType: ${instanceType}`,
    `nodes: ${nodesText(groups)}`,
    `network: { zones: 1, nat: single, flowLogs: ${String(flowLogs)} }`,
    'bastion: false',
    `image: { uri: registry.example.com/elasticsearch:${version} }`,
    `logs: { retentionDays: ${String(retentionDays)} }`,
    ...(team === undefined ? [] : [`tags: { team: ${team} }`]),
    `access: { ${['endpoint: "https://search.example.com:9200"', ...(cidrs.length === 0 ? [] : [`cidrs: [${cidrs.join(', ')}]`])].join(', ')} }`,
    '',
  ].join('\n');
}
