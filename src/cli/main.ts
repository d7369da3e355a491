import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';

import { EsEcsError } from '../errors.ts';
import type { Ending } from './ending.ts';
import type {
  ApplyOptions,
  CommonOptions,
  CredentialsOptions,
  DestroyOptions,
  EsOptions,
  InitOptions,
  LoseOptions,
  PlanOptions,
  RebuildOptions,
  RestartOptions,
  RotateAuthorityOptions,
  ServeOptions,
  StatusOptions,
  TunnelOptions,
  UnlockOptions,
  UpOptions,
  WaitOptions,
  WriteOptions,
} from './options.ts';
import { toldHowToResume } from './resume.ts';
import { ownVersion } from './own-version.ts';
import { renderError } from './render/error.ts';
import { processTerminal, type Terminal } from './terminal.ts';

/** The exit status for a broken invariant or any other bug. */
const bugStatus = 1;

/** Of the simulated account: none that another emulator or the tunnel takes. */
const servedPort = 4577;

/** Runs the command line of this process and sets its exit status. */
export async function main(): Promise<void> {
  // The SDK's announcement about Node 20 is ours to act on, not the user's.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  process.stdout.on('error', ignoreBrokenPipe);
  process.stderr.on('error', ignoreBrokenPipe);
  process.once('uncaughtException', (error) => {
    void dieOf(error);
  });
  process.exitCode = await execute(process.argv, processTerminal());
}

/** Something that nobody waits for has failed: what else is under way is in no known state, and the next run takes it up. */
async function dieOf(error: unknown): Promise<never> {
  processTerminal().err(await bugReport(error));
  process.exit(bugStatus);
}

/** Whoever read it has gone, as `| head` does: what is being done goes on to its end, unheard. */
function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

/**
 * Runs a command line.
 *
 * @returns the exit status; nothing is thrown.
 */
export async function execute(argv: readonly string[], terminal: Terminal): Promise<number> {
  const ending: Ending = { status: 0 };
  try {
    await program(terminal, ending).parseAsync(argv);
    return ending.status;
  } catch (error) {
    return await report(toldHowToResume(error, argv), terminal);
  }
}

