/** A quota that is met under an error name of its own. */
interface Quota {
  /** What there can be no more of. */
  readonly of: string;
  /** The codes under which Service Quotas keeps it. */
  readonly service: string;
  readonly quota: string;
}

/** The quotas most often met, by error name. */
const quotas: Readonly<Record<string, Quota>> = {
  AddressLimitExceeded: { of: 'Elastic IP addresses', service: 'ec2', quota: 'L-0263D0A3' },
  InstanceLimitExceeded: { of: 'vCPUs of running instances', service: 'ec2', quota: 'L-1216C47A' },
  InternetGatewayLimitExceeded: { of: 'internet gateways', service: 'vpc', quota: 'L-A4707A72' },
  NatGatewayLimitExceeded: { of: 'NAT gateways in the zone', service: 'vpc', quota: 'L-FE5A380F' },
  SecurityGroupLimitExceeded: { of: 'security groups', service: 'vpc', quota: 'L-E79EC296' },
  VcpuLimitExceeded: { of: 'vCPUs of running instances', service: 'ec2', quota: 'L-1216C47A' },
  VolumeLimitExceeded: { of: 'gp3 storage', service: 'ebs', quota: 'L-7A658B76' },
  VpcLimitExceeded: { of: 'VPCs', service: 'vpc', quota: 'L-F678F1CE' },
};

/** Whether an error name says that something is used up which the account can be given more of. */
export function isQuota(name: string): boolean {
  return /(Limit|Quota)Exceeded(Exception|Fault)?$/.test(name) || name === 'ResourceLimitExceeded';
}

/** The sentence for a used-up quota. */
export function quotaSentence(name: string): string {
  const { of } = quotas[name] ?? {};
  return of === undefined
    ? 'a quota of the account is used up'
    : `the account may have no more ${of} in this region: its quota is used up`;
}

/** How to ask for more. */
export function quotaHint(name: string): string {
  const { service, quota } = quotas[name] ?? {};
  if (service === undefined || quota === undefined) return 'ask for more under Service Quotas in the console';
  return `aws service-quotas request-service-quota-increase --service-code ${service} --quota-code ${quota} --desired-value …`;
}
