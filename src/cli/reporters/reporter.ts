import type { EngineEvent } from '../../engine/events.ts';
import type { ProgressStyle } from '../options.ts';
import type { Terminal } from '../terminal.ts';

/** Draws the engine's events on stderr. */
export interface Reporter {
  event(event: EngineEvent): void;
  /** Ends what is still being drawn; before anything else is printed. */
  close(): void;
}

export interface ReporterOptions {
  readonly style: ProgressStyle;
  readonly verbose: boolean;
  readonly terminal: Terminal;
}

/** The reporter for a style; `auto` is a terminal's where there is one, lines elsewhere. */
export async function createReporter(options: ReporterOptions): Promise<Reporter> {
  const { style, terminal } = options;
  const wanted = style === 'auto' ? (terminal.isTerminal ? 'tty' : 'plain') : style;
  const chosen = wanted === 'tty' && !terminal.canDraw ? 'plain' : wanted;
  switch (chosen) {
    case 'tty':
      return (await import('./tty.ts')).ttyReporter(options);
    case 'plain':
      return (await import('./plain.ts')).plainReporter(options);
    case 'json':
      return (await import('./json.ts')).jsonReporter(options);
  }
}
