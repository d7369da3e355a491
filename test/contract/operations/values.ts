/** A value as `boto.py` writes it: times by the second and bytes have marks of their own, and what is undefined is not there. */
export function frozen(value: unknown): unknown {
  if (value instanceof Date) return { $time: Math.floor(value.getTime() / 1000) };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(frozen);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([name, item]) => [name, frozen(item)]),
  );
}

/** What botocore does to what goes through it, after reading and before writing ("botocore/handlers.py"). */
const botocoreReads: Readonly<Record<string, (text: string) => unknown>> = {
  AssumeRolePolicyDocument: (text) => JSON.parse(decodeURIComponent(text)) as unknown,
  PolicyDocument: (text) => JSON.parse(decodeURIComponent(text)) as unknown,
  Output: (text) => Buffer.from(text, 'base64').toString('utf8'),
};

/**
 * Where two frozen values differ, as `Vpcs[0].State: "pending", "available"`.
 *
 * @param how `isPart`: the other one may have more members, such as the client tokens that boto3 makes.
 */
export function differencesOf(
  one: unknown,
  other: unknown,
  how: { readonly isPart?: boolean } = {},
): string[] {
  const found: string[] = [];
  compare(one, other, '');
  return found;

  function compare(a: unknown, b: unknown, path: string): void {
    if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
      a.forEach((item, index) => {
        compare(item, b[index], `${path}[${String(index)}]`);
      });
    } else if (isObject(a) && isObject(b)) {
      const names = new Set([...Object.keys(a), ...(how.isPart === true ? [] : Object.keys(b))]);
      for (const name of names) compareMember({ name, path }, a[name], b[name]);
    } else if (a !== b) {
      found.push(`${path}: ${JSON.stringify(a) ?? 'absent'}, ${JSON.stringify(b) ?? 'absent'}`);
    }
  }

  function compareMember(at: { readonly name: string; readonly path: string }, a: unknown, b: unknown): void {
    const read = botocoreReads[at.name];
    const path = at.path === '' ? at.name : `${at.path}.${at.name}`;
    const isRead = read !== undefined && typeof a === 'string' && a !== b && how.isPart !== true;
    compare(isRead ? read(a) : a, b, path);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text in an answer, by where it is: `Vpcs.0.VpcId`. */
export function valueAt(value: unknown, where: string): string {
  const found = where
    .split('.')
    .reduce<unknown>((one, word) => (Object(one) as Readonly<Record<string, unknown>>)[word], value);
  if (typeof found !== 'string') throw new Error(`there is no ${where} in ${JSON.stringify(value)}`);
  return found;
}

/** A text that the SDK for JavaScript is given in base64, and boto3 as it is. */
const isText = (value: unknown): value is { readonly $base64: string } =>
  isObject(value) && '$base64' in value;

/** What the SDK for JavaScript is given. */
export function forSdk(value: unknown): unknown {
  if (isText(value)) return Buffer.from(value.$base64).toString('base64');
  if (Array.isArray(value)) return value.map(forSdk);
  if (!isObject(value)) return value;
  const { $bytes } = value;
  if (typeof $bytes === 'string') return new Uint8Array(Buffer.from($bytes, 'base64'));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, forSdk(item)]));
}

/** What boto3 is given. */
export function forBoto(value: unknown): unknown {
  if (isText(value)) return value.$base64;
  if (Array.isArray(value)) return value.map(forBoto);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, forBoto(item)]));
}

/** The same with what is known in the place of texts such as `$vpc`. */
export function withValues(value: unknown, known: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string' && value.startsWith('$')) return known[value.slice(1)] ?? value;
  if (Array.isArray(value)) return value.map((item) => withValues(item, known));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withValues(item, known)]));
}
