/** How much of a kind an account may hold in a region: AWS's defaults where nothing else is said ("Amazon VPC quotas", "Elastic IP addresses"). */
export const usualQuotas = {
  vpcs: 5,
  internetGateways: 5,
  addresses: 5,
  /** In one zone. */
  natGateways: 5,
  subnetsPerVpc: 200,
  routeTablesPerVpc: 200,
  routesPerTable: 50,
  /** In the whole region. */
  securityGroups: 2_500,
  /** In each direction. */
  rulesPerGroup: 60,
  gatewayEndpoints: 20,
  /**
   * On-demand instances of the standard families: what AWS gives an account that is in use; a new one begins with 5 ("Amazon EC2
   * instance type quotas").
   */
  vcpus: 100_000,
  /** 50 by default, and much more where it is asked for ("Amazon EBS quotas"). */
  gp3TiB: 10_000,
  /** 500 by default ("Quotas for Amazon EC2 Auto Scaling"). */
  groups: 5_000,
} as const;

export type Quotas = { readonly [Name in keyof typeof usualQuotas]: number };
