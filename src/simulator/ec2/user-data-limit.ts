import { SimulatedFailure } from '../core/failure.ts';

/** Before its Base64 coding ("Run commands when you launch an EC2 instance with user data input"). */
const userDataLimitBytes = 16_384;

/**
 * @param userData Base64, as EC2 takes it.
 * @throws SimulatedFailure InvalidUserData.Malformed, InvalidParameterValue
 */
export function checkUserData(userData: string | undefined): void {
  if (userData === undefined) return;
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(userData)) {
    throw new SimulatedFailure('InvalidUserData.Malformed', 'Invalid BASE64 encoding of user data.');
  }
  if (Buffer.from(userData, 'base64').length > userDataLimitBytes) {
    throw new SimulatedFailure(
      'InvalidParameterValue',
      `User data is limited to ${userDataLimitBytes} bytes`,
    );
  }
}
