import path from 'node:path';

/**
 * The project's own lint rules.
 *
 * `layers` does what `no-restricted-imports` is commonly used for, and two things that it cannot: it resolves the
 * path, so that it does not matter from how deep a file imports, and it sees `import()`, which is how commands are
 * loaded here.
 */

/**
 * Who may import whom, by folder under `src/`. `only` lists everything of the project that a layer may use beside
 * itself; `never` is for the layers that are otherwise free. `errors` is `src/errors.ts`.
 */
export const layers = {
  errors: { only: [] },
  engine: { only: ['errors'] },
  elasticsearch: { only: ['errors'] },
  state: { only: ['errors'] },
  config: { only: ['errors'] },
  proxy: { only: ['errors'] },
  aws: { never: ['cli', 'steps', 'operations', 'simulator'] },
  lock: { never: ['cli', 'steps', 'operations', 'simulator'] },
  costs: { only: ['config', 'errors'] },
  certificates: { never: ['cli', 'steps', 'operations', 'simulator'] },
  templates: { never: ['cli', 'steps', 'operations', 'simulator'] },
  docker: { never: ['cli', 'steps', 'operations', 'simulator'] },
  ssh: { never: ['cli', 'steps', 'operations', 'simulator'] },
  access: { never: ['cli', 'steps', 'operations', 'simulator'] },
  steps: { never: ['cli', 'operations', 'simulator'] },
  operations: { never: ['cli', 'simulator'] },
  simulator: { never: ['cli', 'steps', 'operations'] },
  cli: { never: [] },
};

/**
 * The layer of a file, `undefined` outside `src/`.
 *
 * @param {string} file an absolute path
 * @param {string} root the repository
 */
function layerOf(file, root) {
  const [top, first] = path.relative(root, file).split(path.sep);
  if (top !== 'src' || first === undefined) return undefined;
  return first.replace(/\.ts$/, '');
}

/**
 * @param {string} from
 * @param {string} to
 */
function refusal(from, to) {
  if (from === to) return undefined;
  const rule = layers[from];
  if (rule === undefined) return `src/${from} has no place in the table of layers in scripts/lint-rules.js`;
  if (rule.only !== undefined) {
    if (rule.only.includes(to)) return undefined;
    const allowed = rule.only.length === 0 ? 'nothing' : rule.only.map((name) => `src/${name}`).join(' and ');
    return `${from} imports ${allowed} of the project besides itself, never src/${to}`;
  }
  // Whatever the table says: nothing is built on top of the command line.
  const isForbidden = to === 'cli' || rule.never.includes(to);
  return isForbidden ? `${from} never imports src/${to}` : undefined;
}

const layersRule = {
  meta: {
    type: 'problem',
    docs: { description: 'keeps the layers of ARCHITECTURE.md apart' },
    messages: { layer: '{{reason}}; ARCHITECTURE.md says why' },
    schema: [],
  },
  create(context) {
    const from = layerOf(context.filename, context.cwd);
    if (from === undefined) return {};
    const check = (source) => {
      if (typeof source?.value !== 'string' || !source.value.startsWith('.')) return;
      const to = layerOf(path.resolve(path.dirname(context.filename), source.value), context.cwd);
      const reason =
        to === undefined ? `src imports nothing outside src, but this is ${source.value}` : refusal(from, to);
      if (reason !== undefined) context.report({ node: source, messageId: 'layer', data: { reason } });
    };
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      TSImportType: (node) => check(node.source ?? node.argument?.literal),
    };
  },
};

const reasonRule = {
  meta: {
    type: 'problem',
    docs: { description: 'a rule is switched off only with a reason' },
    messages: {
      reason: 'name the rule and say why it is switched off: `eslint-disable-next-line rule -- the reason`',
    },
    schema: [],
  },
  create(context) {
    return {
      Program() {
        for (const comment of context.sourceCode.getAllComments()) {
          const text = comment.value.trim();
          const [, rest] = /^eslint-disable(?:-next-line|-line)?(?:\s+([^]*))?$/.exec(text) ?? [
            undefined,
            null,
          ];
          if (rest === null) continue;
          const [, rules, reason] = /^([^]*?)(?:^|\s)-{2,}\s([^]*)$/.exec(rest ?? '') ?? [];
          if ((rules ?? '').trim() !== '' && (reason ?? '').trim().length >= 10) continue;
          // Before the line's first column, where not even a comment that switches everything off reaches.
          const loc = { line: comment.loc.start.line, column: -1 };
          context.report({ loc, messageId: 'reason' });
        }
      },
    };
  },
};

/** The plugin, for eslint.config.js. */
export const projectRules = { rules: { layers: layersRule, 'reason-to-disable': reasonRule } };
