import { readFileSync } from 'node:fs';

/** What `init` fills into the example. */
export interface ExampleChoice {
  readonly name?: string;
  readonly region?: string;
  readonly version?: string;
  /** Where editors find the JSON Schema: a URL, or a path from the config file to `schemaFile`. */
  readonly schema?: string;
}

/** The JSON Schema that is shipped with es-ecs. */
export const schemaFile = new URL('../../schema/es-ecs.schema.json', import.meta.url);

/** The same place seen from `src/config` and from `dist/config`. */
const template = new URL('../../templates/es-ecs.yaml', import.meta.url);

/**
 * The commented config file that `init` writes: every setting with its default, and `templates/es-ecs.yaml`
 * with these choices in it. The choices are not checked here; load the result to have them judged.
 */
export function exampleConfig({ name, region, version, schema }: ExampleChoice = {}): string {
  return [
    { before: 'name: ', value: name },
    { before: 'region: ', value: region },
    { before: '  version: ', value: version },
    { before: '# yaml-language-server: \\$schema=', value: schema },
  ].reduce(
    (text, { before, value }) =>
      value === undefined ? text : text.replace(new RegExp(`(?<=^${before}).*$`, 'm'), () => value),
    readFileSync(template, 'utf8').replaceAll('\r\n', '\n'),
  );
}
