import { type Readable, type Writable } from 'node:stream';
import { type SandboxListener } from '../process/listener-reception.js';
import { type EnforcementGap } from './linux/plan/landlock-gaps.js';

/** How the command's standard streams are connected. */
export type StdioRequest =
  | {
      readonly kind: 'pipes';
      readonly stdin: StreamRequest;
      readonly stdout: StreamRequest;
      /** `stdout`: the same stream as standard output, in the order of writing. */
      readonly stderr: StreamRequest | 'stdout';
    }
  | { readonly kind: 'terminal'; readonly rows: number; readonly columns: number };

/** A pipe to us, nothing (/dev/null), or a descriptor of this process. */
export type StreamRequest = 'pipe' | 'null' | { readonly fd: number };

/**
 * What enters a sandbox on Linux: system bubblewrap, or cordon's own program with the same command line, started for each
 * command (`builtin`) or once for many (`zygote`), or without namespaces, by Landlock alone (`landlock`).
 */
export type LauncherKind = 'bwrap' | 'builtin' | 'zygote' | 'landlock';

/**
 * Which launcher a caller wants. `auto`: bubblewrap if it passes its probe, else `builtin`, and `landlock` where user namespaces
 * are forbidden.
 */
export type LauncherChoice = 'auto' | LauncherKind;

/** How a sandboxed command ended. */
export type LaunchExit =
  /** `code` is 128 + n for signal n, as a shell has it. */
  | { readonly kind: 'exited'; readonly code: number }
  /** The sandbox was ready, but the program could not be executed in it. */
  | {
      readonly kind: 'not-executed';
      readonly program: string;
      readonly reason: 'not-found' | 'not-executable';
      readonly message: string;
    };

/** A call that the sandbox refuses, as far as its supervisor could see before the kernel decided. */
export interface ReportedCall {
  /** As syscalls(2) has it: `openat`. */
  readonly call: string;
  /** `reach`: an address of a network that is not there. */
  readonly use: 'write' | 'remove' | 'connect' | 'reach';
  /** The path, its links followed as the command would have; or the address. */
  readonly subject: string;
  /** Whether it could not be reached at all, which may have other reasons than the sandbox. */
  readonly isHidden: boolean;
}

/** What a supervisor reports while a command runs. */
export interface ReportedCalls {
  /** Calls back for each, in order. To be called once; resolves when there come no more. */
  forEach: (onCall: (call: ReportedCall) => void) => Promise<void>;
}

/** A command in its sandbox. Every backend makes the same thing. */
export interface SandboxedProcess {
  /** The process that stands for the sandbox on this machine. */
  readonly pid: number;
  /** What entered the sandbox; undefined where there is none. */
  readonly launcher: LauncherKind | undefined;
  /** The version of Landlock's interface by which the command is held besides, or alone; 0: not at all. Known once it runs. */
  readonly landlockAbi: number;
  /** What is weaker than in a sandbox of namespaces. */
  readonly gaps: readonly EnforcementGap[];
  /** Present where a pipe was asked for; a terminal's input and output are `stdin` and `stdout`. */
  readonly stdin: Writable | undefined;
  readonly stdout: Readable | undefined;
  readonly stderr: Readable | undefined;
  /** In the order in which they were asked for. */
  readonly listeners: readonly SandboxListener[];
  /** Present where calls are reported; they must be taken, or the command waits. */
  readonly calls: ReportedCalls | undefined;
  /** Changes a terminal's size; nothing without a terminal. */
  resize: (rows: number, columns: number) => void;
  /** Sends a signal to the command's process group, once the command runs. Resolves to whether it was sent. */
  signal: (name: NodeJS.Signals) => Promise<boolean>;
  /** Kills the command with its whole tree, at once and for certain. */
  kill: () => void;
  /**
   * Resolves when the whole tree is gone and everything left on the host is cleaned up; output may still be read from the
   * streams. Rejects with a CordonError when the sandbox could not be set up: then the command did not run.
   */
  readonly exited: Promise<LaunchExit>;
}
