import {
  type Access,
  type EntryPath,
  type NetworkAccess,
  type PermissionEntry,
  type PermissionProfile,
  type SpecialPathKind,
} from '../../../src/permissions/profile.js';

/** An entry for an absolute path that needs no encoding, or for a glob when it has a star. */
export function on(text: string, access: Access): PermissionEntry {
  const path: EntryPath = text.includes('*')
    ? { type: 'glob_pattern', pattern: text }
    : { type: 'path', path: `file://${text}` };
  return { path, access };
}

/** An entry for a special path, or for a path below it. */
export function special(kind: SpecialPathKind, access: Access, subpath?: string): PermissionEntry {
  return { path: { type: 'special', value: subpath === undefined ? { kind } : { kind, subpath } }, access };
}

/** The same entry, with no error when its path is missing. */
export function skipping(entry: PermissionEntry): PermissionEntry {
  return { ...entry, missing_path_behavior: 'skip' };
}

/** A managed, restricted profile. */
export function restricted(
  entries: readonly PermissionEntry[],
  network: NetworkAccess = 'restricted',
): PermissionProfile {
  return { type: 'managed', file_system: { type: 'restricted', entries }, network };
}
