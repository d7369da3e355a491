/** Where what goes to and fro is known not to be what a service's model says. */
export interface ModelDifference {
  /** As `ModelNotes` words it. */
  readonly difference: string;
  readonly because: string;
  /** What decides in place of the model. */
  readonly documentation: string;
}

/** A list that a request must not leave empty; the answer has the same shape, and what is empty is sent as an empty list. */
const emptyLists: readonly (readonly [string, string])[] = [
  ['ECR:BatchDeleteImage answer imageIds: is below 1', 'ECR API reference, BatchDeleteImage, imageIds'],
  ['ECR:ListImages answer imageIds: is below 1', 'ECR API reference, ListImages, imageIds'],
  [
    'SSM:GetParameterHistory answer Parameters[].Labels: is below 1',
    'AWS CLI reference, ssm get-parameter-history, examples: "Labels": []',
  ],
  [
    'SSM:GetParameters answer InvalidParameters: is below 1',
    'AWS CLI reference, ssm get-parameters, examples: "InvalidParameters": []',
  ],
];

/** Every known difference: the suite fails for one that is not here, and for one that is no more. */
export const modelDifferences: readonly ModelDifference[] = [
  ...emptyLists.map(([difference, documentation]) => ({
    difference,
    because: 'the least length of the shape is that of requests, and answers share the shape',
    documentation,
  })),
  ...[
    'EC2:CreateVpcEndpoint answer VpcEndpoint.State',
    'EC2:DescribeVpcEndpoints answer VpcEndpoints[].State',
  ].map((where) => ({
    difference: `${where}: is none of the words that it may be`,
    because: 'the model writes the states with a capital, the API without',
    documentation:
      'AWS CLI reference, ec2 create-vpc-endpoint and describe-vpc-endpoints, examples: "State": "available"',
  })),
  {
    difference:
      'EC2:DescribeNetworkInterfaces answer NetworkInterfaces[].InterfaceType: is none of the words that it may be',
    because: 'the model writes "natGateway", the API "nat_gateway"',
    documentation: 'EC2 API reference, DescribeNetworkInterfaces, filter interface-type: nat_gateway',
  },
  {
    difference:
      'EC2:DescribeInternetGateways answer InternetGateways[].Attachments[].State: is none of the words that it may be',
    because: 'the model has the states of network interfaces here; of a gateway it is "available"',
    documentation: 'EC2 API reference, InternetGatewayAttachment, State: "available when attached to a VPC"',
  },
];
