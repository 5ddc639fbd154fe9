import { type LauncherKind } from '../backends/backend.js';
import { type EnforcementGap } from '../backends/linux/plan/landlock-gaps.js';
import { type Denial } from '../denials/denial.js';

/** How a command ended. */
export type CommandStatus =
  | { readonly kind: 'exit'; readonly code: number }
  /** Died by a signal, or left with 128 + its number: bubblewrap reports both alike. */
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals; readonly code: number }
  /** The time limit passed; `code` is 124, as timeout(1) has it. */
  | { readonly kind: 'timeout'; readonly code: 124 }
  /** The program was not found (127) or could not be executed (126), as in a shell. */
  | { readonly kind: 'not-executed'; readonly program: string; readonly code: 126 | 127 };

/** What a stream wrote, within bounds. */
export interface CapturedOutput {
  /** Head and tail, joined. */
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly totalBytes: number;
  readonly truncated: boolean;
}

/** Whether the whole profile was enforced. */
export type Enforcement =
  | {
      readonly kind: 'full';
      readonly launcher: LauncherKind;
      /** The version of Landlock's interface by which a second wall stood behind the mounts; 0: there was none. */
      readonly landlockAbi: number;
    }
  /** By Landlock and the system-call filter alone: every rule of the profile, but less around it. */
  | {
      readonly kind: 'partial';
      readonly launcher: LauncherKind;
      readonly landlockAbi: number;
      readonly gaps: readonly EnforcementGap[];
    }
  /** The profile asked for no sandbox of ours. */
  | { readonly kind: 'none'; readonly reason: 'disabled' | 'external' };

/** What came of a command. */
export interface SandboxOutcome {
  readonly status: CommandStatus;
  /** `status.code`: what a shell would see. */
  readonly exitCode: number;
  readonly durationMs: number;
  readonly enforcement: Enforcement;
  /** What the sandbox refused, as far as it can be told; empty when the command succeeded. */
  readonly denials: readonly Denial[];
  /** The denials in sentences, one a line, with the option that would allow each. */
  readonly hints: readonly string[];
  readonly warnings: readonly string[];
}

/** An outcome with what the command wrote; a terminal's whole output is `stdout`. */
export interface CapturedOutcome extends SandboxOutcome {
  readonly stdout: CapturedOutput;
  readonly stderr: CapturedOutput;
}
