import {
  CreateAutoScalingGroup$,
  CreateOrUpdateTags$,
  DeleteAutoScalingGroup$,
  DeleteTags$,
  DescribeAutoScalingGroups$,
  DescribeAutoScalingInstances$,
  DescribeScalingActivities$,
  DescribeTags$,
  ResumeProcesses$,
  SetDesiredCapacity$,
  SetInstanceProtection$,
  SuspendProcesses$,
  TerminateInstanceInAutoScalingGroup$,
  UpdateAutoScalingGroup$,
} from '@aws-sdk/client-auto-scaling';

/** The schemas of the operations that are simulated, by name: one by one, so that no other gets into the published program. */
export const schemas = {
  CreateAutoScalingGroup$,
  CreateOrUpdateTags$,
  DeleteAutoScalingGroup$,
  DeleteTags$,
  DescribeAutoScalingGroups$,
  DescribeAutoScalingInstances$,
  DescribeScalingActivities$,
  DescribeTags$,
  ResumeProcesses$,
  SetDesiredCapacity$,
  SetInstanceProtection$,
  SuspendProcesses$,
  TerminateInstanceInAutoScalingGroup$,
  UpdateAutoScalingGroup$,
};
