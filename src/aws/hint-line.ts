/** How wide the commands are, so that what stands beside them is in line. */
const width = 29;

/** A command to paste, and beside it what it is good for; two spaces apart, where it is too long for its column. */
export function hintLine(command: string, what: string): string {
  return command.length < width ? `${command.padEnd(width)} ${what}` : `${command}  ${what}`;
}
