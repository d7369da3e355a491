/** A call's input, of which only what a check needs is looked at: by name, as the services' inputs have nothing else in common. */
export type Input = Readonly<Record<string, unknown>>;

/** A text of the input; undefined where it is not there or is something else. */
export function textOf(input: Input, name: string): string | undefined {
  const value = input[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A list of texts of the input. */
export function textsOf(input: Input, name: string): readonly string[] {
  return listOf(input, name).filter((one) => typeof one === 'string');
}

/** A list of objects of the input. */
export function objectsOf(input: Input, name: string): readonly Input[] {
  return listOf(input, name).filter(isInput);
}

/** An object of the input. */
export function objectOf(input: Input, name: string): Input | undefined {
  const value = input[name];
  return isInput(value) ? value : undefined;
}

/** Tags, however the service spells them; undefined where there are none. */
export function tagsOf(input: Input, name: string): Readonly<Record<string, string>> | undefined {
  const value = input[name];
  if (isInput(value) && !Array.isArray(value)) {
    const entries = Object.entries(value).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    );
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  }
  const tags = objectsOf(input, name).map((tag) => [
    textOf(tag, 'Key') ?? textOf(tag, 'key') ?? '',
    textOf(tag, 'Value') ?? textOf(tag, 'value') ?? '',
  ]);
  return tags.length === 0 ? undefined : (Object.fromEntries(tags) as Record<string, string>);
}

/** Keys of tags to be taken away, as if they were tags without a value. */
export function tagKeysOf(input: Input, name: string): Readonly<Record<string, string>> | undefined {
  const keys = textsOf(input, name);
  return keys.length === 0 ? undefined : Object.fromEntries(keys.map((key) => [key, '']));
}

/** Every text in a part of the input, however deep, but for what lies under one of these names. */
export function* textsWithin(value: unknown, except: ReadonlySet<string>): Generator<string> {
  if (typeof value === 'string') yield value;
  if (typeof value !== 'object' || value === null) return;
  for (const [name, one] of Object.entries(value)) {
    if (!except.has(name)) yield* textsWithin(one, except);
  }
}

function listOf(input: Input, name: string): readonly unknown[] {
  const value = input[name];
  return Array.isArray(value) ? value : [];
}

function isInput(value: unknown): value is Input {
  return typeof value === 'object' && value !== null;
}
