import type { Settings } from '../elasticsearch/settings.ts';

/**
 * elasticsearch.yml of flat settings: one a line, sorted, values as JSON, which YAML includes. The order is fixed so
 * that the same settings give the same image.
 */
export function renderElasticsearchYml(settings: Settings): string {
  const lines = Object.entries(settings)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return ["# Written by es-ecs; what is a node's own follows when it starts.", ...lines, ''].join('\n');
}
