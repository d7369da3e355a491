import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { Client } from '@smithy/core/client';
import { afterAll } from 'vitest';

import type { Model } from './model.ts';
import { ModelNotes } from './notes.ts';

/**
 * A setup file for any suite: holds every call that is sent to a simulated account, and its answer, against the service's model, and
 * writes down what it finds when a test file has ended. `ES_ECS_MODELS` is the folder with `models.json`, where the notes go as well.
 */
const folder = process.env['ES_ECS_MODELS'] ?? '';
// Written by the suite that starts this one.
const models = JSON.parse(readFileSync(path.join(folder, 'models.json'), 'utf8')) as Record<string, Model>;

/** One for a whole process: it is set up anew for each file, and what it has set up stays. */
const holder = globalThis as { esEcsModelNotes?: ModelNotes };
const isFirst = holder.esEcsModelNotes === undefined;
const notes = (holder.esEcsModelNotes ??= new ModelNotes(models));

/** The little of a client that is looked at here. */
interface Seen {
  readonly constructor: { readonly name: string };
  readonly middlewareStack: { identify(): string[] };
}

type Send = (
  this: Seen,
  command: { readonly constructor: { readonly name: string }; readonly input: object },
  ...rest: unknown[]
) => Promise<object>;

// Every client has it from here, and it takes whatever command is the client's.
const prototype = Client.prototype as unknown as { send: Send };
const { send } = prototype;
const watched: Send = async function watched(command, ...rest) {
  const isSimulated = this.middlewareStack.identify().some((one) => one.startsWith('simulatedAccount'));
  if (!isSimulated) return send.call(this, command, ...rest);
  const service = this.constructor.name.replace(/Client$/, '');
  const operation = command.constructor.name.replace(/Command$/, '');
  const input = structuredClone(command.input);
  try {
    const output = await send.call(this, command, ...rest);
    notes.answered({ service, operation }, input, output);
    return output;
  } catch (error) {
    notes.refused({ service, operation }, error);
    throw error;
  }
};
if (isFirst) prototype.send = watched;

afterAll(() => {
  if (notes.isEmpty) return;
  mkdirSync(path.join(folder, 'notes'), { recursive: true });
  const file = path.join(folder, 'notes', `${String(process.pid)}.json`);
  writeFileSync(file, JSON.stringify(notes.toJSON()));
});
