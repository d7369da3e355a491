import {
  AllocateAddressCommand,
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateNatGatewayCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';

import { createClients } from '../../../src/aws/clients.ts';
import { CallMeter } from '../../../src/aws/meter.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/engine/clock.ts';
import {
  createSimulatedAccount,
  type SimulatedAccount,
  type SimulatedAccountOptions,
} from '../../../src/simulator/account.ts';

/** A fresh account with its EC2 client, on a virtual clock. */
export interface TestAccount {
  readonly account: SimulatedAccount;
  readonly clock: VirtualClock;
  readonly ec2: EC2Client;
}

export function openAccount(options: Omit<SimulatedAccountOptions, 'clock'> = {}): TestAccount {
  const clock = createVirtualClock({ startMs: Date.UTC(2026, 0, 1) });
  const account = createSimulatedAccount({ clock, ...options });
  const { ec2 } = createClients({
    region: account.world.region,
    clock,
    meter: new CallMeter(),
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    attach: account.attach,
  });
  return { account, clock, ec2 };
}

/** The name of the error that something is refused with; a call that goes through is an error itself. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error) return error.name;
    throw error;
  }
  throw new Error('it was not refused');
}

/** What AWS always gives; missing, the test cannot go on. */
export function given<Value>(value: Value | undefined | null): Value {
  if (value === undefined || value === null) throw new Error('the answer lacks what the test rests on');
  return value;
}

export async function makeVpc(ec2: EC2Client, cidr = '10.0.0.0/16'): Promise<string> {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: cidr }));
  return given(Vpc?.VpcId);
}

export async function makeSubnet(
  ec2: EC2Client,
  vpcId: string,
  cidr: string,
  zone = 'eu-west-1a',
): Promise<string> {
  const { Subnet } = await ec2.send(
    new CreateSubnetCommand({ VpcId: vpcId, CidrBlock: cidr, AvailabilityZone: zone }),
  );
  return given(Subnet?.SubnetId);
}

export async function makeInternetGateway(ec2: EC2Client, vpcId?: string): Promise<string> {
  const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({}));
  const id = given(InternetGateway?.InternetGatewayId);
  if (vpcId !== undefined) {
    await ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId: id, VpcId: vpcId }));
  }
  return id;
}

export async function makeAddress(ec2: EC2Client): Promise<string> {
  const { AllocationId } = await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }));
  return given(AllocationId);
}

export async function makeNatGateway(
  ec2: EC2Client,
  subnetId: string,
  allocationId: string,
): Promise<string> {
  const { NatGateway } = await ec2.send(
    new CreateNatGatewayCommand({ SubnetId: subnetId, AllocationId: allocationId }),
  );
  return given(NatGateway?.NatGatewayId);
}
