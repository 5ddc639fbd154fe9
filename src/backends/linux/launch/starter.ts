import { type GuardEvent } from '../../../process/guard-events.js';
import { type GuardStart, type GuardedProcess } from '../../../process/guarded-process.js';
import { type ListenerReception } from '../../../process/listener-reception.js';
import { type TerminalSlave } from '../../../process/terminal.js';
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
  /** Behind the streams, where they are one. */
  readonly terminal: TerminalSlave | undefined;
  /** Whether a supervisor is to report (native/linux/launcher/evidence.h). */
  readonly hasEvidence: boolean;
  /** Takes the sandbox's listening sockets, where it has any; the options in `message` tell of them, too. */
  readonly reception: ListenerReception | undefined;
  /** Program and arguments. */
  readonly command: readonly string[];
  /** Makes the rest while processes start; undefined: the disk has changed, nothing is to be started. */
  readonly message: () => Promise<SandboxMessage | undefined>;
  /** Undefined: nothing of this sandbox can be made before its command is known. */
  readonly inAdvance: StartInAdvance | undefined;
}

/** What can be made of a sandbox before its command is known. */
export interface StartInAdvance {
  /** The same object for the same sandbox, as long as the disk is as it was when its policy was bound. */
  readonly key: object;
  /** All that does not depend on the command. */
  readonly sandbox: () => SandboxMessage;
  /** The options that are left; `unsuited`: nothing made in advance will do. Undefined as with `message`. */
  readonly options: () => Promise<readonly string[] | 'unsuited' | undefined>;
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
