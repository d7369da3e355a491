export {
  createSimulatedAccount,
  type Fault,
  type RecordedCall,
  type SimulatedAccount,
  type SimulatedAccountOptions,
} from './account.ts';
