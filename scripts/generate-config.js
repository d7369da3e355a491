// Writes what is made from the config's schema: the JSON Schema for editors and the reference page.
// Build first: it reads dist/. Tests check that both files are current.
import { writeFileSync } from 'node:fs';

import { renderJsonSchema } from '../dist/config/json-schema.js';
import { renderReference } from '../dist/config/reference.js';

const root = new URL('../', import.meta.url);
writeFileSync(new URL('schema/es-ecs.schema.json', root), renderJsonSchema());
writeFileSync(new URL('docs/configuration.md', root), renderReference());
