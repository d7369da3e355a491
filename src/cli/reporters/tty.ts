import ora from 'ora';

import { duration } from '../render/duration.ts';
import { oneLine, printable } from '../render/printable.ts';
import { fit, type Style, styleFor } from '../render/style.ts';
import { firstLine, nameOf } from './plain.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';
import { StepBook, type StepProgress } from './steps.ts';

/** A line a step: a spinner while it runs, a tick once it is done, and what it waits for beside it. */
export function ttyReporter({ terminal }: ReporterOptions): Reporter {
  const style = styleFor(terminal.hasColour);
  const book = new StepBook();
  const told = new Set<string>();
  const spinner = ora({ stream: process.stderr, discardStdin: false, hideCursor: true });
  const keep = (symbol: string, text: string): void => {
    spinner.stopAndPersist({ symbol: printable(symbol), text: printable(oneLine(text)) });
  };

  const draw = (): void => {
    const running = [...book.steps.values()].filter(
      (one) => one.startedMs !== undefined && !told.has(one.step),
    );
    if (running.length === 0) return;
    spinner.text = running
      .map((one) => printable(fit(oneLine(stepLine(one, book)), terminal.columns - 4)))
      .join('\n  ');
    if (!spinner.isSpinning) spinner.start();
  };

  return {
    event: (event) => {
      const progress = book.event(event);
      if (event.type === 'notice') keep(' ', event.text);
      if (event.type === 'resource-failed') {
        keep(style.red('✖'), `${event.address}: ${event.error.message.split('\n')[0] ?? ''}`);
      }
      if (progress?.endedMs !== undefined && !told.has(progress.step)) {
        told.add(progress.step);
        keep(style.green('✔'), stepLine(progress, book, style));
      }
      draw();
    },
    close: () => {
      const left = [...book.steps.values()].filter((one) => !told.has(one.step));
      spinner.stop();
      for (const one of left) {
        const blocked = one.startedMs === undefined ? '  not begun' : '';
        keep(one.failed > 0 ? style.red('✖') : ' ', `${stepLine(one, book)}${blocked}`);
      }
    },
  };
}

function stepLine(one: StepProgress, book: StepBook, style?: Style): string {
  const count = `${one.done}/${one.total}`.padStart(7);
  const tookMs = (one.endedMs ?? book.nowMs) - (one.startedMs ?? book.nowMs);
  const took = duration(tookMs).padStart(7);
  const note = one.endedMs === undefined ? waitingWords(one) : (one.note ?? '');
  const text = `${one.step.padEnd(9)} ${count} ${took}  ${style === undefined ? note : style.dim(note)}`;
  return text.trimEnd();
}

/** The longest wait, as it is the one that decides. */
function waitingWords(one: StepProgress): string {
  const longest = [...one.waiting].sort(([, a], [, b]) => b.sinceMs - a.sinceMs)[0];
  if (longest === undefined) return '';
  const [address, wait] = longest;
  const usual = wait.usualMs === 0 ? '' : `, usually ${duration(wait.usualMs)}`;
  const cause = wait.cause === undefined ? '' : `: ${firstLine(wait.cause)}`;
  return `${nameOf(address)}: waiting for ${wait.for}, ${duration(wait.sinceMs)}${usual}${cause}`;
}
