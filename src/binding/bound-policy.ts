import { type AbsolutePath } from '../paths/absolute-path.js';
import { type NetworkAccess } from '../permissions/profile.js';
import { type RuleSet } from '../permissions/rules.js';

/** A profile in this machine's paths. Nothing after binding asks the disk about policy again. */
export type BoundPolicy =
  { readonly kind: 'unsandboxed'; readonly reason: 'disabled' | 'external' } | ManagedPolicy;

/** What cordon itself enforces. */
export interface ManagedPolicy {
  readonly kind: 'managed';
  readonly network: NetworkAccess;
  readonly fileSystem: BoundFileSystem;
  readonly cwd: AbsolutePath;
  readonly workspaceRoots: readonly AbsolutePath[];
  /** What to tell the user; nothing here weakens the sandbox. */
  readonly warnings: readonly string[];
}

/** The file-system part of a bound policy. */
export type BoundFileSystem = { readonly kind: 'unrestricted' } | RestrictedBinding;

/** Rules, and what the disk held where they apply. */
export interface RestrictedBinding {
  readonly kind: 'restricted';
  readonly ruleSet: RuleSet;
  /** Symbolic links on the way to a rule's path: they are made again where the sandbox's root is empty. */
  readonly links: readonly SymbolicLink[];
  /**
   * Sockets of the host that the command may see the names of, but that must not answer. Undefined: nobody has looked for them,
   * since each connection is to be decided about when it is made.
   */
  readonly maskedSockets: readonly AbsolutePath[] | undefined;
  /** Sockets of the host that answer. */
  readonly allowedSockets: readonly AllowedSocket[];
  /** What each rule's path, and each directory above it, was when it was bound; what did not exist is not here. */
  readonly identities: ReadonlyMap<AbsolutePath, FileIdentity>;
}

/** A socket of the host that the command may connect to. */
export interface AllowedSocket {
  /** Free of symbolic links. */
  readonly path: AbsolutePath;
  /** Whether it takes datagrams; false also where nobody listens yet. */
  readonly isDatagram: boolean;
}

/** One symbolic link: where it is (free of links itself) and its text. */
export interface SymbolicLink {
  readonly path: AbsolutePath;
  readonly text: string;
}

/** Which object a path named when it was looked at. */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
}
