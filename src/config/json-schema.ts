import { z } from 'zod';
import { configSchema, wording } from './schema.ts';

/** JSON Schema, as zod writes it. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * Where `withWording` puts the words that error messages use. No keyword of JSON Schema, so not in the
 * published one.
 */
export const wordingKeyword = 'wording';

/**
 * The JSON Schema of `es-ecs.yaml`, for editors. It knows each field, not the rules between fields.
 *
 * @param withWording adds what error messages call each value, for the reference page
 */
export function configJsonSchema({ withWording = false } = {}): JsonSchema {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    target: 'draft-7',
    override: ({ zodSchema, jsonSchema }) => {
      const words = wording.get(zodSchema);
      if (withWording && words !== undefined) jsonSchema[wordingKeyword] = words.what;
      // A default of {} says nothing that the defaults inside it do not.
      if (jsonSchema.properties !== undefined) delete jsonSchema.default;
    },
  });
  return { title: 'es-ecs.yaml', ...schema };
}

/** The text of `schema/es-ecs.schema.json`. */
export function renderJsonSchema(): string {
  return `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`;
}
