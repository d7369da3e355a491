import { colour } from './printable.ts';

/** Colours, or nothing where there are none. */
export interface Style {
  readonly green: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

const codes = { green: 32, red: 31, yellow: 33, dim: 2, bold: 1 } as const;

/** @param hasColour false gives a style that leaves texts as they are */
export function styleFor(hasColour: boolean): Style {
  const paint =
    (code: number) =>
    (text: string): string =>
      hasColour ? `${colour(code)}${text}${colour(0)}` : text;
  return {
    green: paint(codes.green),
    red: paint(codes.red),
    yellow: paint(codes.yellow),
    dim: paint(codes.dim),
    bold: paint(codes.bold),
  };
}

/** Cuts a line to the width of the terminal. */
export function fit(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`;
}
