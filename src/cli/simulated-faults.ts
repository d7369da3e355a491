import { EsEcsError } from '../errors.ts';
import { type Fault, isNetworkFault, networkFaults } from '../simulator/core/faults.ts';
import { services } from '../simulator/services.ts';

/** Troubles that a launch meets whoever asks for it: `RunInstances` means the Auto Scaling groups as well then. */
const launchCodes = new Set([
  'InstanceLimitExceeded',
  'InsufficientInstanceCapacity',
  'MaxIOPSLimitExceeded',
  'Unsupported',
  'VcpuLimitExceeded',
  'VolumeLimitExceeded',
]);

/**
 * Reads one `--simulate-fault`: `OPERATION:CODE[:TIMES[:AFTER]]`, the operation with or without its service before it.
 *
 * @throws EsEcsError USAGE, which says what is wrong with it
 */
export function parseFault(text: string): Fault {
  const words = text.split(':').map((word) => word.trim());
  const service = serviceOf(words[0] ?? '');
  const [name = '', code, times, after, ...rest] = service === undefined ? words : words.slice(1);
  const refuse = (why: string): EsEcsError => refuseFault(`--simulate-fault ${text}: ${why}`);
  if (code === undefined || name === '') throw refuse('it takes at least an operation and an error code');
  if (rest.length > 0) throw refuse('it takes four words at most');
  const operation = operationOf(name, service);
  if (operation === undefined) throw refuse(unknown(name, service));
  if (!/^[A-Za-z][\w.]*$/.test(code))
    throw refuse(`${code === '' ? 'nothing' : code} is no error code of AWS`);
  checkNetworkCode(code, refuse);
  return {
    operation,
    code,
    ...timesOf(times, refuse),
    ...(after === undefined ? {} : { after: afterOf(after, refuse) }),
    ...(/(^|:)RunInstances$/.test(operation) && launchCodes.has(code) ? { meetsLaunches: true } : {}),
  };
}

/** The error for a fault that cannot be. */
export function refuseFault(why: string): EsEcsError {
  return new EsEcsError('USAGE', why, {
    hint: [
      '--simulate-fault RunInstances:InsufficientInstanceCapacity:3   three times',
      "--simulate-fault '*:Throttling:30%'                            three calls in ten, of every service",
      '--simulate-fault EC2:CreateVpc:VpcLimitExceeded:always',
    ],
  });
}

type Refuse = (why: string) => EsEcsError;

/** A service by the SDK's name or by the one that IAM uses, in any case. */
function serviceOf(word: string): string | undefined {
  const wanted = word.toLowerCase() === 'logs' ? 'cloudwatchlogs' : word.toLowerCase();
  return Object.keys(services).find((name) => name.toLowerCase() === wanted);
}

function operationOf(name: string, service: string | undefined): string | undefined {
  const prefix = service === undefined ? '' : `${service}:`;
  if (name === '*') return `${prefix}*`;
  return operationsOf(service).includes(name) ? `${prefix}${name}` : undefined;
}

function operationsOf(service: string | undefined): readonly string[] {
  const known = service === undefined ? Object.values(services) : [services[service] ?? {}];
  return known.flatMap((operations) => Object.keys(operations));
}

function unknown(name: string, service: string | undefined): string {
  const where = service === undefined ? 'the simulated account' : `its ${service}`;
  const near = operationsOf(service).find((one) => one.toLowerCase() === name.toLowerCase());
  const meant = near === undefined ? '' : `; ${near} is`;
  return `${name} is no operation that ${where} knows${meant}`;
}

/** Node's codes are in capitals: one that is not simulated would be taken for an answer of AWS. */
function checkNetworkCode(code: string, refuse: Refuse): void {
  if (!/^E[A-Z_]{3,}$/.test(code) || isNetworkFault(code)) return;
  throw refuse(
    `${code} is no failure of the network that is simulated; ${Object.keys(networkFaults).join(', ')} are`,
  );
}

function timesOf(times: string | undefined, refuse: Refuse): Pick<Fault, 'times' | 'share'> {
  if (times === undefined) return {};
  if (times === 'always') return { times: Infinity };
  const percent = /^(\d{1,3})%$/.exec(times)?.[1];
  const share = Number(percent) / 100;
  if (percent !== undefined && share > 0 && share <= 1) return { times: Infinity, share };
  const count = Number(times);
  if (/^\d+$/.test(times) && count >= 1) return { times: count };
  throw refuse(
    `${times === '' ? 'nothing' : times} is not how often: a whole number from 1, 1% to 100%, or always`,
  );
}

function afterOf(after: string, refuse: Refuse): number {
  if (/^\d+$/.test(after)) return Number(after);
  throw refuse(
    `${after === '' ? 'nothing' : after} is not how many calls go well first: a whole number from 0`,
  );
}
