/** Whether a value fits a pattern of a policy: `*` is any characters, `?` is one. */
export function fits(pattern: string, value: string, how: { readonly ignoresCase?: boolean } = {}): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  const expression = escaped.replaceAll(/\*+/g, '.*').replaceAll('?', '.');
  return new RegExp(`^${expression}$`, how.ignoresCase === true ? 'is' : 's').test(value);
}
