import { partition as fromSdk } from '@aws-sdk/core/client';

/** A part of AWS with accounts, names and endpoints of its own: `aws`, `aws-cn`, `aws-us-gov`, `aws-eusc`, `aws-iso` … */
export interface Partition {
  /** As ARNs have it. */
  readonly name: string;
  /** What the names of its hosts end in: `amazonaws.com`, `amazonaws.com.cn`, `amazonaws.eu`, `c2s.ic.gov` … */
  readonly dnsSuffix: string;
}

/**
 * What regions of the partition `aws` begin with, those to come as well. The SDK's data has it too and does not hand it out: for a region
 * that is in no partition, it says `aws`. A test holds the two against each other.
 */
const regionsOfAws = /^(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+$/;

/** The partition that a region belongs to, by the SDK's own data; undefined where none has such a region. */
export function partitionOf(region: string): Partition | undefined {
  const { name, dnsSuffix } = fromSdk(region);
  return name === 'aws' && !regionsOfAws.test(region) ? undefined : { name, dnsSuffix };
}

/** What the names of a region's hosts end in. A region of no partition is refused before anybody asks. */
export function dnsSuffixOf(region: string): string {
  return (partitionOf(region) ?? fromSdk(region)).dnsSuffix;
}

/** A service's name in a region, as of its endpoint: `ec2.eu-west-1.amazonaws.com`. */
function nameIn(region: string, service: string): string {
  return `${service}.${region}.${dnsSuffixOf(region)}`;
}

/** EC2's own endpoint in a region: `ec2.eu-west-1.amazonaws.com`. */
export function ec2Host(region: string): string {
  return nameIn(region, 'ec2');
}

/** An account's image registry in a region: `123456789012.dkr.ecr.eu-west-1.amazonaws.com`. */
export function registryHost(accountId: string, region: string): string {
  return `${accountId}.dkr.ecr.${region}.${dnsSuffixOf(region)}`;
}

/** A repository of ECR, as an image's reference names it. */
export interface RepositoryName {
  readonly accountId: string;
  readonly region: string;
  readonly repository: string;
}

/** `123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/elasticsearch@sha256:…`, or the dual-stack form `123456789012.dkr-ecr.eu-west-1.on.aws/…`. */
const ecrReference =
  /^(?<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?<region>[a-z0-9-]+)\.(?<suffix>[a-z0-9.-]+)\/(?<name>[^:@]+)/;

/** Whether a reference reads as if its image were in a registry of ECR, be there such a registry or not. */
export function looksLikeEcr(reference: string): boolean {
  return ecrReference.test(reference);
}

/** Suffixes of ECR's dual-stack registries, by partition ("Making requests over IPv6", ECR user guide); the SDK's data has other services' alone. */
const dualStackRegistries: Readonly<Record<string, string>> = {
  aws: 'on.aws',
  'aws-us-gov': 'on.aws',
  'aws-cn': 'on.amazonwebservices.com.cn',
};

/** The repository that a reference names; undefined where the image is in no registry of ECR. */
export function ecrRepository(reference: string): RepositoryName | undefined {
  const { account = '', region = '', suffix, name = '' } = ecrReference.exec(reference)?.groups ?? {};
  const partition = partitionOf(region);
  if (suffix === undefined || partition === undefined) return undefined;
  const isEcr = suffix === partition.dnsSuffix || suffix === dualStackRegistries[partition.name];
  return isEcr ? { accountId: account, region, repository: name } : undefined;
}

/** Partitions in which EC2 goes by the partition's own suffix, and what that is. */
const ownEc2Suffixes: Readonly<Record<string, string>> = {
  'aws-cn': 'amazonaws.com.cn',
  'aws-iso': 'c2s.ic.gov',
  'aws-iso-b': 'sc2s.sgov.gov',
};

/** What services are called where they are trusted; everywhere but for EC2. */
const principalSuffix = 'amazonaws.com';

/**
 * EC2 as a role trusts it. It does not follow the partition's DNS suffix: the European Sovereign Cloud and the newer isolated partitions
 * refuse that as "Invalid principal in policy" (eksctl, `partitions.go`; ServicePrincipalSuffixForPartition of the Terraform provider).
 */
export function ec2Principal(partition: string): string {
  return `ec2.${ownEc2Suffixes[partition] ?? principalSuffix}`;
}

/** Whether a policy in that partition may name a service so. */
export function isServicePrincipal(partition: string, service: string): boolean {
  return service.endsWith(`.${principalSuffix}`) || service === ec2Principal(partition);
}

/**
 * The other services that roles trust or that make a role for themselves. They are called the same in every partition: of those that es-ecs
 * has to do with, only EC2 is not (`region-info` of the AWS CDK, `default.ts`, "universal").
 */
export const servicePrincipals = {
  autoScaling: `autoscaling.${principalSuffix}`,
  ecs: `ecs.${principalSuffix}`,
  ecsTasks: `ecs-tasks.${principalSuffix}`,
  flowLogs: `vpc-flow-logs.${principalSuffix}`,
} as const;

/** The roles that services make for themselves, by whose name and under which. */
const linkedRoles = {
  autoScaling: 'AWSServiceRoleForAutoScaling',
  ecs: 'AWSServiceRoleForECS',
} as const;

/**
 * The ARN of a role that a service makes for itself ("Using service-linked roles").
 *
 * @param where of which account, or `*` for any
 */
export function linkedRoleArn(
  service: keyof typeof linkedRoles,
  where: { readonly partition: string; readonly accountId: string },
): string {
  const { partition, accountId } = where;
  return `arn:${partition}:iam::${accountId}:role/aws-service-role/${servicePrincipals[service]}/${linkedRoles[service]}`;
}

/**
 * A service behind a gateway endpoint. These are called the same in every partition, unlike interface endpoints: `cn.com.amazonaws.cn-north-1.s3`
 * is the interface's (DescribeVpcEndpointServices in China; GatewayVpcEndpointAwsService and `getDefaultEndpointPrefix` of the AWS CDK).
 */
export function gatewayServiceName(region: string, service: 's3' | 'dynamodb'): string {
  return `com.amazonaws.${region}.${service}`;
}

/** As a service calls itself to KMS ("kms:ViaService"): `ec2.eu-west-1.amazonaws.com`. */
export function viaOf(service: string, region: string): string {
  return nameIn(region, service);
}

/** Under which name CloudWatch Logs uses keys ("Encrypt log data in CloudWatch Logs using AWS KMS"; in China with its suffix). */
export function logsPrincipal(region: string): string {
  return nameIn(region, 'logs');
}
