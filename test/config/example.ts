import { EsEcsError, type ErrorCode } from '../../src/errors.ts';
import { loadConfig, type Located } from '../../src/config/load.ts';

/** A valid file of four lines, and more lines from line 5 on. */
export function fileWith(more = '', nodes = '3'): string {
  return `name: search\nregion: eu-west-1\nelasticsearch: { version: 9.4.6 }\nnodes: ${nodes}\n${more}`;
}

export function load(text: string): Located {
  return loadConfig(text, 'es-ecs.yaml');
}

/** All lines of the error that a file makes. */
export function problemsOf(text: string, code: ErrorCode = 'CONFIG_INVALID'): readonly string[] {
  try {
    load(text);
  } catch (error) {
    if (!(error instanceof EsEcsError) || error.code !== code) throw error;
    return [error.message, ...error.hints];
  }
  throw new Error('the file was accepted');
}

/** All lines of the warnings of a file that is accepted. */
export function warningsOf(text: string): readonly string[] {
  return load(text).warnings.map((warning) => warning.text);
}
