import type { Model } from './model.ts';
import { checkShape } from './shape-check.ts';

/** A way in which calls were not what the model says. */
export interface Note {
  /** `EC2:CreateVpc request CidrBlock: is no string`: the same for every call of this kind. */
  readonly difference: string;
  /** One such value. */
  readonly example: string;
  readonly times: number;
}

/** All that one test file's calls have shown. */
export interface Notes {
  /** Calls that were answered, by `EC2:CreateVpc`: both ways were held against the model. */
  readonly answered: Readonly<Record<string, number>>;
  /** Calls that were refused, by the operation and the error's name. */
  readonly refused: Readonly<Record<string, number>>;
  readonly differences: readonly Note[];
}

interface Call {
  readonly service: string;
  readonly operation: string;
}

/** Keeps what calls have shown. */
export class ModelNotes {
  readonly #models: Readonly<Record<string, Model>>;
  readonly #answered: Record<string, number> = {};
  readonly #refused: Record<string, number> = {};
  readonly #differences = new Map<string, Note>();

  constructor(models: Readonly<Record<string, Model>>) {
    this.#models = models;
  }

  get isEmpty(): boolean {
    return Object.keys(this.#answered).length + Object.keys(this.#refused).length === 0;
  }

  /** A request that was carried out: it and its answer must be as the model says. */
  answered(call: Call, input: unknown, output: object): void {
    const { service, operation } = call;
    const name = `${service}:${operation}`;
    this.#answered[name] = (this.#answered[name] ?? 0) + 1;
    const model = this.#models[service];
    const known = model?.operations[operation];
    if (model === undefined || known === undefined) throw new Error(`no model has ${name}`);
    const answer = Object.fromEntries(Object.entries(output).filter(([key]) => key !== '$metadata'));
    this.#hold(`${name} request`, { model, shape: known.input?.shape, value: input });
    this.#hold(`${name} answer`, { model, shape: known.output?.shape, value: answer });
  }

  /** A request that was refused may have been wrong: that is what it was refused for. */
  refused({ service, operation }: Call, error: unknown): void {
    const name = error instanceof Error ? error.name : String(error);
    const key = `${service}:${operation} ${name}`;
    this.#refused[key] = (this.#refused[key] ?? 0) + 1;
  }

  #hold(
    what: string,
    held: { readonly model: Model; readonly shape: string | undefined; readonly value: unknown },
  ): void {
    const { model, shape, value } = held;
    if (shape === undefined) {
      if (Object.keys(Object(value) as object).length > 0) this.#note(`${what}: there is none`, value);
      return;
    }
    for (const finding of checkShape(model, shape, value)) {
      this.#note(`${what} ${finding.path}: ${finding.what}`, finding.value);
    }
  }

  #note(difference: string, value: unknown): void {
    const before = this.#differences.get(difference);
    const example = before?.example ?? (JSON.stringify(value) ?? 'undefined').slice(0, 200);
    this.#differences.set(difference, { difference, example, times: (before?.times ?? 0) + 1 });
  }

  toJSON(): Notes {
    return { answered: this.#answered, refused: this.#refused, differences: [...this.#differences.values()] };
  }
}

/** Several files' notes as one. */
export function together(all: readonly Notes[]): Notes {
  const answered: Record<string, number> = {};
  const refused: Record<string, number> = {};
  const differences = new Map<string, Note>();
  for (const notes of all) {
    for (const [name, times] of Object.entries(notes.answered))
      answered[name] = (answered[name] ?? 0) + times;
    for (const [name, times] of Object.entries(notes.refused)) refused[name] = (refused[name] ?? 0) + times;
    for (const note of notes.differences) {
      const before = differences.get(note.difference);
      differences.set(note.difference, { ...note, times: note.times + (before?.times ?? 0) });
    }
  }
  return { answered, refused, differences: [...differences.values()] };
}