/** The command line. What a command needs is loaded when it runs, so that `--version` and `--help` cost nothing. */
export function program(terminal: Terminal, ending: Ending): Command {
  const root = new Command('es-ecs')
    .description('A secure, highly available Elasticsearch cluster on ECS: up, converged, down.')
    .version(ownVersion(), '-V, --version', 'print the version')
    .helpCommand(false)
    .showSuggestionAfterError()
    .configureOutput({ outputError: () => undefined })
    .exitOverride();

  root
    .command('init')
    .description('write a commented es-ecs.yaml')
    .option('--config <file>', 'the config file to write', 'es-ecs.yaml')
    .option('--name <name>', "the cluster's name")
    .option('--region <region>', 'the AWS region')
    .option('--force', 'overwrite a file that is there')
    .action(async (options: InitOptions) => (await import('./commands/init.ts')).init(options, terminal));

  common(root.command('plan'))
    .description('show what up would change; changes nothing')
    .option('--exit-code', 'exit with 3 when there are changes')
    .action(async (options: PlanOptions) =>
      (await import('./commands/plan.ts')).plan(options, terminal, ending),
    );

  applying(common(root.command('up')))
    .description('make the account what the config says; a second run changes nothing')
    .option('--no-wait', 'do not wait for hosts, tasks and Elasticsearch')
    .option('--refresh-ami', 'replace the hosts, one by one, by ones of the newest machine image')
    .action(async (options: UpOptions) => (await import('./commands/up.ts')).up(options, terminal));

  common(root.command('status'))
    .description('what runs: AWS, hosts, agents, tasks, Elasticsearch')
    .option('--exit-code', 'exit with 3 when the cluster is degraded')
    .action(async (options: StatusOptions) =>
      (await import('./commands/status.ts')).status(options, terminal, ending),
    );

  applying(common(root.command('destroy')))
    .description('delete everything but the data volumes and the secrets that go with them, in reverse')
    .option('--delete-data', 'delete the data volumes and secrets as well: the data is gone for good')
    .action(async (options: DestroyOptions) =>
      (await import('./commands/destroy.ts')).destroy(options, terminal),
    );

  common(root.command('ssh'))
    .description("open a shell on the bastion, or through it on a node's host")
    .argument('[node]', 'the node, as status shows it; absent: the bastion')
    .argument('[command...]', 'what to run there')
    .action(async (node: string | undefined, command: string[], options: CommonOptions) =>
      (await import('./commands/ssh.ts')).ssh({ node, command, ...options }, terminal, ending),
    );

  applying(common(root.command('restart')))
    .description('restart nodes one by one, as safely as any roll')
    .argument('[node...]', 'the nodes, as status shows them; absent: all')
    .action(async (nodes: string[], options: Omit<RestartOptions, 'nodes'>) =>
      (await import('./commands/restart.ts')).restart({ ...options, nodes }, 'restart', terminal),
    );

  applying(common(root.command('replace')))
    .description("replace a node's host by a new one; its data volume and its name stay")
    .argument('<node>', 'the node, as status shows it')
    .action(async (node: string, options: Omit<RestartOptions, 'nodes'>) =>
      (await import('./commands/restart.ts')).restart({ ...options, nodes: [node] }, 'replace', terminal),
    );

  const rotate = root.command('rotate').description('new secrets for a cluster that goes on serving');
  applying(common(rotate.command('password')))
    .description('give the user elastic another password; no node restarts, and the one before is refused')
    .action(async (options: ApplyOptions) =>
      (await import('./commands/rotate-password.ts')).rotateThePassword(options, terminal),
    );
  applying(common(rotate.command('certificates')))
    .description('give the nodes another key and certificate by the same authority, one by one')
    .action(async (options: ApplyOptions) =>
      (await import('./commands/rotate-certificates.ts')).rotateTheCertificates(options, terminal),
    );
  applying(common(rotate.command('authority')))
    .description('give the cluster another authority, in three rolls: both are trusted in between')
    .option(
      '--prepare',
      'only the first of them, so that clients get to know both before nodes show certificates by the new one',
    )
    .action(async (options: RotateAuthorityOptions) =>
      (await import('./commands/rotate-certificates.ts')).rotateTheAuthority(options, terminal),
    );

  common(root.command('unlock'))
    .description('take the locks from a run that is dead, and say from whom')
    .option('--yes', 'do not ask')
    .action(async (options: UnlockOptions) =>
      (await import('./commands/unlock.ts')).unlock(options, terminal),
    );

  const state = root.command('state').description('the state file');
  common(state.command('rebuild'))
    .description('find everything by its tags and write the state file anew')
    .option('--dry-run', 'only show what is found')
    .action(async (options: RebuildOptions) =>
      (await import('./commands/state-rebuild.ts')).stateRebuild(options, terminal),
    );

  common(root.command('tunnel'))
    .description('open a port of this machine to the cluster, until Ctrl-C')
    .option('--port <n>', 'the port, on 127.0.0.1', portNumber, 9200)
    .action(async (options: TunnelOptions) =>
      (await import('./commands/tunnel.ts')).tunnel(options, terminal),
    );

  common(root.command('es'))
    .description('send one request to Elasticsearch, and print the answer')
    .argument('<method>', 'GET, HEAD, POST, PUT or DELETE')
    .argument('<path>', 'with its query, as /_cat/nodes?v')
    .option('-d, --data <body>', 'the body; @file reads a file, - reads stdin')
    .option('--raw', 'print JSON as it came, on a terminal too')
    .option('--timeout <seconds>', 'how long the answer may take', positive, 60)
    .action(async (method: string, where: string, options: Omit<EsOptions, 'method' | 'path'>) =>
      (await import('./commands/es.ts')).es({ ...options, method, path: where }, terminal),
    );

  common(root.command('credentials'))
    .description('print the user, the password and where to get the certificate authority')
    .option('--password', 'the password alone, into a pipe too')
    .option('--ca [file]', "the certificate authority's certificate, to a file or to stdout; no password")
    .option('--show', 'print the password though stdout is no terminal')
    .action(async (options: CredentialsOptions) =>
      (await import('./commands/credentials.ts')).credentials(options, terminal),
    );

  const simulate = root
    .command('simulate')
    .description('the simulated account: what happens in it, and serving it to other programs');
  simulated(simulate.command('serve'))
    .description('serve it over HTTP on this machine, for the AWS CLI and every SDK, until Ctrl-C')
    .option('--port <n>', 'the port, on 127.0.0.1; 0 is any', portOrAny, servedPort)
    .option('--pace <n>', "seconds of the account's time in one of the real", positive, 1)
    .action(async (options: ServeOptions) =>
      (await import('./commands/simulate-serve.ts')).simulateServe(options, terminal),
    );

  const disaster =
    (verb: 'lose' | 'regain') =>
    async (what: string, name: string | undefined, options: Omit<LoseOptions, 'what'>): Promise<void> =>
      (await import('./commands/simulate-lose.ts')).simulateLose(
        { ...options, what, ...(name === undefined ? {} : { name }) },
        verb,
        terminal,
      );
  rehearsed(simulate.command('lose'))
    .description('lose something in it, as a disaster would, and say what comes of that by itself')
    .argument('<what>', 'host, agent or volume of a node; zone; image: that of all nodes, in the registry')
    .argument('[name]', 'the node, as status shows it, or the zone')
    .action(disaster('lose'));
  rehearsed(simulate.command('regain'))
    .description('give a lost zone its power back: AWS and up mend all else')
    .argument('<what>', 'zone')
    .argument('[name]', 'the zone')
    .action(disaster('regain'));
  rehearsed(simulate.command('wait'))
    .description('let time go by in it, and say what happened')
    .argument('<duration>', 'as in 90s, 10m, 1h30m, 2d')
    .action(async (duration: string, options: Omit<WaitOptions, 'duration'>) =>
      (await import('./commands/simulate-wait.ts')).simulateWait({ ...options, duration }, terminal),
    );
  rehearsed(simulate.command('write'))
    .description('write documents to an index of its Elasticsearch, which is made if it is not there')
    .argument('<index>', 'the index')
    .option('--gib <n>', 'how much, in GiB, before replicas', positive)
    .action(async (index: string, options: Omit<WriteOptions, 'index'>) =>
      (await import('./commands/simulate-write.ts')).simulateWrite({ ...options, index }, terminal),
    );

  root
    .command('version')
    .description('print the version')
    .action(() => {
      terminal.out(ownVersion());
    });
  return root;
}

