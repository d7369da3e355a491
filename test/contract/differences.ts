import type { Observations } from './case.ts';
import type { TargetName } from './targets.ts';

/** Where a target is known not to do what AWS's documentation says. */
export interface Difference {
  /** The case's name. */
  readonly case: string;
  readonly target: TargetName;
  /** What comes out there, in place of what the case expects: exactly this, else the suite fails. */
  readonly instead: Observations;
  /** What it does, in a sentence. */
  readonly because: string;
  /** The page of AWS's documentation that decides. */
  readonly documentation: string;
}

/**
 * Every known difference. The simulated account has none: where it was wrong by the documentation, it was
 * mended.
 */
export const differences: readonly Difference[] = [
  {
    case: "facts: the account's plan",
    target: 'moto',
    instead: { account: 'no answer', type: 'no answer' },
    because: 'has no Free Tier API, and answers with an HTML page and status 500',
    documentation: 'Billing and Cost Management API reference, GetAccountPlanState',
  },
  {
    case: 'key: by its names',
    target: 'moto',
    instead: { 'what it is': ['Enabled', 'CUSTOMER', undefined, 'SYMMETRIC_DEFAULT', undefined] },
    because: 'gives a key no use and does not say whether it is of several regions, unless CreateKey did',
    documentation: 'KMS API reference, CreateKey, KeyUsage and MultiRegion: the defaults',
  },
  {
    case: 'key: of a log group',
    target: 'moto',
    instead: { 'giving it': 'SyntaxError', then: false },
    because: 'has no AssociateKmsKey, and answers with an HTML page and status 500',
    documentation: 'CloudWatch Logs API reference, AssociateKmsKey',
  },
  {
    case: "key: the account's own for disks",
    target: 'moto',
    instead: { "EBS's own": 'Error' },
    because: 'has no GetEbsDefaultKmsKeyId, and answers with an HTML page and status 500',
    documentation: 'EC2 API reference, GetEbsDefaultKmsKeyId',
  },
  {
    case: 'vpc: the state right after creation',
    target: 'moto',
    instead: { state: 'available' },
    because: 'has no states on the way: a VPC is available at once',
    documentation: 'EC2 API reference, Vpc, State: pending | available',
  },
  {
    case: 'vpc: what comes with it',
    target: 'moto',
    instead: { 'who may come in': [] },
    because: 'gives the default security group no rule for its own members',
    documentation: 'VPC user guide, "Default security groups for your VPCs"',
  },
  {
    case: 'vpc: not deleted before what is in it',
    target: 'moto',
    instead: { 'with an internet gateway': 'done', 'with a security group': 'done' },
    because: 'deletes a VPC that has an internet gateway or security groups',
    documentation: 'EC2 API reference, DeleteVpc',
  },
  {
    case: 'tags: what may not be written',
    target: 'moto',
    instead: {
      'a key of AWS': 'done',
      'a key too long': 'done',
      'a value too long': 'done',
      'on a new thing, of another type': 'done',
    },
    because: 'checks how many tags there are and not what is in them',
    documentation: 'EC2 user guide, "Tag your Amazon EC2 resources", restrictions',
  },
  {
    case: 'instance: what holds its subnet, its group and its VPC is its interface',
    target: 'moto',
    instead: { 'with a public address': 'Error' },
    because: 'does not know the filter association.public-ip, and answers with an HTML page and status 500',
    documentation: 'EC2 API reference, DescribeNetworkInterfaces, Filters',
  },
  {
    case: 'describe: pages',
    target: 'moto',
    instead: {
      'fewer than five a page': 'done',
      'a token of nobody': 'done',
      'first page': 6,
      'second page': undefined,
    },
    because: 'gives EC2 lists whole: neither page size nor token is looked at',
    documentation: 'EC2 developer guide, "Pagination in the Amazon EC2 API"; DescribeSubnets, MaxResults',
  },
  {
    case: 'subnet: what cannot be made',
    target: 'moto',
    instead: { 'of a /29': 'done' },
    because: 'makes subnets smaller than a /28',
    documentation: 'VPC user guide, "Subnet CIDR blocks"; EC2 error code InvalidSubnet.Range',
  },
  {
    case: 'elastic IP: not released while a NAT gateway has it',
    target: 'moto',
    instead: { releasing: 'done' },
    because: 'releases an address that a NAT gateway uses',
    documentation: 'EC2 API reference, ReleaseAddress',
  },
  {
    case: 'NAT gateway: create, wait, look at it',
    target: 'moto',
    instead: { 'of an unknown id': 'done' },
    because: 'leaves unknown NAT gateways out of the answer',
    documentation: 'EC2 developer guide, "Error codes for the Amazon EC2 API": NatGatewayNotFound',
  },
  {
    case: 'NAT gateway: takes its time',
    target: 'moto',
    instead: { 'state right after creation': 'available', 'state right after deletion': 'deleted' },
    because: 'has no states on the way: a NAT gateway is available, and deleted, at once',
    documentation: 'EC2 API reference, NatGateway, State: pending | failed | available | deleting | deleted',
  },
  {
    case: 'NAT gateway: what cannot be made or deleted',
    target: 'moto',
    instead: { 'deleting an unknown one': 'Error' },
    because: 'answers with an HTML page and status 500 to an unknown id',
    documentation: 'EC2 developer guide, "Error codes for the Amazon EC2 API": NatGatewayNotFound',
  },
  {
    case: 'NAT gateway: without an internet gateway it fails',
    target: 'moto',
    instead: { creating: 'available', 'in the end': ['available', undefined] },
    because: 'asks for no internet gateway',
    documentation: 'EC2 API reference, NatGateway, FailureCode and FailureMessage',
  },
  {
    case: 'NAT gateway: a client token makes one',
    target: 'moto',
    instead: {
      'the same one': 'Resource.AlreadyAssociated',
      'with other parameters': 'Resource.AlreadyAssociated',
    },
    because: 'ignores client tokens: the second call finds the address taken',
    documentation: 'EC2 developer guide, "Ensuring idempotency in Amazon EC2 API requests"',
  },
  {
    case: 'NAT gateway: holds its subnet and the internet gateway',
    target: 'moto',
    instead: { 'deleting its subnet': 'done', 'detaching the gateway': 'done' },
    because: 'lets subnets and internet gateways go while a NAT gateway uses them',
    documentation: 'VPC user guide, "Delete your VPC"; EC2 API reference, DetachInternetGateway',
  },
  {
    case: 'route table: a client token makes one',
    target: 'moto',
    instead: { 'the same one': false, 'with other parameters': 'done' },
    because: 'ignores client tokens',
    documentation: 'EC2 developer guide, "Ensuring idempotency in Amazon EC2 API requests"',
  },
  {
    case: 'route table: the subnets it serves',
    target: 'moto',
    instead: { 'giving the subnet another table': 'done' },
    because: 'moves a subnet to another table without a word',
    documentation: 'EC2 developer guide, "Error codes for the Amazon EC2 API": Resource.AlreadyAssociated',
  },
  {
    case: 'route table: a subnet goes, and its association with it',
    target: 'moto',
    instead: { 'subnets that the table serves': 1 },
    because: 'keeps the association of a subnet that is gone',
    documentation: 'VPC user guide, "Subnet route tables"; EC2 API reference, DeleteSubnet',
  },
  {
    case: 'route: what cannot be made',
    target: 'moto',
    instead: {
      'to an unknown internet gateway': 'InvalidInternetGatewayID.NotFound',
      'to an unknown NAT gateway': 'done',
    },
    because: 'has another word for an unknown internet gateway, and routes to unknown NAT gateways',
    documentation:
      'EC2 developer guide, "Error codes for the Amazon EC2 API": InvalidGatewayID.NotFound, InvalidNatGatewayID.NotFound',
  },
  {
    case: 'route: a black hole once its gateway is gone',
    target: 'moto',
    instead: { route: ['nat', 'active', 'CreateRoute'] },
    because: 'keeps routes active whose target is gone',
    documentation: 'EC2 API reference, Route, State: active | blackhole',
  },
  {
    case: 'security group: create, look at it, delete it',
    target: 'moto',
    instead: { 'in an unknown VPC': 'done' },
    because: 'makes security groups in VPCs that do not exist',
    documentation: 'EC2 developer guide, "Error codes for the Amazon EC2 API": InvalidVpcID.NotFound',
  },
  {
    case: 'security group: the words of a rule change, the rule stays',
    target: 'moto',
    instead: { 'of a rule that is not there': 'done' },
    because: 'does nothing for a rule that is not there',
    documentation:
      'EC2 API reference, UpdateSecurityGroupRuleDescriptionsIngress; error code InvalidPermission.NotFound',
  },
  {
    case: 'security group: not deleted while another speaks of it, nor the default one',
    target: 'moto',
    instead: { 'spoken of': 'done', 'the default one': 'done' },
    because: 'deletes groups that others refer to, and default groups',
    documentation: 'EC2 API reference, DeleteSecurityGroup; error code CannotDelete',
  },
  {
    case: 'endpoint: deleting',
    target: 'moto',
    instead: { 'unknown ones are refused': [] },
    because: 'says nothing of endpoints that do not exist',
    documentation: 'EC2 API reference, DeleteVpcEndpoints, Unsuccessful',
  },
  {
    case: 'endpoint: what cannot be made',
    target: 'moto',
    instead: { 'of a service of nobody': 'done', 'a second one for a table': 'done' },
    because: 'checks neither the service nor the routes that are there',
    documentation:
      'AWS PrivateLink guide, "Gateway endpoints"; EC2 error codes InvalidServiceName, RouteAlreadyExists',
  },
  {
    case: 'endpoint: a client token makes one',
    target: 'moto',
    instead: { 'the same one': false, 'with other parameters': 'done' },
    because: 'ignores client tokens',
    documentation: 'EC2 developer guide, "Ensuring idempotency in Amazon EC2 API requests"',
  },
  {
    case: 'endpoint: its route is in the table, and goes with it',
    target: 'moto',
    instead: { 'tables that it serves then': 1, 'deleting the VPC': 'done' },
    because: 'keeps deleted tables in the endpoint, and deletes a VPC that has an endpoint',
    documentation: 'AWS PrivateLink guide, "Gateway endpoints"; EC2 API reference, DeleteVpc',
  },
  {
    case: 'key pair: import, look at it, delete it',
    target: 'moto',
    instead: { 'looking at it': 'done', 'looking at it by name': 'done', 'of an unknown id': 'done' },
    because:
      'does not look at the ids that are asked for: all key pairs are in the answer, and unknown ones are no error',
    documentation: 'EC2 developer guide, "Error codes for the Amazon EC2 API": InvalidKeyPair.NotFound',
  },
  {
    case: 'key pair: the fingerprint of an ed25519 key, and the key itself',
    target: 'moto',
    instead: { 'is that of OpenSSH': false },
    because: 'computes another fingerprint for ed25519 keys',
    documentation: 'EC2 API reference, KeyPairInfo, KeyFingerprint',
  },
  {
    case: 'key pair: what is no key',
    target: 'moto',
    instead: { nonsense: 'Error' },
    because: 'answers with an HTML page and status 500 to a key that is none',
    documentation: 'EC2 developer guide, "Error codes for the Amazon EC2 API": InvalidKey.Format',
  },
  {
    case: 'instance: run it, look at it, end it',
    target: 'moto',
    instead: {
      'type, subnet, groups': ['t3.micro', true, false],
      'ending it again': 'InvalidNetworkInterfaceID.NotFound',
    },
    because:
      'shows groups that were given with the network interface on that interface only, and cannot end an instance twice',
    documentation:
      'EC2 API reference, Instance, SecurityGroups; TerminateInstances: "This operation is idempotent"',
  },
  {
    case: 'instance: a root disk of no size is as large as its image',
    target: 'moto',
    instead: { running: 'MissingParameter', 'the disk has a size': false },
    because: "wants a size for the image's own root disk",
    documentation:
      'EC2 API reference, EbsBlockDevice, VolumeSize: "If you specify a snapshot, the default is the snapshot size"',
  },
  {
    case: 'instance: with an unknown security group',
    target: 'moto',
    instead: { running: 'done' },
    because: 'makes the security group up',
    documentation: 'EC2 developer guide, "Error codes for the Amazon EC2 API": InvalidGroup.NotFound',
  },
  {
    case: 'instance: a client token runs one',
    target: 'moto',
    instead: { 'the same one': false, 'with other parameters': 'done' },
    because: 'ignores client tokens',
    documentation: 'EC2 developer guide, "Ensuring idempotency in Amazon EC2 API requests"',
  },
  {
    case: 'instance: holds its subnet and security group until it has ended',
    target: 'moto',
    instead: {
      'its subnet': 'done',
      'its group': 'done',
      'its group afterwards': 'InvalidGroup.NotFound',
      'its subnet afterwards': 'InvalidSubnetID.NotFound',
    },
    because: 'lets subnets and security groups go while an instance uses them',
    documentation: 'EC2 API reference, DeleteSubnet and DeleteSecurityGroup',
  },
  {
    case: 'volume: the state right after creation',
    target: 'moto',
    instead: { state: 'available' },
    because: 'has no states on the way: a volume is available at once',
    documentation:
      'EC2 API reference, Volume, State: creating | available | in-use | deleting | deleted | error',
  },
  {
    case: 'volume: does not shrink',
    target: 'moto',
    instead: { shrinking: 'done' },
    because: 'makes volumes smaller',
    documentation: 'EBS user guide, "Request modifications to your EBS volumes"',
  },
  {
    case: 'volume: what cannot be made',
    target: 'moto',
    instead: { 'in a zone of nobody': 'done', 'with too few IOPS': 'done' },
    because: 'checks neither zone nor IOPS',
    documentation: 'EC2 API reference, CreateVolume; error code InvalidZone.NotFound',
  },
  {
    case: 'volume: a client token makes one',
    target: 'moto',
    instead: { 'the same one': false, 'with other parameters': 'done' },
    because: 'ignores client tokens',
    documentation: 'EC2 developer guide, "Ensuring idempotency in Amazon EC2 API requests"',
  },
  {
    case: 'volume: attached',
    target: 'moto',
    instead: { 'one of another zone': 'done' },
    because: 'attaches across zones',
    documentation:
      'EBS user guide, "Attach an Amazon EBS volume to an instance"; EC2 error code InvalidVolume.ZoneMismatch',
  },
  {
    case: 'launch template: create, look at it, delete it',
    target: 'moto',
    instead: { 'deleting again': 'InvalidLaunchTemplateName.NotFoundException', 'looking at it': 'done' },
    because: 'leaves unknown templates out of a list, and names the wrong error when one is deleted twice',
    documentation:
      'EC2 developer guide, "Error codes for the Amazon EC2 API": InvalidLaunchTemplateId.NotFound',
  },
  {
    case: 'launch template: a new version is the latest, and the default only when it is made so',
    target: 'moto',
    instead: { 'the default of an unknown one': 'InvalidLaunchTemplateName.NotFoundException' },
    because: 'names the error of an unknown name for an unknown id',
    documentation:
      'EC2 developer guide, "Error codes for the Amazon EC2 API": InvalidLaunchTemplateId.NotFound',
  },
  {
    case: 'launch template: a client token makes one',
    target: 'moto',
    instead: { 'the same one': 'InvalidLaunchTemplateName.AlreadyExistsException' },
    because: 'ignores client tokens: the second call finds the name taken',
    documentation: 'EC2 developer guide, "Ensuring idempotency in Amazon EC2 API requests"',
  },
  {
    case: 'group: create, look at it, delete it',
    target: 'moto',
    instead: { 'another of its name': 'done' },
    because: 'makes a group of a name that is there in place of the first',
    documentation: 'Auto Scaling API reference, CreateAutoScalingGroup: AlreadyExists',
  },
  {
    case: 'group: not deleted with an instance in it, but by force',
    target: 'moto',
    instead: { deleting: 'done' },
    because: 'deletes a group with instances in it, without force',
    documentation: 'Auto Scaling API reference, DeleteAutoScalingGroup: ResourceInUse',
  },
  {
    case: 'group: its deletion takes time',
    target: 'moto',
    instead: { 'right after': undefined },
    because: 'deletes groups at once',
    documentation: 'Auto Scaling API reference, AutoScalingGroup, Status',
  },
  {
    case: 'group: an instance sent away is replaced',
    target: 'moto',
    instead: { 'their states': [], 'sending an unknown one away': 'Error' },
    because: 'has no activities, and answers with an HTML page and status 500 to an unknown instance',
    documentation: 'Auto Scaling API reference, DescribeScalingActivities; Common Errors: ValidationError',
  },
  {
    case: 'group: processes that somebody suspended',
    target: 'moto',
    instead: { 'of an unknown group': 'Error' },
    because: 'answers with an HTML page and status 500 for an unknown group',
    documentation: 'Auto Scaling API reference, Common Errors: ValidationError',
  },
  {
    case: 'group: tags',
    target: 'moto',
    instead: { 'of an unknown group': 'Error' },
    because: 'answers with an HTML page and status 500 for an unknown group',
    documentation: 'Auto Scaling API reference, Common Errors: ValidationError',
  },
  {
    case: 'group: what cannot be made',
    target: 'moto',
    instead: {
      'of an unknown launch template': 'InvalidLaunchTemplateId.NotFound',
      'of an unknown version': 'InvalidLaunchTemplateId.VersionNotFound',
    },
    because: "hands EC2's errors on in EC2's words",
    documentation: 'Auto Scaling user guide, "Troubleshoot launch templates": ValidationError',
  },
  {
    case: 'role: documents that are none',
    target: 'moto',
    instead: { 'trust that is no JSON': 'done' },
    because: 'takes any text as a trust policy',
    documentation: 'IAM API reference, CreateRole: MalformedPolicyDocument',
  },
  {
    case: 'role: all of the account with everything that belongs to them',
    target: 'moto',
    instead: {
      trust: [
        'plain',
        {
          Version: '2012-10-17',
          Statement: [
            { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
          ],
        },
      ],
    },
    because: 'encodes the inline policies of roles in this answer, and their trust policies not',
    documentation:
      'IAM API reference, GetAccountAuthorizationDetails: "Policies returned by this operation are URL-encoded compliant with RFC 3986"',
  },
  {
    case: 'instance profile: create, look at it, delete it',
    target: 'moto',
    instead: { 'taking it out again': 'Error' },
    because: 'answers with an HTML page and status 500 when a role is taken out that is not in it',
    documentation: 'IAM API reference, RemoveRoleFromInstanceProfile: NoSuchEntity',
  },
  {
    case: 'ECS cluster: other settings',
    target: 'moto',
    instead: {
      updating: 'SyntaxError',
      'then they are': [{ name: 'containerInsights', value: 'disabled' }],
      'of an unknown one': 'SyntaxError',
    },
    because: 'has no UpdateClusterSettings: an HTML page that the SDK cannot read',
    documentation: 'ECS API reference, UpdateClusterSettings',
  },
  {
    case: 'container instance: registers, is seen, is taken out',
    target: 'moto',
    instead: { 'its attribute': undefined, 'deleting the cluster': 'done' },
    because: 'forgets the attributes of a registration, and deletes a cluster that has hosts',
    documentation:
      'ECS API reference, RegisterContainerInstance, attributes; DeleteCluster: ClusterContainsContainerInstancesException',
  },
  {
    case: 'container instance: unknown ones',
    target: 'moto',
    instead: {
      'listed in an unknown cluster': 'done',
      'described, unknown': 'SyntaxError',
      'taken out, unknown': false,
    },
    because: 'does not look for the cluster, and answers with an HTML page to unknown container instances',
    documentation:
      'ECS API reference, ListContainerInstances: ClusterNotFoundException; ECS developer guide, "Amazon ECS API failure reasons"',
  },
  {
    case: 'image: by its tag, and gone again',
    target: 'moto',
    instead: { 'the same tag for another image': 'ImageAlreadyExistsException' },
    because: 'calls it the same image when only the tag is the same',
    documentation: 'ECR API reference, PutImage: ImageTagAlreadyExistsException',
  },
  {
    case: 'image: a digest is the hash of the manifest',
    target: 'moto',
    instead: { digest: false },
    because: 'makes digests up',
    documentation:
      'OCI distribution specification and Docker Registry HTTP API V2, "Content Digests", which ECR implements ("Image manifest format support in Amazon ECR")',
  },
  {
    case: 'log group: tags of an unknown one',
    target: 'moto',
    instead: { reading: 'done', setting: 'done' },
    because: 'keeps tags of log groups that do not exist',
    documentation:
      'CloudWatch Logs API reference, ListTagsForResource and TagResource: ResourceNotFoundException',
  },
  {
    case: 'secret: another value',
    target: 'moto',
    instead: { 'of a doomed one': 'done' },
    because: 'gives a secret that is scheduled for deletion another value',
    documentation: 'Secrets Manager API reference, PutSecretValue: InvalidRequestException',
  },
  {
    case: 'secret: doomed by hand, and restored',
    target: 'moto',
    instead: { 'making one of its name': 'ResourceExistsException' },
    because: 'has another word for the name of a secret that is scheduled for deletion',
    documentation: 'Secrets Manager API reference, CreateSecret: InvalidRequestException',
  },
  {
    case: 'task definition: revisions come and go',
    target: 'moto',
    instead: { 'the family then means': 2 },
    because: 'takes the latest revision for a family, active or not',
    documentation: 'ECS API reference, DescribeTaskDefinition, taskDefinition',
  },
  {
    case: 'task definition: what cannot be registered',
    target: 'moto',
    instead: { 'without containers': 'done' },
    because: 'registers a task definition without containers',
    documentation: 'ECS API reference, RegisterTaskDefinition, containerDefinitions',
  },
  {
    case: 'task: unknown ones',
    target: 'moto',
    instead: { 'described, unknown': [[], []], 'of an unknown service': 'done' },
    because: 'says nothing of tasks and services that do not exist',
    documentation:
      'ECS developer guide, "Amazon ECS API failure reasons"; ECS API reference, ListTasks: ServiceNotFoundException',
  },
  {
    case: 'service: create, look at it',
    target: 'moto',
    instead: {
      percentages: [undefined, undefined],
      'circuit breaker': {},
      placement: undefined,
      'zone rebalancing': undefined,
    },
    because: 'forgets the deployment configuration, the placement and the zone rebalancing',
    documentation: 'ECS API reference, Service',
  },
  {
    case: 'service: what cannot be made',
    target: 'moto',
    instead: { 'another of its name': 'done' },
    because: 'makes a service of a name that is there in place of the first',
    documentation: 'ECS API reference, CreateService: InvalidParameterException',
  },
  {
    case: 'service: a client token makes one',
    target: 'moto',
    instead: { 'with other parameters': 'done' },
    because: 'ignores client tokens',
    documentation: 'ECS API reference, CreateService, clientToken',
  },
  {
    case: 'service: another task definition',
    target: 'moto',
    instead: { 'its primary deployment is of': false },
    because:
      'keeps the old task definition in the primary deployment, and forgets the deployment configuration',
    documentation: 'ECS API reference, UpdateService and Deployment, status',
  },
  {
    case: 'service: deleting',
    target: 'moto',
    instead: { 'the cluster before': 'done' },
    because: 'deletes a cluster that has services',
    documentation: 'ECS API reference, DeleteCluster: ClusterContainsServicesException',
  },
  {
    case: 'service: deleted ones',
    target: 'moto',
    instead: { 'updating a deleted one': 'done' },
    because: 'updates deleted services',
    documentation: 'ECS API reference, UpdateService: ServiceNotActiveException',
  },
  {
    case: 'service: its task runs on the host that has the attribute',
    target: 'moto',
    instead: {
      tasks: 0,
      task: [undefined, false, false],
      'on the host': false,
      'the deployment': [['PRIMARY', 'IN_PROGRESS']],
      'running count': 0,
    },
    because: 'places no tasks of services',
    documentation: 'ECS developer guide, "Amazon ECS services" and "Task placement"',
  },
  {
    case: 'pages: of task definitions',
    target: 'moto',
    instead: { lengths: [3] },
    because: 'gives the list whole',
    documentation: 'ECS API reference, ListTaskDefinitions, maxResults',
  },
  {
    case: 'pages: of policies of a role',
    target: 'moto',
    instead: { lengths: [3] },
    because: 'gives the list whole',
    documentation: 'IAM API reference, ListRolePolicies, MaxItems',
  },
];
