import { startScript } from './part.ts';

/** A real sshd on loopback that plays the bastion. */
export interface Sshd {
  readonly port: number;
  /** Whom it lets in. */
  readonly user: string;
  /** Ends it and all its connections; a second call waits for the same end. */
  stop(): Promise<void>;
}

/**
 * Starts an sshd with a host key of its own, another one each time.
 *
 * @throws PartUnavailable where there is none and it cannot be installed; give this to `startPart`.
 */
export async function startSshd(options: {
  readonly port: number;
  readonly publicKey: string;
}): Promise<Sshd> {
  const { port, publicKey } = options;
  const script = await startScript('sshd.sh', [String(port), publicKey]);
  return { port, user: script.where, stop: () => script.stop() };
}
