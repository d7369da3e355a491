/**
 * JSON with a line for each value. Only white space changes: digits that a number of JavaScript would lose stay as they are.
 *
 * @returns undefined where the text is no JSON.
 */
export function indentJson(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  let depth = 0;
  let written = '';
  const line = (): string => `\n${'  '.repeat(depth)}`;
  // Strings whole, then marks one by one, then numbers and words; what is left between them is white space.
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs)) {
    if (token === '{' || token === '[') {
      depth += 1;
      written += token + line();
    } else if (token === '}' || token === ']') {
      depth -= 1;
      const isEmpty = written.trimEnd().endsWith(token === '}' ? '{' : '[');
      written = isEmpty ? written.trimEnd() + token : written + line() + token;
    } else if (token === ',') written += token + line();
    else written += token === ':' ? ': ' : token;
  }
  return written;
}
