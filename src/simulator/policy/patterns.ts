/** Whether a value fits a pattern of a policy: `*` is any characters, `?` is one. */
export function fits(pattern: string, value: string, how: { readonly ignoresCase?: boolean } = {}): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  const expression = escaped.replaceAll(/\*+/g, '.*').replaceAll('?', '.');
  return new RegExp(`^${expression}$`, how.ignoresCase === true ? 'is' : 's').test(value);
}

/**
 * Whether an ARN fits a pattern, part by part: a star does not reach over the first five colons ("IAM JSON policy elements:
 * Resource", "Amazon Resource Name condition operators").
 */
export function arnFits(pattern: string, arn: string): boolean {
  if (pattern === '*') return true;
  const [wanted, given] = [arnParts(pattern), arnParts(arn)];
  return wanted.length === given.length && wanted.every((part, index) => fits(part, given[index] ?? ''));
}

function arnParts(arn: string): readonly string[] {
  const parts = arn.split(':');
  return parts.length < 6 ? [arn] : [...parts.slice(0, 5), parts.slice(5).join(':')];
}
