import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

import { services } from '../../../src/simulator/services.ts';
import { compact, type Model, modelFiles } from '../../contract/models/model.ts';
import { runScript } from './part.ts';

/**
 * The models that botocore brings, of the operations that are simulated.
 *
 * @throws PartUnavailable without Python or the package index; give this to `startPart`.
 */
export async function loadModels(): Promise<Readonly<Record<string, Model>>> {
  const folder = await runScript('aws-clients.sh', ['models']);
  const load = (service: string, file: string): Model => {
    const json = gunzipSync(readFileSync(path.join(folder, file, 'service-2.json.gz'))).toString('utf8');
    // botocore's own tests hold its files to this form.
    return compact(JSON.parse(json) as Model, Object.keys(services[service] ?? {}));
  };
  return Object.fromEntries(
    Object.entries(modelFiles).map(([service, file]) => [service, load(service, file)]),
  );
}
