import { type FileOperation } from '../permissions/evaluate.js';

/** What would be told to the system, without doing it. */
export interface PlanPreview {
  /** Policy and plan as plain JSON data; values of environment variables are not in it. */
  readonly json: Readonly<Record<string, unknown>>;
  /** The bubblewrap command line, quoted for a shell; variables are taken from the shell's own environment. */
  readonly commandLine: string;
  /** The filter that goes with it, for bubblewrap's `--seccomp FD`; empty without a sandbox. */
  readonly seccompProgram: Uint8Array;
}

/** Whether a command could do something with a path, and why. */
export interface Explanation {
  readonly allowed: boolean;
  readonly operation: FileOperation;
  /** As it was asked. */
  readonly path: string;
  /** With its symbolic links followed. */
  readonly resolvedPath: string;
  /** The entry that decides, in words. */
  readonly decidedBy: string;
  /** What on a command line would allow it, for example `--allow-write "/srv"`; undefined when nothing would, or nothing need. */
  readonly allowedBy: string | undefined;
}

/** One thing that a sandbox needs of this machine. */
export interface DoctorCheck {
  readonly name: string;
  readonly isOk: boolean;
  /** What was found. */
  readonly detail: string;
  /** The error code a run would end with, when not ok. */
  readonly code: string | undefined;
  /** What to do, when not ok. */
  readonly remedy: string | undefined;
}

/** What this machine can enforce. */
export interface DoctorReport {
  readonly platform: string;
  readonly kernelRelease: string;
  readonly userId: number;
  readonly launcher: string | undefined;
  readonly checks: readonly DoctorCheck[];
  /** Whether a managed profile can be enforced here, wholly. */
  readonly canSandbox: boolean;
}
