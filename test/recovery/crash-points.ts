import { isRead } from '../../src/aws/meter.ts';
import { Life, type WriteMoment } from './life.ts';
import { dataVolumes, difference, normalAccount } from './normal-account.ts';
import { type Ended, runProcess, unheardWrites } from './process.ts';
import {
  type CrashImage,
  createDirectory,
  openAccount,
  type Opening,
  readFiles,
  removeDirectory,
  snapshotOf,
} from './site.ts';

/** A command, the config it runs with, and what is there when it begins. */
export interface Scene {
  readonly words: readonly string[];
  readonly config: string;
  /** Absent: an empty account and an empty directory. */
  readonly before?: CrashImage;
  /** Whether it is killed also between its looks at Elasticsearch, while it waits. */
  readonly atLooks?: true;
}

/** An instant at which the process could have been killed. */
interface CrashPoint extends CrashImage {
  /** `12 before CreateVpc`: the call was never sent; `13 after CreateVpc`: its answer was lost. */
  readonly name: string;
}

/** What an undisturbed run leaves, and every instant on the way. */
export interface Undisturbed {
  readonly points: readonly CrashPoint[];
  /** What is there at the end, when nothing moves any more. */
  readonly after: CrashImage;
}

/** By then whatever was still going on in the account by itself has come to its end. */
const quietMs = 15 * 60_000;

/** Runs a command to its end and takes an image before and after each call that writes. */
export async function runUndisturbed(scene: Scene, opening: Opening = {}): Promise<Undisturbed> {
  const points: CrashPoint[] = [];
  const after = await run(scene, opening, ({ operation, when }, image) => {
    points.push({ name: `${String(points.length)} ${when} ${operation}`, ...image() });
  });
  return { points, after };
}

/** Runs the command again on what a killed one has left. */
export function runAgain(scene: Scene, image: CrashImage, opening: Opening = {}): Promise<CrashImage> {
  return run({ ...scene, before: image }, opening, () => undefined);
}

/** What would be there if the command, run again, were killed once more, at the moment of that number or its last one before. */
export async function runAgainUntil(
  scene: Scene,
  image: CrashImage,
  stop: { readonly moment: number; readonly opening: Opening },
): Promise<CrashImage> {
  let last = image;
  let moment = 0;
  await run({ ...scene, before: image }, stop.opening, (_, imageNow) => {
    if (moment <= stop.moment) last = imageNow();
    moment += 1;
  });
  return last;
}

/** A call to AWS. */
export interface CountedCall {
  readonly service: string;
  readonly operation: string;
}

/** Runs the command, and tells the writes among its calls to AWS in their order. */
export async function runCounted(
  scene: Scene,
  opening: Opening = {},
): Promise<{ readonly calls: readonly CountedCall[]; readonly after: CrashImage }> {
  const calls: CountedCall[] = [];
  const after = await run(scene, opening, ({ operation, service, when }) => {
    if (service !== undefined && when === 'before') calls.push({ service, operation });
  });
  return { calls, after };
}

/** More than enough for a lock of 90 seconds. */
const lockedTries = 12;
const lockedPauseMs = 10_000;
const lockedStatus = 4;

