import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { exampleConfig, schemaFile } from '../../src/config/init.ts';
import { configJsonSchema, type JsonSchema, renderJsonSchema } from '../../src/config/json-schema.ts';
import { renderReference } from '../../src/config/reference.ts';
import { configSchema } from '../../src/config/schema.ts';
import { fileWith, load } from './example.ts';

const current = 'run npm run build && node scripts/generate-config.js';

describe('the JSON Schema', () => {
  it('is current', () => {
    expect(readFileSync(schemaFile, 'utf8'), current).toBe(renderJsonSchema());
  });

  it('describes every field', () => {
    const undescribed = (schema: JsonSchema, path: string): string[] =>
      Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
        if (typeof inner === 'boolean') return [];
        const here = `${path}.${key}`;
        const { items } = inner;
        const item = typeof items === 'object' && !Array.isArray(items) ? items : {};
        return [
          ...((inner.description ?? '') === '' ? [here] : []),
          ...[inner, item, ...(inner.anyOf ?? [])].flatMap((form) => undescribed(form, here)),
        ];
      });
    expect(undescribed(configJsonSchema(), '')).toEqual([]);
  });

  it('requires only what has no default, and knows no other keys', () => {
    expect(configJsonSchema()).toMatchObject({
      required: ['name', 'region', 'elasticsearch', 'nodes'],
      additionalProperties: false,
    });
  });

  it('holds no keyword of our own', () => {
    expect(renderJsonSchema()).not.toContain('"wording"');
  });
});

describe('the reference page', () => {
  it('is current', () => {
    expect(readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8'), current).toBe(
      renderReference(),
    );
  });
});

/** Takes the '#' away that stands directly before a setting; comments have a space after it, and stay. */
function withDefaultsInForce(example: string): string {
  return example.replaceAll(/^( *)#(?=[a-zA-Z]| {2}[a-zA-Z]+:)/gm, '$1');
}

describe('the example', () => {
  it('means the same as the smallest file, without a warning', () => {
    expect(load(exampleConfig())).toMatchObject({ config: load(fileWith()).config, warnings: [] });
  });

  it('shows every setting with its default', () => {
    const shown: unknown = parse(withDefaultsInForce(exampleConfig()));
    const all: unknown = configSchema.parse(parse(fileWith()));
    expect(shown).toEqual(all);
  });

  it('shows settings that have no default in comments', () => {
    const optional = [
      'heapMiB',
      'uri',
      'allowedCidrs',
      'roles',
      'enabled',
      'instanceType',
      'count',
      'permissionsBoundary',
    ];
    for (const key of optional) expect(exampleConfig()).toMatch(new RegExp(`# .*\\b${key}: `));
  });

  it('holds examples in its comments that are valid', () => {
    const inline = [...exampleConfig().matchAll(/^ *# ((?:bastion|iam|image|tags): \{.*\})$/gm)].map(
      ([, line]) => line,
    );
    expect(inline).toHaveLength(4);
    for (const line of inline) expect(load(fileWith(line)).warnings).toEqual([]);
    const nodes = /^# nodes:\n(?:# {3}- .*\n)+/m.exec(exampleConfig())?.[0].replaceAll(/^# /gm, '') ?? '';
    expect(load(fileWith().replace('nodes: 3\n', nodes)).config.nodeGroups).toHaveLength(2);
    const [, settings = ''] = /# (settings: \{.*\})/.exec(exampleConfig()) ?? [];
    expect(load(fileWith().replace('9.4.6', `9.4.6, ${settings}`)).warnings).toEqual([]);
  });

  it('takes name, region, version and schema, and keeps the rest', () => {
    const text = exampleConfig({
      name: 'logs',
      region: 'us-east-1',
      version: '8.19.13',
      schema: '../$&.json',
    });
    expect(load(text).config).toMatchObject({
      name: 'logs',
      region: 'us-east-1',
      elasticsearch: { version: '8.19.13' },
    });
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=../$&.json');
    expect(text.split('\n')).toHaveLength(exampleConfig().split('\n').length);
  });

  it('is accepted by the JSON Schema too', () => {
    const schema = z.fromJSONSchema(configJsonSchema());
    expect(schema.safeParse(parse(withDefaultsInForce(exampleConfig()))).error).toBeUndefined();
    expect(schema.safeParse(parse(fileWith('', '0'))).success).toBe(false);
  });
});
