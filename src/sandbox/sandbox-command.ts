import { type StdioRequest } from '../backends/backend.js';
import { type ListenerRequest } from '../backends/linux/plan/launch-plan.js';
import {
  type CommandProfile,
  type EnvironmentPolicy,
  type PermissionOverlay,
} from '../permissions/profile.js';

/** What a command is run with. Only `argv` is needed: the rest means "workspace-write, here". */
export interface SandboxCommand {
  /** Program and arguments; the program is looked up in the command's own PATH. */
  readonly argv: readonly string[];
  /** The zeroth argument, when it is to differ from the program. Needs bubblewrap 0.9. */
  readonly argv0?: string | undefined;
  /** Absolute; this process's working directory by default. */
  readonly cwd?: string | undefined;
  /** A profile's name or file, or what a profile document says. Default: `workspace-write`. */
  readonly profile?: string | CommandProfile | undefined;
  /** Additional permissions; they never lift a deny. */
  readonly overlay?: PermissionOverlay | undefined;
  /** Absolute paths that the command may not write, though the profile lets it; what it may not read stays so. */
  readonly readOnlyPaths?: readonly string[] | undefined;
  /** Absolute; the working directory by default. */
  readonly workspaceRoots?: readonly string[] | undefined;
  /** Sockets of the host that the command may connect to, beside the profile's. */
  readonly unixSockets?: readonly string[] | undefined;
  /**
   * Ports of the sandbox's own loopback at which this process is to answer, 16 at most; see `RunningCommand.listeners`. They need a
   * profile without network, and cordon's own launcher.
   */
  readonly listeners?: readonly ListenerRequest[] | undefined;
  readonly environment?: EnvironmentChanges | undefined;
  /**
   * What denials are told from: `text` (the default), the command's own words; `exact`, the calls themselves, which needs cordon's
   * own launcher and slows down those that change something.
   */
  readonly evidence?: 'text' | 'exact' | undefined;
  /** Pipes for all three streams by default. */
  readonly stdio?: StdioRequest | undefined;
  /** Milliseconds until the command is asked to end; none by default. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds between SIGTERM and SIGKILL at the time limit; 2000 by default. */
  readonly graceMs?: number | undefined;
  /** Bytes kept of each stream by `run`, half from its head and half from its tail; 1 MiB by default. */
  readonly maxOutputBytes?: number | undefined;
}

/** What differs from the environment that the profile makes. */
export interface EnvironmentChanges {
  /** Replaces the profile's policy. */
  readonly policy?: EnvironmentPolicy | undefined;
  readonly set?: Readonly<Record<string, string>> | undefined;
  readonly unset?: readonly string[] | undefined;
}