/** What makes something happen in the simulated account takes. */
function rehearsed(command: Command): Command {
  return command
    .option('--config <file>', 'the config file', 'es-ecs.yaml')
    .option('--state <file>', 'the state file (default: .es-ecs/simulated/state.json beside the config)')
    .option('--json', 'one JSON document on stdout');
}

/** What is about the simulated account itself takes. */
function simulated(command: Command): Command {
  return withTrouble(
    command
      .option('--config <file>', 'the config file', 'es-ecs.yaml')
      .option('--state <file>', 'the state file (default: .es-ecs/simulated/state.json beside the config)'),
  )
    .option('--json', 'one JSON document on stdout')
    .option('--verbose', 'show every call');
}

function withTrouble(command: Command): Command {
  return command
    .option(
      '--simulate-account <kind>',
      'how the simulated account is opened for the first time: company or fresh (default: an ordinary, empty one)',
    )
    .option(
      '--simulate-fault <fault>',
      'what goes wrong there, as OPERATION:CODE[:TIMES[:AFTER]]; may be given more than once',
      (fault: string, before: readonly string[] | undefined) => [...(before ?? []), fault],
    )
    .option(
      '--simulate-policy <file>',
      'the IAM policy that the caller has there, a JSON file; may be given more than once (default: everything is allowed)',
      (file: string, before: readonly string[] | undefined) => [...(before ?? []), file],
    );
}

function common(command: Command): Command {
  return withTrouble(
    command
      .option('--config <file>', 'the config file', 'es-ecs.yaml')
      .option('--state <file>', 'the state file (default: es-ecs.state.json beside the config)')
      .option('--simulate', 'use the simulated account: no AWS account, no cost'),
  )
    .option('--json', 'one JSON document on stdout')
    .addOption(
      new Option('--progress <style>', 'how progress is shown on stderr')
        .choices(['auto', 'tty', 'plain', 'json'])
        .default('auto'),
    )
    .option('--verbose', 'show every resource and every call');
}

function applying(command: Command): Command {
  return command
    .option('--yes', 'do not ask')
    .option(
      '--concurrency <n>',
      'resources worked on at the same time; 1 is the strict order',
      positive,
      Infinity,
    );
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError(`${text} is not a whole number from 1`);
  return value;
}

function portNumber(text: string): number {
  const value = positive(text);
  if (value > 65_535) throw new InvalidArgumentError(`${text} is not a port (1 to 65535)`);
  return value;
}

function portOrAny(text: string): number {
  return text === '0' ? 0 : portNumber(text);
}

async function report(error: unknown, terminal: Terminal): Promise<number> {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    const message = error.message.replace(/^error: /, '');
    const usage = new EsEcsError('USAGE', message === '(outputHelp)' ? 'a command is missing' : message, {
      hint: 'es-ecs --help',
    });
    terminal.err(renderError(usage, terminal));
    return usage.exitStatus;
  }
  if (error instanceof EsEcsError) {
    terminal.err(renderError(error, terminal));
    return error.exitStatus;
  }
  terminal.err(await bugReport(error));
  return bugStatus;
}

async function bugReport(error: unknown): Promise<string> {
  const { readableStack } = await import('./stack.ts');
  const stack = error instanceof Error ? readableStack(error.stack ?? error.message) : String(error);
  return `✖ this is a bug in es-ecs; please report it with the lines below\n${stack}`;
}
