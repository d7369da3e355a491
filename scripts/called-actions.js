import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import ts from 'typescript';

/** By SDK client, the prefix that IAM gives the service's actions (Service Authorization Reference). */
const prefixes = {
  'auto-scaling': 'autoscaling',
  'cloudwatch-logs': 'logs',
  ec2: 'ec2',
  ecr: 'ecr',
  ecs: 'ecs',
  iam: 'iam',
  kms: 'kms',
  'secrets-manager': 'secretsmanager',
  'service-quotas': 'servicequotas',
  ssm: 'ssm',
  sts: 'sts',
};

/** Folders of `src` that call no AWS: the simulated account answers. */
const answering = new Set(['simulator']);

/** Allowed to everybody, whatever a policy says (STS API reference, GetCallerIdentity). */
const alwaysAllowed = new Set(['sts:GetCallerIdentity']);

/** Other packages of the SDK that make no calls of their own, with the reason beside each. */
const harmless = new Set([
  // Asks for the credentials themselves, single sign-on and roles, before anybody is who the policy is for.
  '@aws-sdk/credential-providers',
  // What clients are made of: the data of partitions is taken from it.
  '@aws-sdk/core/client',
  '@aws-sdk/core/protocols',
]);

/** By the target that their calls name, services of which the commands are made here, as the SDK has no package of them. */
const ownCommands = { AWSFreeTierService: 'freetier' };

/**
 * The IAM actions of the calls that the product makes: whatever a file of `src` takes from an SDK client that is a command or a paginator.
 * Read from the syntax tree, and anything by which a call could be made unseen is an error: the client's all-in-one class, a whole module
 * under a name, an import while running, an SDK waiter, a package of the SDK that nobody has looked at.
 *
 * @param {string} root
 */
export function calledActions(root) {
  const actions = new Set();
  for (const file of files(path.join(root, 'src'))) {
    const text = readFileSync(file, 'utf8');
    // Parsing takes time, and what names neither the SDK nor an import of its own making calls nothing.
    if (!/@aws-sdk\/|import\s*\(|require\s*\(/.test(text)) continue;
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    for (const action of actionsOf(source, path.relative(root, file))) actions.add(action);
  }
  return [...actions].filter((action) => !alwaysAllowed.has(action)).sort();
}

function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const one = path.join(folder, entry.name);
    if (entry.isDirectory()) return answering.has(entry.name) ? [] : files(one);
    return /\.[cm]?[jt]s$/.test(entry.name) ? [one] : [];
  });
}

function actionsOf(source, file) {
  const found = [];
  const visit = (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      found.push(...taken(node, file));
    } else if (ts.isCallExpression(node) && node.expression.getText() === 'makeBuilder') {
      found.push(...madeHere(source, node, file));
    } else if (ts.isCallExpression(node) && isImport(node.expression)) {
      refuseSdk(node.arguments[0], file);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The commands that a file makes by the SDK's builder. */
function madeHere(source, builder, file) {
  const target = builder.arguments[1];
  const prefix = target !== undefined && ts.isStringLiteral(target) ? ownCommands[target.text] : undefined;
  if (prefix === undefined) throw unseen(file, 'commands of a service that nobody has named');
  const made = [];
  const visit = (node) => {
    const operation = ts.isClassDeclaration(node)
      ? /^(\w+)Command$/.exec(node.name?.text ?? '')?.[1]
      : undefined;
    if (operation !== undefined) made.push(`${prefix}:${operation}`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return made;
}

/** Other modules may be imported while running, the SDK may not; and what is imported must be said in words. */
function refuseSdk(what, file) {
  if (what === undefined || !ts.isStringLiteral(what))
    throw unseen(file, 'an import whose name is not written out');
  if (isOfSdk(what.text)) throw unseen(file, `${what.text} imported while running`);
}

function isImport(expression) {
  return expression.kind === ts.SyntaxKind.ImportKeyword || expression.getText() === 'require';
}

function isOfSdk(name) {
  return name.startsWith('@aws-sdk/');
}

function taken(node, file) {
  const { moduleSpecifier } = node;
  if (moduleSpecifier === undefined || !isOfSdk(moduleSpecifier.text)) return [];
  const name = moduleSpecifier.text;
  if (node.importClause?.isTypeOnly === true || node.isTypeOnly === true) return [];
  if (harmless.has(name)) return [];
  const client = /^@aws-sdk\/client-([a-z0-9-]+)$/.exec(name)?.[1];
  const prefix = client === undefined ? undefined : prefixes[client];
  if (prefix === undefined) throw unseen(file, `${name}, of which nobody has said what it calls`);
  const bindings = node.importClause?.namedBindings ?? node.exportClause;
  if (bindings === undefined || node.importClause?.name !== undefined || bindings.elements === undefined) {
    throw unseen(file, `all of ${name}`);
  }
  return bindings.elements
    .filter((one) => !one.isTypeOnly)
    .map((one) => (one.propertyName ?? one.name).text)
    .flatMap((one) => operationOf(one, { file, name }))
    .map((operation) => `${prefix}:${operation}`);
}

/** What a value of an SDK client calls. Clients and classes of errors call nothing by themselves; whatever else there is may. */
function operationOf(one, { file, name }) {
  const [, operation] = /^paginate([A-Z]\w+)$/.exec(one) ?? /^([A-Z]\w+)Command$/.exec(one) ?? [];
  if (operation !== undefined) return [operation];
  if (/(Client|Exception|Fault)$/.test(one)) return [];
  throw unseen(file, `${one} of ${name}`);
}

function unseen(file, what) {
  return new Error(`${file}: ${what}: which calls are made by it cannot be read`);
}
