import { readdirSync } from 'node:fs';
import path from 'node:path';

import { expect, it } from 'vitest';

import { services } from '../../../src/simulator/services.ts';

const folder = path.join(import.meta.dirname, '../../../src/simulator/wire/schemas');

it('the schemas that are served are those of what is simulated', async () => {
  const found: string[] = [];
  for (const file of readdirSync(folder)) {
    // Each of these files has this one export.
    const { schemas } = (await import(path.join(folder, file))) as { readonly schemas: object };
    for (const [name, schema] of Object.entries(schemas) as [string, readonly unknown[]][]) {
      expect(name).toBe(`${String(schema[2])}$`);
      found.push(String(schema[2]));
    }
  }
  const simulated = Object.values(services).flatMap((operations) => Object.keys(operations));
  expect(found.sort()).toEqual(simulated.sort());
});
