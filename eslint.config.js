import js from '@eslint/js';
import tseslint from 'typescript-eslint';

import { projectRules } from './scripts/lint-rules.js';

const everything = ['**/*.ts', '**/*.js', '**/*.mjs'];
const outsideTypes = ['**/*.js', '**/*.mjs'];
const product = ['src/**/*.ts'];
/** The command line and the clock: the only places that may know what time it is and which process this is. */
const impure = ['src/cli/**', 'src/engine/clock.ts'];
/** Where the SDK's all-optional answers are turned into our own types, each with the reason beside it. */
const mappers = ['src/aws/**', 'src/steps/**', 'src/simulator/**'];

const askTheClock = 'use the injected Clock (src/engine/clock.ts)';
const askTheCommandLine = 'only src/cli touches the process; have it passed in';

const restrictedGlobals = [
  { name: 'process', message: askTheCommandLine },
  { name: 'console', message: 'emit an event (src/engine/events.ts); reporters print' },
  { name: 'performance', message: askTheClock },
  { name: 'setTimeout', message: `${askTheClock}: clock.sleep` },
  { name: 'setInterval', message: `${askTheClock}: clock.sleep` },
];

const restrictedProperties = [
  { object: 'Date', property: 'now', message: `${askTheClock}: clock.now` },
  { object: 'Math', property: 'random', message: `${askTheClock}: clock.random` },
  { object: 'AbortSignal', property: 'timeout', message: askTheClock },
  ...['process', 'console', 'performance', 'setTimeout', 'setInterval'].map((property) => ({
    object: 'globalThis',
    property,
    message: 'globalThis is no way around the rule',
  })),
];

const restrictedModules = [
  ...['node:process', 'process'].map((name) => ({ name, message: askTheCommandLine })),
  ...[
    'node:timers',
    'node:timers/promises',
    'timers',
    'timers/promises',
    'node:perf_hooks',
    'perf_hooks',
  ].map((name) => ({ name, message: askTheClock })),
  ...['node:console', 'console'].map((name) => ({
    name,
    message: 'emit an event (src/engine/events.ts); reporters print',
  })),
];

const sdkClients = {
  group: ['@aws-sdk/client-*'],
  importNamePattern: 'Client$',
  allowTypeImports: true,
  message: 'only src/aws/clients.ts builds SDK clients; take them from the context',
};

const noDefaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'export by name, so that a thing has one name everywhere',
};

const noTimeOfDay = {
  selector: "NewExpression[callee.name='Date'][arguments.length=0]",
  message: `${askTheClock}: new Date(clock.now())`,
};

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', '.cache/', 'node_modules/', '.es-ecs/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' } },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    files: everything,
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { project: projectRules },
    rules: {
      'project/layers': 'error',
      'project/reason-to-disable': 'error',
      'no-restricted-syntax': ['error', noDefaultExport],
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
      // A number in a sentence is no accident here; objects and undefined still are.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // TypeScript itself says so, with better knowledge of globals.
      'no-undef': 'off',
    },
  },
  {
    files: product,
    rules: {
      '@typescript-eslint/max-params': ['error', { max: 3 }],
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { paths: restrictedModules, patterns: [sdkClients] },
      ],
      'no-restricted-globals': ['error', ...restrictedGlobals],
      'no-restricted-properties': ['error', ...restrictedProperties],
      'no-restricted-syntax': ['error', noDefaultExport, noTimeOfDay],
    },
  },
  {
    files: ['src/aws/**'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { paths: restrictedModules }] },
  },
  {
    files: impure,
    rules: {
      '@typescript-eslint/no-restricted-imports': ['error', { patterns: [sdkClients] }],
      'no-restricted-globals': 'off',
      'no-restricted-properties': 'off',
      'no-restricted-syntax': ['error', noDefaultExport],
    },
  },
  {
    files: mappers,
    rules: { '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'as' }] },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // vitest's asymmetric matchers (expect.objectContaining and its like) are typed `any`.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      // A fake may have to be async, or do nothing, only to fit an interface.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      // `expect(client.send)` hands over a method without calling it.
      '@typescript-eslint/unbound-method': 'off',
      // Wrong input is what tests are there to give.
      '@typescript-eslint/no-unnecessary-condition': 'off',
    },
  },
  {
    files: ['*.config.ts', '*.config.js'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  { files: outsideTypes, extends: [tseslint.configs.disableTypeChecked] },
);
