import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The SDK's packages and what their clients are called, without "Client". */
const services: Readonly<Record<string, string>> = {
  'auto-scaling': 'AutoScaling',
  'cloudwatch-logs': 'CloudWatchLogs',
  ec2: 'EC2',
  ecr: 'ECR',
  ecs: 'ECS',
  'free-tier': 'FreeTier',
  iam: 'IAM',
  kms: 'KMS',
  'secrets-manager': 'SecretsManager',
  'service-quotas': 'ServiceQuotas',
  ssm: 'SSM',
  sts: 'STS',
};

const source = path.join(import.meta.dirname, '../../src');
/** Plays AWS, and calls nothing. */
const simulator = path.join(source, 'simulator');

/** Every AWS call in the product's source, as `EC2:CreateVpc`, with the first file that makes it. */
export function callsOfTheProduct(): ReadonlyMap<string, string> {
  const calls = new Map<string, string>();
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .sort();
  for (const file of files) {
    const full = path.join(source, file);
    if (full.startsWith(simulator)) continue;
    for (const call of callsIn(readFileSync(full, 'utf8'), file)) {
      if (!calls.has(call)) calls.set(call, file);
    }
  }
  return calls;
}

/**
 * The calls that a file makes, by the commands and paginators that it imports.
 *
 * @throws Error for a command that comes from no import that is understood here.
 */
export function callsIn(text: string, file: string): readonly string[] {
  const byName = new Map<string, string>();
  const imports =
    /(?:import|const)\s*(type\s)?\s*\{([^}]*)\}\s*(?:from|=\s*await\s+import\()\s*'(?:@aws-sdk\/client-([a-z0-9-]+)|(?:\.\.?\/)+aws\/(free-tier)\.ts)'/g;
  for (const [, isTypeOnly, names = '', client, own] of text.matchAll(imports)) {
    if (isTypeOnly !== undefined) continue;
    const module = client ?? own ?? '';
    const service = services[module];
    if (service === undefined) throw new Error(`${file} uses client-${module}, which no case can speak to`);
    for (const name of names.split(',').map((one) => one.trim())) {
      const operation = /^paginate([A-Z]\w+)$/.exec(name)?.[1] ?? /^([A-Z]\w+)Command$/.exec(name)?.[1];
      if (operation !== undefined) byName.set(name, `${service}:${operation}`);
    }
  }
  for (const [, name = ''] of text.matchAll(/(?:\bnew\s+)(?:\w+\.)?(\w+Command)\(|\b(paginate[A-Z]\w+)\(/g)) {
    if (name !== '' && !byName.has(name))
      throw new Error(`${file} makes a ${name} that is imported in a way unknown here`);
  }
  if (/\bwaitUntil[A-Z]\w+\(/.test(text))
    throw new Error(`${file} uses a waiter of the SDK; the engine waits`);
  return [...byName.values()];
}
