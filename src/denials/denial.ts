import { type AbsolutePath } from '../paths/absolute-path.js';
import { type FileOperation } from '../permissions/evaluate.js';

/** `proven`: nothing else can have been the cause. `likely`: it fits what is known; text can never say more. */
export type Certainty = 'proven' | 'likely';

/**
 * Where the evidence comes from: the call itself, as a supervisor saw it; the launcher's own report, the signal of the system-call
 * filter, the command's words confirmed by the policy, or its words alone.
 */
export type DenialSource = 'system-call' | 'launcher' | 'seccomp-signal' | 'policy' | 'text';

/** The option of the command line that would allow what was refused. */
export type AllowFlag =
  | {
      readonly flag: '--allow-read' | '--allow-write' | '--allow-unix-socket';
      readonly value: AbsolutePath;
      /** The path has to be made first, outside of the sandbox: the option takes none that does not exist. */
      readonly isMissing?: true;
    }
  | { readonly flag: '--network'; readonly value: 'on' };

/** One thing that the sandbox refused the command. */
export type Denial = FileDenial | NetworkDenial | SocketDenial | SystemCallDenial;

/** A file or directory that may not be read or written. */
export interface FileDenial {
  readonly kind: 'file';
  readonly operation: FileOperation;
  /** With its symbolic links followed. */
  readonly path: AbsolutePath;
  /** The refused call, as syscalls(2) has it; with exact evidence. */
  readonly call?: string;
  readonly certainty: Certainty;
  readonly source: DenialSource;
  /** What decides, in words: `":root" = "read"`. */
  readonly rule: string;
  /** Undefined where nothing on the command line would help, as with a deny. */
  readonly allowedBy: AllowFlag | undefined;
}

/** A connection out of the sandbox while the network is restricted. */
export interface NetworkDenial {
  readonly kind: 'network';
  /** The host, with a port if one was named, as the command wrote it; undefined when it named none. */
  readonly target: string | undefined;
  /** The refused call, as syscalls(2) has it; with exact evidence. */
  readonly call?: string;
  readonly certainty: Certainty;
  readonly source: DenialSource;
  readonly allowedBy: AllowFlag;
}

/** A Unix socket of the host that may not be connected to. */
export interface SocketDenial {
  readonly kind: 'socket';
  /** With its symbolic links followed. */
  readonly path: AbsolutePath;
  /** The refused call, as syscalls(2) has it; with exact evidence. */
  readonly call?: string;
  readonly certainty: Certainty;
  readonly source: DenialSource;
  readonly rule: string;
  /** Undefined where an entry or glob denies this very socket. */
  readonly allowedBy: AllowFlag | undefined;
}

/** A system call that ends the command. */
export interface SystemCallDenial {
  readonly kind: 'system-call';
  readonly certainty: Certainty;
  readonly source: DenialSource;
}

/** What was refused, as a text: two denials of the same have the same. */
export function subjectOf(denial: Denial): string {
  switch (denial.kind) {
    case 'file':
      return `file ${denial.operation} ${denial.path}`;
    case 'socket':
      return `socket ${denial.path}`;
    case 'network':
      return `network ${denial.target ?? ''}`;
    case 'system-call':
      return 'system-call';
  }
}
