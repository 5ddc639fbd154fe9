import { type FileIdentity } from '../../../binding/bound-policy.js';
import { type AbsolutePath } from '../../../paths/absolute-path.js';
import { type NetworkAccess } from '../../../permissions/profile.js';

/** One step of building the sandbox's file system, in the order of the list. */
export type MountStep =
  /** The same object at the same or another path. `devices`: device nodes below it work. `optional`: skipped when the source is gone. */
  | {
      readonly kind: 'bind';
      readonly source: AbsolutePath;
      readonly target: AbsolutePath;
      readonly mode: 'read-only' | 'writable' | 'devices';
    }
  /** An empty file that nobody may read, over a file. */
  | { readonly kind: 'mask'; readonly target: AbsolutePath }
  /** An empty directory, over a directory. */
  | { readonly kind: 'tmpfs'; readonly target: AbsolutePath; readonly permissions: number }
  | { readonly kind: 'chmod'; readonly target: AbsolutePath; readonly permissions: number }
  | { readonly kind: 'remount-read-only'; readonly target: AbsolutePath }
  | { readonly kind: 'symlink'; readonly target: AbsolutePath; readonly text: string }
  | { readonly kind: 'dev' }
  | { readonly kind: 'proc' };

/** A directory that must exist on the host while the sandbox runs, because something is mounted over it. */
export interface MountPointNeed {
  readonly path: AbsolutePath;
  /** Whether the command may create names in it; otherwise it is covered. */
  readonly writable: boolean;
}

/** An object that must be where it was when it was bound, seen from the host or from inside the sandbox. */
export interface MountCheck {
  readonly side: 'host' | 'sandbox';
  readonly path: AbsolutePath;
  readonly identity: FileIdentity;
}

/** Calls that a supervisor outside of the sandbox is told of: cordon's own launcher only, system bubblewrap knows nothing of it. */
export interface WatchPlan {
  /** Connections, which it carries out; undefined where the kernel decides about them. */
  readonly sockets:
    | {
        /** Sockets of the host that answer. */
        readonly allowed: readonly AbsolutePath[];
        /** Whether one of them takes datagrams: only then can the command make such sockets, and is its sending watched. */
        readonly hasDatagrams: boolean;
      }
    | undefined;
  /** Whether it reports what the command may not change. */
  readonly changes: boolean;
}

/** What a command is started with. */
export interface CommandLine {
  readonly argv: readonly [string, ...string[]];
  /** The zeroth argument, when it is to differ from the program. */
  readonly argv0: string | undefined;
  readonly cwd: AbsolutePath;
  readonly environment: Readonly<Record<string, string>>;
  /** A terminal keeps its session; with pipes the command gets a session of its own. */
  readonly stdio: 'pipes' | 'terminal';
}

/** Everything that Linux will be told, as data: nothing is looked up after this. */
export interface LinuxLaunchPlan {
  readonly mounts: readonly MountStep[];
  readonly mountPoints: readonly MountPointNeed[];
  /** Existing paths in writable places that are covered: one of them may be the mount point of another sandbox. */
  readonly covered: readonly AbsolutePath[];
  readonly checks: readonly MountCheck[];
  readonly namespaces: readonly ('user' | 'mount' | 'pid' | 'ipc' | 'uts' | 'cgroup' | 'network')[];
  readonly seccomp: { readonly architecture: 'x64' | 'arm64'; readonly network: NetworkAccess };
  /** Undefined where nothing has to be decided or reported. */
  readonly watch: WatchPlan | undefined;
  readonly command: CommandLine;
}