async function run(
  scene: Scene,
  opening: Opening,
  onWrite: (moment: WriteMoment, image: () => CrashImage) => void,
): Promise<CrashImage> {
  const { words, config, before } = scene;
  const directory = createDirectory(config, before?.files);
  const account = openAccount({
    ...(before === undefined ? {} : { snapshot: snapshotOf(before) }),
    ...opening,
    onCall: (moment) => {
      if (!isRead(moment.operation)) onWrite(moment, image);
    },
  });
  const image = (): CrashImage => ({
    files: readFiles(directory),
    account: JSON.stringify(account.snapshot()),
  });
  const once = (): Promise<Ended | undefined> =>
    runProcess({
      words,
      directory,
      account,
      life: new Life(),
      onLook: ({ method, when }) => {
        // The first question of each look: between the others nothing happens.
        const isFirst = (method === 'health' || method === 'nodes') && when === 'before';
        if (scene.atLooks === true && isFirst) onWrite({ operation: `look at ${method}`, when }, image);
      },
      onWrite: (moment) => {
        // The account's own hooks tell of calls, at the instant of their doing; of these nobody else does.
        if (unheardWrites.includes(moment.operation)) onWrite(moment, image);
      },
    });
  let ended = await once();
  // In the same directory a dead run keeps nobody out; where that is lost, its lock has to expire.
  const isLost = before !== undefined && before.files['state.json.lock'] === undefined;
  for (let tries = 0; isLost && ended?.status === lockedStatus && tries < lockedTries; tries += 1) {
    await account.clock.sleep(lockedPauseMs);
    ended = await once();
  }
  mustSucceed(ended, words);
  await account.clock.sleep(quietMs);
  account.world.catchUp();
  const after = image();
  removeDirectory(directory);
  return after;
}

function mustSucceed(ended: Ended | undefined, words: readonly string[]): void {
  if (ended?.status === 0) return;
  throw new Error(`${words.join(' ')} ended with ${String(ended?.status)}:\n${ended?.stderr ?? ''}`);
}

/** What became of every crash point of a scene. */
export interface Explored {
  /** All instants; those that left exactly the same (a call's answer, and the start of the next one) were tried once. */
  readonly points: number;
  readonly distinct: number;
  /** Of every point. */
  readonly names: readonly string[];
  /** By the point's name, what was there in the end. */
  readonly ends: Readonly<Record<string, CrashImage>>;
  /** By the point's name, how the account or the files came out otherwise than undisturbed, or why the run failed. */
  readonly deviations: Readonly<Record<string, readonly string[]>>;
}

/** Kills the process at every point, runs the command again, and compares what there is then with the undisturbed end. */
export async function explore(scene: Scene, opening: Opening = {}): Promise<Explored> {
  const { points, after } = await runUndisturbed(scene);
  const expected = [...normal(after), ...keptData(scene, after)];
  const images = distinct(points);
  const deviations: Record<string, readonly string[]> = {};
  const ends: Record<string, CrashImage> = {};
  for (const image of images) {
    const told = await runAgain(scene, image, opening).then(
      (end) => {
        ends[image.name] = end;
        return difference(expected, [...normal(end), ...keptData(scene, end)]);
      },
      (error: unknown) => [String(error)],
    );
    if (told.length > 0) deviations[image.name] = told;
  }
  const names = points.map(({ name }) => name);
  return { points: points.length, distinct: images.length, names, ends, deviations };
}

/** The data that was there before the command and still is. */
export function keptData({ before }: Scene, end: CrashImage): readonly string[] {
  if (before === undefined) return [];
  const there = new Set(dataVolumes(snapshotOf(before)));
  return dataVolumes(snapshotOf(end)).filter((line) => there.has(line));
}

/** A lock's file that is free stays for the sake of the dead, as long as nobody has had to take over their lock in the account. */
function filesOf({ files }: CrashImage): readonly string[] {
  const isFree = ([name, text]: [string, string]): boolean =>
    name.endsWith('.lock') && text.includes('"isFree":true');
  return Object.entries(files)
    .filter((file) => !isFree(file))
    .map(([name]) => name)
    .sort();
}

/** The account and the names of the files, for comparing. */
export function normal(image: CrashImage): readonly string[] {
  return [...normalAccount(snapshotOf(image)), `files ${filesOf(image).join(' ')}`];
}

function distinct(points: readonly CrashPoint[]): readonly CrashPoint[] {
  return points.filter((point, index) => {
    const last = points[index - 1];
    return last?.account !== point.account || JSON.stringify(last.files) !== JSON.stringify(point.files);
  });
}
