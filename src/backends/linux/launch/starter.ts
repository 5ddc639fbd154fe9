import { type GuardEvent } from '../../../process/guard-events.js';
import { type GuardStart, type GuardedProcess } from '../../../process/guarded-process.js';
import { type MountCheck } from '../plan/launch-plan.js';

/** What a sandbox is made of, beside its command. */
export interface SandboxMessage {
  /** bubblewrap's options, without the command. */
  readonly options: readonly string[];
  readonly seccomp: Uint8Array;
  readonly checks: readonly MountCheck[];
}

/** A sandbox that is to be started. */
export interface SandboxStart {
  readonly streams: Pick<GuardStart, 'stdin' | 'stdout' | 'stderr'>;
  readonly hasTerminal: boolean;
  /** Whether a supervisor is to report (native/linux/launcher/evidence.h). */
  readonly hasEvidence: boolean;
  /** Program and arguments. */
  readonly command: readonly string[];
  /** Makes the rest while processes start; undefined: the disk has changed, nothing is to be started. */
  readonly message: () => Promise<SandboxMessage | undefined>;
}

/** Starts sandboxes, by one launcher. */
export interface SandboxStarter {
  /**
   * Starts one.
   *
   * @param start - what.
   * @param onEvent - called for each event but those about pipes.
   * @throws CordonError `setup-failed`.
   */
  start(start: SandboxStart, onEvent: (event: GuardEvent) => void): Promise<GuardedProcess>;
}
