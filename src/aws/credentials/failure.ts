import { shellWord } from '../../templates/render.ts';
import { hintLine } from '../hint-line.ts';

/**
 * Why there are no credentials, in words of ours. It comes out of the SDK as it went in, and `toEsEcsError` adds the command that goes on.
 */
export class CredentialsFailure extends Error {
  override readonly name = 'CredentialsFailure';
  readonly code: 'CREDENTIALS' | 'UNREACHABLE';
  /** Commands and lines to act on, most useful first. */
  readonly hints: readonly string[];

  constructor(message: string, { hints, cause, code = 'CREDENTIALS' }: FailureDetail) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hints = hints;
  }
}

interface FailureDetail {
  readonly hints: readonly string[];
  readonly cause?: unknown;
  readonly code?: 'CREDENTIALS' | 'UNREACHABLE';
}

/** `aws … --profile X`, and what it is good for. */
export function awsLine(command: string, profile: string, what: string): string {
  return hintLine(`aws ${command} --profile ${shellWord(profile)}`, what);
}

/** The command with which the AWS CLI hands the credentials of a profile on, whatever they are had by ("export-credentials"). */
export function exportCommand(profile: string): string {
  return `eval "$(aws configure export-credentials --profile ${shellWord(profile)} --format env)"`;
}

/** What somebody else said of it: its first line with words in it, as a part of our sentence. */
export function wordsOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text
    .split('\n')
    .map((one) => one.trim())
    .find((one) => one !== '');
  return line === undefined ? 'without a word why' : line.replace(/\.$/, '');
}
