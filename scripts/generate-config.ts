// Writes what is made from the config's schema: the JSON Schema for editors and the reference page.
// Tests check that both files are current.
import { writeFileSync } from 'node:fs';

import { renderJsonSchema } from '../src/config/json-schema.ts';
import { renderReference } from '../src/config/reference.ts';

const root = new URL('../', import.meta.url);
writeFileSync(new URL('schema/es-ecs.schema.json', root), renderJsonSchema());
writeFileSync(new URL('docs/configuration.md', root), renderReference());
