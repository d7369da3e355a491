/** How much of a kind an account may hold in a region: AWS's defaults ("Amazon VPC quotas", "Elastic IP addresses"). */
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
} as const;

export type Quotas = { readonly [Name in keyof typeof usualQuotas]: number };
