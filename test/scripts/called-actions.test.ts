import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { calledActions } from '../../scripts/called-actions.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'es-ecs-called-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(file: string, text: string): void {
  const whole = path.join(root, 'src', file);
  mkdirSync(path.dirname(whole), { recursive: true });
  writeFileSync(whole, text);
}

describe('the calls of the code', () => {
  it('are found in any folder but the simulated account, whatever they are called there', () => {
    write(
      'engine/deep/one.ts',
      "import {\n  type Vpc,\n  paginateDescribeVpcs,\n  CreateVpcCommand as Make,\n} from '@aws-sdk/client-ec2';",
    );
    write('lock/two.ts', "import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';");
    write('three.ts', "export { ListTasksCommand } from '@aws-sdk/client-ecs';");
    write('four.ts', "import type { DeleteVpcCommand } from '@aws-sdk/client-ec2';");
    write('five.ts', "import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';");
    write('six.mts', "import { StopTaskCommand, ClusterNotFoundException } from '@aws-sdk/client-ecs';");
    write('simulator/seven.ts', "import { RunInstancesCommand } from '@aws-sdk/client-ec2';");
    expect(calledActions(root)).toEqual([
      'ec2:CreateVpc',
      'ec2:DescribeVpcs',
      'ecs:ListTasks',
      'ecs:StopTask',
      'ssm:GetParameter',
    ]);
  });

  it.each([
    ["import * as ec2 from '@aws-sdk/client-ec2';", 'all of @aws-sdk/client-ec2'],
    ["export * from '@aws-sdk/client-ec2';", 'all of @aws-sdk/client-ec2'],
    ["import '@aws-sdk/client-ec2';", 'all of @aws-sdk/client-ec2'],
    ["import { EC2 } from '@aws-sdk/client-ec2';", 'EC2 of @aws-sdk/client-ec2'],
    [
      "import { waitUntilInstanceRunning } from '@aws-sdk/client-ec2';",
      'waitUntilInstanceRunning of @aws-sdk/client-ec2',
    ],
    ["const it = await import('@aws-sdk/client-s3');", '@aws-sdk/client-s3 imported while running'],
    ['const it = await import(`@aws-sdk/${"client-s3"}`);', 'an import whose name is not written out'],
    ["const it = require('@aws-sdk/client-s3');", '@aws-sdk/client-s3 imported while running'],
    [
      "import { PutObjectCommand } from '@aws-sdk/client-s3';",
      '@aws-sdk/client-s3, of which nobody has said what it calls',
    ],
    [
      "import { getSignedUrl } from '@aws-sdk/s3-request-presigner';",
      '@aws-sdk/s3-request-presigner, of which',
    ],
  ])('are refused where they could not be seen: %s', (text, because) => {
    write('aws/one.ts', text);
    expect(() => calledActions(root)).toThrow(because);
  });
});
