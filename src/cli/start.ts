import { keepCompiled } from './compile-cache.ts';
import { ownVersion } from './own-version.ts';

const [, , first, ...others] = process.argv;
if (first === '--version' && others.length === 0) {
  // The first thing that scripts and other programs ask; it needs no command line.
  process.stdout.write(`${ownVersion()}\n`);
} else {
  keepCompiled();
  // Only now, so that what it loads is compiled once and not at every start.
  const { main } = await import('./main.ts');
  await main();
}
