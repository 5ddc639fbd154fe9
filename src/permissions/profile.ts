/**
 * The types of a PermissionProfile, exactly as they travel in JSON. A profile states intent in symbols and is
 * portable: nothing in it has been looked up on a machine.
 */

/** What an entry grants, or takes away. */
export type Access = 'read' | 'write' | 'deny';

/** Whether the network may be used at all. */
export type NetworkAccess = 'restricted' | 'enabled';

/** The special paths that this version knows; `project_roots` is the wire's name for `:workspace_roots`. */
export type SpecialPathKind = 'root' | 'minimal' | 'project_roots' | 'tmpdir' | 'slash_tmp';

/** A special path of a kind that this version knows, with an optional relative path below it. */
export interface KnownSpecialPath {
  readonly kind: SpecialPathKind;
  readonly subpath?: string | undefined;
}

/** A special path from a newer writer: kept as it came, matched by nothing, warned about. */
export interface UnknownSpecialPath {
  readonly kind: 'unknown';
  /** The symbol as it was written. */
  readonly path: string;
  readonly subpath?: string | undefined;
}

/** A path by its symbol. */
export type SpecialPath = KnownSpecialPath | UnknownSpecialPath;

/** What an entry is about: one path (a `file:` URI), the files a glob matches, or a special path. */
export type EntryPath =
  | { readonly type: 'path'; readonly path: string }
  | { readonly type: 'glob_pattern'; readonly pattern: string }
  | { readonly type: 'special'; readonly value: SpecialPath };

/** One line of the file-system policy. */
export interface PermissionEntry {
  readonly path: EntryPath;
  readonly access: Access;
  /** `skip`: a path that does not exist is no error; where it is a restriction it is enforced all the same. */
  readonly missing_path_behavior?: 'skip' | undefined;
}

/** Entries decide, and what no entry matches is refused. */
export interface RestrictedFileSystem {
  readonly type: 'restricted';
  readonly entries: readonly PermissionEntry[];
  /** How many directories deep a deny glob is searched for; at least 1. */
  readonly glob_scan_max_depth?: number | undefined;
}

/** What a command may do with files. */
export type FileSystemPermissions = RestrictedFileSystem | { readonly type: 'unrestricted' };

/** Enforced here, by cordon. */
export interface ManagedProfile {
  readonly type: 'managed';
  readonly file_system: FileSystemPermissions;
  readonly network: NetworkAccess;
}

/** One portable statement of what a command may do. */
export type PermissionProfile =
  | ManagedProfile
  | { readonly type: 'disabled' }
  | { readonly type: 'external'; readonly network: NetworkAccess };

/** Additional permissions for one command, laid over a profile by `applyOverlay`. */
export interface PermissionOverlay {
  readonly entries: readonly PermissionEntry[];
  readonly network?: NetworkAccess | undefined;
}

/** How the command's environment is made from the caller's; the wire's `envPolicy`. */
export interface EnvironmentPolicy {
  readonly inherit: 'all' | 'core' | 'none';
  /** True: variables whose names look like secrets are not left out. */
  readonly ignoreDefaultExcludes: boolean;
  /** Case-insensitive patterns with `*` and `?` of names to leave out. */
  readonly exclude: readonly string[];
  /** Set after the exclusions. */
  readonly set: Readonly<Record<string, string>>;
  /** When not empty, only names that match one of these patterns are kept. */
  readonly includeOnly: readonly string[];
}

/** What a profile document says, once read: the portable permissions and what travels beside them. */
export interface CommandProfile {
  readonly name: string;
  readonly permissions: PermissionProfile;
  readonly environment: EnvironmentPolicy;
  /** Unix sockets of the host, by absolute path, that the command may connect to. */
  readonly unixSockets: readonly string[];
}
