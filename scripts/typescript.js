// Lets Node run the project's TypeScript as it is, on every version that the project runs on:
// `node --import ./scripts/typescript.js FILE.ts`. Types are taken away and not looked at; `npm run types` does that.
import { register } from 'node:module';

process.setSourceMapsEnabled(true);
register('./typescript-hooks.js', import.meta.url);
