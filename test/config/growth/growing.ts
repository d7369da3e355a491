const head = 'name: search\nregion: eu-west-1\nelasticsearch: { version: 9.4.6 }\nnodes: 3\n';

function withElasticsearch(lines: string): string {
  return head.replace(' { version: 9.4.6 }', lines);
}

function lines(bytes: number, line: (at: number) => string): string {
  let text = '';
  for (let at = 0; text.length < bytes; at += 1) text += line(at);
  return text;
}

/** Files of about so many bytes, each with much of one thing: what people get wrong, and what only somebody writes who means harm. */
export const growing: Readonly<Record<string, (bytes: number) => string>> = {
  'wrong keys': (bytes) => head + lines(bytes, (i) => `key${i}: 1\n`),
  'nearly right keys': (bytes) => head + lines(bytes, (i) => `networ${i}: 1\n`),
  tags: (bytes) => head + 'tags:\n' + lines(bytes, (i) => `  t${i}: x\n`),
  'empty tags': (bytes) => head + 'tags:\n' + lines(bytes, (i) => `  t${i}:\n`),
  'tags that no service takes': (bytes) => head + 'tags:\n' + lines(bytes, (i) => `  "t ${i}": x\n`),
  'tags twice but for their case': (bytes) =>
    head + 'tags:\n' + lines(bytes, (i) => `  ${i % 2 ? 't' : 'T'}${i >> 1}: x\n`),
  'settings that nobody knows': (bytes) =>
    withElasticsearch(
      '\n  version: 9.4.6\n  settings:\n' + lines(bytes, (i) => `    indices.memory.foo${i}: x\n`),
    ),
  'settings and plugins': (bytes) =>
    withElasticsearch(
      '\n  version: 9.4.6\n  pluginSettings:\n' +
        lines(bytes / 2, (i) => `    - p${i}.\n`) +
        '  settings:\n' +
        lines(bytes / 2, (i) => `    q${i}: x\n`),
    ),
  'settings below settings': (bytes) =>
    withElasticsearch(
      '\n  version: 9.4.6\n  settings:\n' + lines(bytes, (i) => `    a${i}: x\n    a${i}.b: y\n`),
    ),
  'maps for settings': (bytes) =>
    withElasticsearch('\n  version: 9.4.6\n  settings:\n' + lines(bytes, (i) => `    a${i}: {b: {c: 1}}\n`)),
  'options of the JVM': (bytes) =>
    withElasticsearch('\n  version: 9.4.6\n  jvmOptions:\n' + lines(bytes, (i) => `    - -Dx${i}=1\n`)),
  'node groups': (bytes) =>
    head.replace('nodes: 3', 'nodes:\n' + lines(bytes, (i) => `  - { name: a${i}, count: 1 }` + '\n')),
  'misspelt groups': (bytes) =>
    head.replace('nodes: 3', 'nodes:\n' + lines(bytes, (i) => `  - { nam: a${i} }` + '\n')),
  'roles that there are not': (bytes) =>
    head.replace(
      'nodes: 3',
      'nodes:\n  - name: a\n    count: 3\n    roles:\n' + lines(bytes, (i) => `      - x${i}\n`),
    ),
  'a role again and again': (bytes) =>
    head.replace(
      'nodes: 3',
      'nodes:\n  - name: a\n    count: 3\n    roles:\n' + lines(bytes, () => `      - master\n`),
    ),
  zones: (bytes) => head + 'network:\n  zones:\n' + lines(bytes, (i) => `    - eu-west-1${i}\n`),
  'blocks of addresses': (bytes) =>
    head +
    'bastion:\n  allowedCidrs:\n' +
    lines(bytes, (i) => `    - 10.${(i >> 16) % 256}.${(i >> 8) % 256}.${i % 256}/32\n`),
  'a key again and again': (bytes) => head + lines(bytes, () => `name: search\n`),
  'lists within lists': (bytes) => head + 'tags: ' + '['.repeat(bytes / 2) + ']'.repeat(bytes / 2),
  'a long list deep down': (bytes) =>
    head + 'tags: ' + '['.repeat(1000) + lines(bytes, (i) => `x${i}, `) + 'y' + ']'.repeat(1000),
  'a long map deep down': (bytes) =>
    head +
    'tags: ' +
    '{a: '.repeat(1000) +
    '{' +
    lines(bytes, (i) => `x${i}: 1, `) +
    'y: 1}' +
    '}'.repeat(1000),
  'ever deeper': (bytes) => head + lines(bytes, (i) => `${' '.repeat(i + 1)}a:\n`).replace(/^ +/, 'tags:\n '),
  anchors: (bytes) => head + 'tags:\n' + lines(bytes, (i) => `  t${i}: &a${i} x\n`),
  aliases: (bytes) => head + 'tags:\n  a: &a x\n' + lines(Math.min(bytes, 9000), (i) => `  t${i}: *a\n`),
  'aliases of something large': (bytes) =>
    head +
    'tags:\n  a: &a [' +
    lines(bytes / 2, (i) => `x${i}, `) +
    ']\n' +
    lines(90 * 9, (i) => `  t${i}: *a\n`),
  merges: (bytes) => head + 'tags:\n' + lines(bytes, (i) => `  <<: { a${i}: x }\n`),
  comments: (bytes) => head + lines(bytes, (i) => `# c${i}\n`),
  'empty lines': (bytes) => head + '\n'.repeat(bytes),
  'a quoted text of many lines': (bytes) => head + 'tags: { a: "' + '\n \n x'.repeat(bytes / 6) + '" }\n',
  'a folded text': (bytes) => head + 'tags:\n  a: >\n' + lines(bytes, (i) => `    x${i}\n\n`),
  'a plain text of many lines': (bytes) => head + 'tags:\n  a: x\n' + lines(bytes, (i) => `    x${i}\n`),
  'a long key': (bytes) => head + 'k'.repeat(bytes) + ': 1\n',
  'a long explicit key': (bytes) => head + '? ' + 'k'.repeat(bytes) + '\n: 1\n',
  'a long tag': (bytes) => head + 'tags:\n  ? ' + 'k'.repeat(bytes) + '\n  : 1\n',
  'a long setting': (bytes) =>
    withElasticsearch('\n  version: 9.4.6\n  settings:\n    ? ' + 'k'.repeat(bytes) + '\n    : 1\n'),
  'a long name': (bytes) => head.replace('search', 'a-'.repeat(bytes / 2)),
  'a long path': (bytes) => head + 'iam: { path: "/' + 'a/'.repeat(bytes / 2) + '!" }\n',
  'a long region': (bytes) => head.replace('eu-west-1', 'eu-'.repeat(bytes / 3)),
  'a long endpoint': (bytes) => head + 'access: { endpoint: "https://' + 'a.'.repeat(bytes / 2) + '!" }\n',
  directives: (bytes) => '%FOO bar\n'.repeat(bytes / 9) + '---\n' + head,
  tabs: (bytes) => head + '\t'.repeat(bytes) + 'x: 1\n',
  colons: (bytes) => head + 'a: ' + 'b: '.repeat(bytes / 3) + '\n',
  'question marks': (bytes) => head + '? '.repeat(bytes / 2) + 'x\n',
  dashes: (bytes) => head + 'tags:\n ' + '- '.repeat(bytes / 2) + 'x\n',
  'open brackets': (bytes) => head + 'tags: ' + '{a'.repeat(bytes / 2) + '\n',
  'an open quote': (bytes) => head + 'tags: "' + 'a\n'.repeat(bytes / 2) + '\n',
  'tags of YAML': (bytes) => head + 'tags:\n' + lines(bytes, (i) => `  t${i}: !x${i} x\n`),
  'wrong keys with CRLF': (bytes) => head + lines(bytes, (i) => `x${i}: 1\r\n`),
  'carriage returns': (bytes) => head + '\r'.repeat(bytes),
};
