import { fits } from '../../aws/policy-pattern.ts';

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
