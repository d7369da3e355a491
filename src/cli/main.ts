import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';

import { EsEcsError } from '../errors.ts';
import type { Ending } from './ending.ts';
import type {
  CommonOptions,
  DestroyOptions,
  InitOptions,
  PlanOptions,
  StatusOptions,
  UpOptions,
} from './options.ts';
import { ownVersion } from './own-version.ts';
import { renderError } from './render/error.ts';
import { processTerminal, type Terminal } from './terminal.ts';

/** The exit status for a broken invariant or any other bug. */
const bugStatus = 1;

/** Runs the command line of this process and sets its exit status. */
export async function main(): Promise<void> {
  // The SDK's announcement about Node 20 is ours to act on, not the user's.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  process.stdout.on('error', ignoreBrokenPipe);
  process.stderr.on('error', ignoreBrokenPipe);
  process.exitCode = await execute(process.argv, processTerminal());
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
    return report(error, terminal);
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
    .action(async (options: UpOptions) => (await import('./commands/up.ts')).up(options, terminal));

  common(root.command('status'))
    .description('what runs: AWS, hosts, agents, tasks, Elasticsearch')
    .option('--exit-code', 'exit with 3 when the cluster is degraded')
    .action(async (options: StatusOptions) =>
      (await import('./commands/status.ts')).status(options, terminal, ending),
    );

  applying(common(root.command('destroy')))
    .description('delete everything but the data volumes, in reverse')
    .option('--delete-data', 'delete the data volumes as well: the data is gone for good')
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

  root
    .command('version')
    .description('print the version')
    .action(() => {
      terminal.out(ownVersion());
    });
  return root;
}

function common(command: Command): Command {
  return command
    .option('--config <file>', 'the config file', 'es-ecs.yaml')
    .option('--state <file>', 'the state file (default: es-ecs.state.json beside the config)')
    .option('--simulate', 'use the simulated account: no AWS account, no cost')
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

function report(error: unknown, terminal: Terminal): number {
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
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  terminal.err(`✖ this is a bug in es-ecs; please report it with the lines below\n${stack}`);
  return bugStatus;
}
