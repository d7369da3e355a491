import type { SimulatedClusterRow, TemplateRow } from '../rows.ts';
import { matchesName } from '../wildcards.ts';
import { type Asked, flattened, nested, ok, recordOf, refused, type Route } from './asked.ts';

/** `_template`, the legacy ones, and `_index_template`, the composable ones. */
export const templateRoutes: Route = (asked) => {
  const [kind, name] = asked.words;
  if (kind !== '_template' && kind !== '_index_template') return undefined;
  const isLegacy = kind === '_template';
  const all = (asked.cluster.templates ?? []).filter((one) => one.isLegacy === isLegacy);
  const meant = all.filter(
    (one) => name === undefined || name.split(',').some((word) => matchesName(word, one.name)),
  );
  const isMissing = meant.length === 0 && name !== undefined && !name.includes('*');
  switch (asked.method) {
    case 'HEAD':
      return { status: isMissing ? 404 : 200, body: undefined };
    case 'GET':
      if (isLegacy) return { status: isMissing ? 404 : 200, body: legacyBody(meant) };
      return isMissing
        ? refused(404, 'resource_not_found_exception', `index template matching [${name}] not found`)
        : ok({ index_templates: meant.map(composableBody) });
    case 'PUT':
      return name === undefined ? undefined : put(asked, { name, isLegacy });
    case 'DELETE': {
      if (isMissing)
        return refused(404, 'index_template_missing_exception', `index_template [${name}] missing`);
      asked.cluster.templates = (asked.cluster.templates ?? []).filter((one) => !meant.includes(one));
      return ok({ acknowledged: true });
    }
    default:
      return undefined;
  }
};

function legacyBody(templates: readonly TemplateRow[]): object {
  return Object.fromEntries(
    templates.map(({ name, order, patterns, settings }) => [
      name,
      { order, index_patterns: patterns, settings: nested(settings), mappings: {}, aliases: {} },
    ]),
  );
}

function composableBody({ name, order, patterns, settings }: TemplateRow): object {
  const template = { settings: nested(settings) };
  return { name, index_template: { index_patterns: patterns, template, composed_of: [], priority: order } };
}

function put(
  { cluster, body }: Asked,
  { name, isLegacy }: Pick<TemplateRow, 'name' | 'isLegacy'>,
): ReturnType<Route> {
  const said = recordOf(body);
  const { index_patterns: given } = said;
  const patterns = (Array.isArray(given) ? given : [given]).filter((one) => typeof one === 'string');
  if (patterns.length === 0) {
    const reason = 'Validation Failed: 1: index patterns are missing;';
    return refused(400, 'action_request_validation_exception', reason);
  }
  const own = isLegacy ? said : recordOf(said['template']);
  const row: TemplateRow = {
    name,
    isLegacy,
    patterns,
    order: Number((isLegacy ? said['order'] : said['priority']) ?? 0),
    settings: fullNames(own['settings']),
  };
  const rival = isLegacy ? undefined : rivalOf(cluster, row);
  if (rival !== undefined) {
    const reason = `index template [${name}] has index patterns [${patterns.join(', ')}] matching patterns from existing templates [${rival.name}] with patterns (${rival.name} => [${rival.patterns.join(', ')}]) that have the same priority [${row.order}], multiple index templates may not match during index creation, please use a different priority`;
    return refused(400, 'illegal_argument_exception', reason);
  }
  cluster.templates = [
    ...(cluster.templates ?? []).filter((one) => one.name !== name || one.isLegacy !== isLegacy),
    row,
  ];
  return ok({ acknowledged: true });
}

/** Of two composable ones of one priority that overlap, nobody could say which counts. */
function rivalOf({ templates = [] }: SimulatedClusterRow, row: TemplateRow): TemplateRow | undefined {
  const overlaps = (one: string, other: string): boolean =>
    matchesName(one, other.replaceAll('*', 'x')) || matchesName(other, one.replaceAll('*', 'x'));
  return templates.find(
    (one) =>
      !one.isLegacy &&
      one.name !== row.name &&
      one.order === row.order &&
      one.patterns.some((pattern) => row.patterns.some((own) => overlaps(pattern, own))),
  );
}

/** With or without `index.` in front, nested or flat. */
export function fullNames(settings: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(flattened(settings)).map(([key, value]) => [
      key.startsWith('index.') ? key : `index.${key}`,
      value,
    ]),
  );
}

/**
 * What templates give a new index: a composable one that matches, the first by its priority, and it alone; else all legacy ones, the
 * later by their order over the earlier. `*` among the latter does not reach hidden indices (MetadataIndexTemplateService, `findV1Templates`).
 */
export function fromTemplates(
  { templates = [] }: SimulatedClusterRow,
  index: { readonly name: string; readonly isHidden: boolean },
): Readonly<Record<string, unknown>> {
  const matching = templates.filter(({ patterns }) => patterns.some((one) => matchesName(one, index.name)));
  const [composable] = matching.filter((one) => !one.isLegacy).toSorted((a, b) => b.order - a.order);
  if (composable !== undefined) return composable.settings;
  const legacy = matching.filter((one) => one.isLegacy && !(index.isHidden && one.patterns.includes('*')));
  return Object.assign(
    {},
    ...legacy.toSorted((a, b) => a.order - b.order).map(({ settings }) => settings),
  ) as object as Readonly<Record<string, unknown>>;
}
