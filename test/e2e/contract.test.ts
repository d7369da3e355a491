import { afterAll, describe } from 'vitest';

import { contractSuite } from '../contract/suite.ts';
import { motoTarget } from '../contract/targets.ts';
import { bareClients, startMoto } from './support/moto.ts';
import { startPart } from './support/part.ts';

const moto = await startPart('moto, an AWS account on loopback', startMoto);

afterAll(async () => {
  await moto?.stop();
});

describe.skipIf(moto === undefined)('the contract over the wire', () => {
  contractSuite('moto', () => motoTarget(bareClients(moto?.url ?? '')));
});
