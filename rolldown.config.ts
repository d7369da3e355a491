import { defineConfig } from 'rolldown';

import { thirdPartyNotice } from './scripts/third-party.ts';

/**
 * The program as it is published: all of it and of the packages that it uses, in files that are loaded when they are called for. What is
 * never called is not there, which is most of the SDK (docs/decisions has the figures).
 */
export default defineConfig({
  input: {
    'cli/start': 'src/cli/start.ts',
    'simulator/index': 'src/simulator/index.ts',
  },
  platform: 'node',
  // The ES modules of a package can be taken in parts, its CommonJS only as a whole. No "browser" field of the SDK is asked.
  resolve: { mainFields: ['module', 'main'] },
  transform: {
    target: 'node20',
    // What CommonJS has and a bundle of ES modules has not.
    define: { __filename: 'import.meta.filename', __dirname: 'import.meta.dirname' },
  },
  plugins: [thirdPartyNotice('THIRD-PARTY.txt')],
  output: {
    dir: 'dist',
    cleanDir: true,
    format: 'esm',
    // Every file lies as deep below the package's folder as the modules of src that look for its other files from where they are.
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    // One byte a character in V8's memory.
    charset: 'ascii',
    // Names stay, for whoever reads a stack.
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
    comments: { legal: false, annotation: false, jsdoc: false },
    // Read only when there is a stack to be told (src/cli/stack.ts); the sources themselves are not in them.
    sourcemap: true,
    sourcemapExcludeSources: true,
  },
});
