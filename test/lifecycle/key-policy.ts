import { readFileSync } from 'node:fs';
import path from 'node:path';

/** As far as tests change a policy. */
export interface KeyPolicy {
  readonly Version: string;
  readonly Statement: readonly { readonly Sid: string }[];
}

const page = readFileSync(path.join(import.meta.dirname, '../../docs/encryption.md'), 'utf8');

/** The policy that docs/encryption.md shows, which is for the account and region of stories, without some of its statements. */
export function keyPolicy(...without: readonly string[]): KeyPolicy {
  const [, text = ''] = /```json\n(.*?)```/s.exec(page) ?? [];
  // The page's own text, whose shape the tests need: any other fails them.
  const policy = JSON.parse(text) as KeyPolicy;
  return { ...policy, Statement: policy.Statement.filter(({ Sid }) => !without.includes(Sid)) };
}
