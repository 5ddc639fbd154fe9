import { type FileIdentity } from '../../../binding/bound-policy.js';
import { type AbsolutePath } from '../../../paths/absolute-path.js';
import { type EnforcementGap } from './landlock-gaps.js';
import { type SeccompProgramOptions } from './seccomp/program-rules.js';

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

/** A port of the sandbox's own loopback that this process is to answer at. */
export interface ListenerRequest {
  /** 0: any; up to 65535. */
  readonly port: number;
}

/** What a rule lets the command do, each including the former: list directories, read and execute, everything. */
export type LandlockAccess = 'list' | 'read' | 'write';

/** One right of a Landlock domain, at a path as the sandbox sees it and at all below. */
export interface LandlockRule {
  readonly path: AbsolutePath;
  readonly access: LandlockAccess;
}

/** What is told to Landlock where it alone holds a command, without namespaces and mounts. */
export interface LandlockSandbox {
  readonly rules: readonly LandlockRule[];
  /** Left out of what the rules let the command read. */
  readonly hidden: readonly AbsolutePath[];
  readonly refusesTcp: boolean;
  readonly checks: readonly MountCheck[];
  /** What is weaker than in a sandbox of namespaces. */
  readonly gaps: readonly EnforcementGap[];
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
  /** Ports of its own loopback that this process answers at; our own launcher makes them. */
  readonly listeners: readonly ListenerRequest[];
  readonly seccomp: SeccompProgramOptions;
  /** Present where Landlock alone holds the command: then there are no mounts and no namespaces. */
  readonly landlock: LandlockSandbox | undefined;
  /** Undefined where nothing has to be decided or reported. */
  readonly watch: WatchPlan | undefined;
  readonly command: CommandLine;
}
