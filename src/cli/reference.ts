import type { Argument, Command, Option } from 'commander';

import { errorCodes } from '../errors.ts';

const introduction = `# Commands

<!-- Made from src/cli by scripts/generate-docs.js; edit the descriptions there. -->

Results go to stdout; progress, questions and errors go to stderr. Colours and a moving display are for terminals only;
\`NO_COLOR\` and \`CI\` are respected. [Credentials](credentials.md), profile, single sign-on and \`AWS_ENDPOINT_URL\` work as in the AWS
CLI; the region is the config's.
`;

/** What a status means when no error says so. */
const plainStatuses: readonly (readonly [number, string])[] = [
  [0, 'done, or nothing to do'],
  [3, '`plan --exit-code`: there are changes; `status --exit-code`: the cluster is degraded'],
];

/** The page `docs/commands.md`, from the command line itself. */
export function renderCommandReference(root: Command): string {
  return [
    introduction,
    ...root.commands.flatMap((command) => renderCommands(root, command)),
    renderStatuses(),
  ].join('\n');
}

/** A command, or those of a group. */
function renderCommands(root: Command, command: Command): string[] {
  if (command.commands.length === 0) return [renderCommand([root, command])];
  return command.commands.map((one) => renderCommand([root, command, one]));
}

function renderCommand(path: readonly [Command, Command, Command?]): string {
  const [root, group, one] = path;
  const command = one ?? group;
  const name = one === undefined ? group.name() : `${group.name()} ${one.name()}`;
  const usage = [root.name(), name, ...command.registeredArguments.map(argumentWord), '[options]'];
  const rows = [
    ...command.registeredArguments.map((one) => row(argumentWord(one), one.description)),
    ...command.options.map((option) => row(option.flags, optionWords(option))),
  ];
  const table = rows.length === 0 ? [] : ['', '| option | what it does |', '| --- | --- |', ...rows];
  const shown = rows.length === 0 ? usage.slice(0, -1) : usage;
  return [`## ${name}`, '', `\`${shown.join(' ')}\``, '', sentence(command.description()), ...table, ''].join(
    '\n',
  );
}

function argumentWord(argument: Argument): string {
  const name = argument.variadic ? `${argument.name()}...` : argument.name();
  return argument.required ? `<${name}>` : `[${name}]`;
}

function optionWords(option: Option): string {
  const choices = option.argChoices === undefined ? '' : `; one of ${option.argChoices.join(', ')}`;
  // Of a switch the default says nothing; of a number without a bound neither.
  const isTold = typeof option.defaultValue === 'string' || Number.isFinite(option.defaultValue);
  return `${option.description}${choices}${isTold ? ` (default: \`${String(option.defaultValue)}\`)` : ''}`;
}

function row(name: string, words: string): string {
  return `| \`${name}\` | ${words} |`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function renderStatuses(): string {
  const byStatus = new Map(plainStatuses);
  for (const [code, { exitStatus }] of Object.entries(errorCodes)) {
    const before = byStatus.get(exitStatus);
    byStatus.set(exitStatus, before === undefined ? `\`${code}\`` : `${before}, \`${code}\``);
  }
  const rows = [...byStatus].sort(([a], [b]) => a - b).map(([status, words]) => `| ${status} | ${words} |`);
  return [
    '## Exit statuses',
    '',
    'The codes are explained in [errors.md](errors.md). `ssh` ends with the status of ssh itself.',
    '',
    '| status | meaning |',
    '| --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
