import { canonicalEntryPath, compareEntryPaths, entryPathKey } from './entry-path.js';
import {
  type Access,
  type FileSystemPermissions,
  type PermissionEntry,
  type PermissionProfile,
} from './profile.js';

/** Between entries for the same path the first of these decides (DESIGN.md, "Precedence"). */
const ACCESS_BY_PRECEDENCE = ['deny', 'write', 'read'] as const satisfies readonly Access[];

/**
 * Writes a profile in its one canonical form: entries in the order of `compareEntryPaths`, one for each path,
 * no undefined members, URIs and subpaths normalised. It says the same; two profiles with one canonical form
 * are the same intent. Canonical profiles stay as they are, also through JSON.
 *
 * @param profile - a profile.
 * @throws CordonError `uri-invalid` or `path-invalid` for a path that `parsePermissionProfile` would refuse.
 */
export function canonicalProfile(profile: PermissionProfile): PermissionProfile {
  switch (profile.type) {
    case 'managed':
      return {
        type: 'managed',
        file_system: canonicalFileSystem(profile.file_system),
        network: profile.network,
      };
    case 'disabled':
      return { type: 'disabled' };
    case 'external':
      return { type: 'external', network: profile.network };
  }
}

/**
 * The canonical form as one line of JSON, for comparing and hashing.
 *
 * @param profile - a profile.
 * @throws CordonError as `canonicalProfile`.
 */
export function canonicalJson(profile: PermissionProfile): string {
  return JSON.stringify(canonicalProfile(profile));
}

/**
 * Sorts entries and makes one of those for the same path: `deny`, else `write`, else `read`; a missing path is
 * skipped only when all of them say so.
 *
 * @param entries - in any order.
 * @returns the entries in canonical form.
 * @throws CordonError as `canonicalProfile`.
 */
export function canonicalEntries(entries: readonly PermissionEntry[]): readonly PermissionEntry[] {
  const byPath = new Map<string, PermissionEntry>();
  for (const entry of entries.map(canonicalEntry)) {
    const key = entryPathKey(entry.path);
    const other = byPath.get(key);
    byPath.set(key, other === undefined ? entry : merge(other, entry));
  }
  return [...byPath.values()].sort((left, right) => compareEntryPaths(left.path, right.path));
}

function canonicalFileSystem(fileSystem: FileSystemPermissions): FileSystemPermissions {
  if (fileSystem.type === 'unrestricted') return { type: 'unrestricted' };
  const depth = fileSystem.glob_scan_max_depth;
  return {
    type: 'restricted',
    entries: canonicalEntries(fileSystem.entries),
    ...(depth === undefined ? {} : { glob_scan_max_depth: depth }),
  };
}

function canonicalEntry(entry: PermissionEntry): PermissionEntry {
  return {
    path: canonicalEntryPath(entry.path),
    access: entry.access,
    ...(entry.missing_path_behavior === undefined
      ? {}
      : { missing_path_behavior: entry.missing_path_behavior }),
  };
}

function merge(left: PermissionEntry, right: PermissionEntry): PermissionEntry {
  const skips = left.missing_path_behavior === 'skip' && right.missing_path_behavior === 'skip';
  const access = ACCESS_BY_PRECEDENCE.find((each) => each === left.access || each === right.access);
  return {
    path: left.path,
    access: access ?? 'deny',
    ...(skips ? { missing_path_behavior: 'skip' } : {}),
  };
}
