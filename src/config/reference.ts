import { configJsonSchema, wordingKeyword, type JsonSchema } from './json-schema.ts';
import { ownedSettings } from './owned-settings.ts';
import { errorRules, type Rule, warningRules } from './rules.ts';

/** One setting of the reference page. */
interface Entry {
  readonly path: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}

const introduction = `# Configuration

<!-- Made from src/config by scripts/generate-config.js; edit the descriptions there. -->

One file, \`es-ecs.yaml\`, describes one cluster. The smallest useful form:

\`\`\`yaml
name: search
region: eu-west-1
elasticsearch: { version: 9.4.6 }
nodes: 3
\`\`\`

Everything else has a default that is right for production. \`es-ecs init\` writes a commented file. Editors check it against
[the JSON Schema](../schema/es-ecs.schema.json); es-ecs checks more, and says where in the file, as \`file:line:column\`.
[limits.md](limits.md) says how large a cluster can be.
`;

/** The page \`docs/configuration.md\`. */
export function renderReference(): string {
  const schema = configJsonSchema({ withWording: true });
  const entries = listEntries(schema);
  return [
    introduction,
    '## Settings\n',
    ...entries.map(renderEntry),
    '## What is refused\n',
    renderRules(errorRules),
    '## What is warned about\n',
    renderRules(warningRules),
    '## Settings of Elasticsearch that es-ecs owns\n\nThese are refused in `elasticsearch.settings`, as are secrets.\n',
    renderOwnedSettings(),
  ].join('\n');
}

function renderEntry({ path, schema, isRequired }: Entry): string {
  const facts = [
    factLine('Value', schema[wordingKeyword]),
    isRequired ? 'Required.' : renderDefault(schema.default),
  ].filter((line) => line !== undefined);
  return `### \`${path}\`\n\n${schema.description ?? ''}\n\n${facts.map((fact) => `- ${fact}`).join('\n')}\n`;
}

function factLine(label: string, value: unknown): string | undefined {
  return typeof value === 'string' ? `${label}: ${value}.` : undefined;
}

function renderDefault(value: unknown): string {
  return value === undefined ? 'Optional.' : `Default: \`${JSON.stringify(value)}\`.`;
}

function renderRules(rules: readonly Rule[]): string {
  return `${rules.map(({ rule }) => `- ${rule}`).join('\n')}\n`;
}

function renderOwnedSettings(): string {
  const rows = ownedSettings.map(
    ({ setting, because }) => `| \`${setting}${setting.endsWith('.') ? '*' : ''}\` | ${because} |`,
  );
  return ['| setting | because |', '| --- | --- |', ...rows, ''].join('\n');
}

/** Every setting with its path, those of maps after the map itself. */
function listEntries(schema: JsonSchema, base = ''): readonly Entry[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
    if (typeof inner === 'boolean') return [];
    const path = base === '' ? key : `${base}.${key}`;
    const entry = { path, schema: inner, isRequired: schema.required?.includes(key) ?? false };
    return [entry, ...listInner(inner, path)];
  });
}

function listInner(schema: JsonSchema, path: string): readonly Entry[] {
  const { items } = schema;
  const inItems = typeof items === 'object' && !Array.isArray(items) ? listEntries(items, `${path}[]`) : [];
  return [
    ...listEntries(schema, path),
    ...inItems,
    ...(schema.anyOf ?? []).flatMap((form) => listInner(form, path)),
  ];
}
