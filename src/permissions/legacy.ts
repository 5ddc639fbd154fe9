import { CordonError } from '../errors/cordon-error.js';
import { type AbsolutePath, baseName, parentPath, parseAbsolutePath } from '../paths/absolute-path.js';
import { parseFileUri, toFileUri } from '../paths/file-uri.js';
import { canonicalJson, canonicalProfile } from './canonical.js';
import { entryPathKey } from './entry-path.js';
import {
  type Access,
  type NetworkAccess,
  type PermissionEntry,
  type PermissionProfile,
  type SpecialPathKind,
} from './profile.js';

/** Read everything, write nothing. */
export interface LegacyReadOnly {
  readonly type: 'read-only';
  readonly network_access: boolean;
}

/** Read everything, write the workspace roots, temporary directories and further roots. */
export interface LegacyWorkspaceWrite {
  readonly type: 'workspace-write';
  /** Absolute native paths beside the workspace roots. */
  readonly writable_roots: readonly string[];
  readonly network_access: boolean;
  readonly exclude_tmpdir_env_var: boolean;
  readonly exclude_slash_tmp: boolean;
}

/** The policies that came before permission profiles. */
export type LegacyPolicy =
  | LegacyReadOnly
  | LegacyWorkspaceWrite
  | { readonly type: 'danger-full-access' }
  | { readonly type: 'external-sandbox'; readonly network_access: NetworkAccess };

/** Protected at the top of every writable root without being named (DESIGN.md, "Words"): no loss to leave out. */
const PROTECTED_METADATA: readonly string[] = ['.git', '.agents', '.codex'];

/**
 * Says a legacy policy as a profile.
 *
 * @param policy - the policy.
 * @returns the profile in canonical form.
 * @throws CordonError `path-invalid` for a writable root that is not an absolute path.
 */
export function profileFromLegacy(policy: LegacyPolicy): PermissionProfile {
  switch (policy.type) {
    case 'read-only':
      return managed([special('root', 'read')], policy.network_access);
    case 'workspace-write':
      return managed(workspaceEntries(policy), policy.network_access);
    case 'danger-full-access':
      return { type: 'disabled' };
    case 'external-sandbox':
      return { type: 'external', network: policy.network_access };
  }
}

/**
 * Says a profile as a legacy policy. `profileFromLegacy` gives the same profile back, in canonical form and
 * without entries that only repeat the built-in protection of `.git`, `.agents` and `.codex`.
 *
 * @param profile - the profile.
 * @returns the policy.
 * @throws CordonError `legacy-lossy` when the policy would say more or less than the profile: denies, globs, a
 *   scan depth, an enforced unrestricted file system, any other set of paths. `details` names the entries that
 *   would be `lost` and `added`.
 */
export function legacyFromProfile(profile: PermissionProfile): LegacyPolicy {
  switch (profile.type) {
    case 'disabled':
      return { type: 'danger-full-access' };
    case 'external':
      return { type: 'external-sandbox', network_access: profile.network };
    case 'managed': {
      const wanted = withoutImplied(canonicalProfile(profile));
      const policy = nearestPolicy(entriesOf(wanted), profile.network === 'enabled');
      // The proof that nothing is lost is the way back, not a list of what could be lost.
      const said = profileFromLegacy(policy);
      if (canonicalJson(said) !== canonicalJson(wanted)) refuse(wanted, said);
      return policy;
    }
  }
}

function workspaceEntries(policy: LegacyWorkspaceWrite): readonly PermissionEntry[] {
  return [
    special('root', 'read'),
    special('project_roots', 'write'),
    ...(policy.exclude_tmpdir_env_var ? [] : [special('tmpdir', 'write')]),
    ...(policy.exclude_slash_tmp ? [] : [special('slash_tmp', 'write')]),
    ...policy.writable_roots.map((root): PermissionEntry => {
      return { path: { type: 'path', path: toFileUri(parseAbsolutePath(root)) }, access: 'write' };
    }),
  ];
}

function managed(entries: readonly PermissionEntry[], networkAccess: boolean): PermissionProfile {
  return canonicalProfile({
    type: 'managed',
    file_system: { type: 'restricted', entries },
    network: networkAccess ? 'enabled' : 'restricted',
  });
}

function special(kind: SpecialPathKind, access: Access): PermissionEntry {
  return { path: { type: 'special', value: { kind } }, access };
}

function nearestPolicy(entries: readonly PermissionEntry[], networkAccess: boolean): LegacyPolicy {
  if (!writesSpecial(entries, 'project_roots')) return { type: 'read-only', network_access: networkAccess };
  return {
    type: 'workspace-write',
    writable_roots: writtenPaths(entries),
    network_access: networkAccess,
    exclude_tmpdir_env_var: !writesSpecial(entries, 'tmpdir'),
    exclude_slash_tmp: !writesSpecial(entries, 'slash_tmp'),
  };
}

function writesSpecial(entries: readonly PermissionEntry[], kind: SpecialPathKind): boolean {
  const key = entryPathKey({ type: 'special', value: { kind } });
  return entries.some(({ path, access }) => access === 'write' && entryPathKey(path) === key);
}

function writtenPaths(entries: readonly PermissionEntry[]): readonly AbsolutePath[] {
  return entries.flatMap(({ path, access }) =>
    path.type === 'path' && access === 'write' ? [parseFileUri(path.path)] : [],
  );
}

function withoutImplied(profile: PermissionProfile): PermissionProfile {
  if (profile.type !== 'managed' || profile.file_system.type !== 'restricted') return profile;
  const { entries } = profile.file_system;
  const kept = entries.filter((entry) => !isImplied(entry, entries));
  return { ...profile, file_system: { ...profile.file_system, entries: kept } };
}

/** Whether an entry only says that protected metadata at the top of a writable root stays readable. */
function isImplied(entry: PermissionEntry, entries: readonly PermissionEntry[]): boolean {
  const { path, access, missing_path_behavior: missing } = entry;
  if (access !== 'read' || missing !== 'skip') return false;
  if (path.type === 'path') {
    const named = parseFileUri(path.path);
    return PROTECTED_METADATA.includes(baseName(named)) && writtenPaths(entries).includes(parentPath(named));
  }
  if (path.type !== 'special' || path.value.kind !== 'project_roots') return false;
  return PROTECTED_METADATA.includes(path.value.subpath ?? '') && writesSpecial(entries, 'project_roots');
}

function entriesOf(profile: PermissionProfile): readonly PermissionEntry[] {
  const restricted = profile.type === 'managed' && profile.file_system.type === 'restricted';
  return restricted ? profile.file_system.entries : [];
}

function refuse(wanted: PermissionProfile, said: PermissionProfile): never {
  const before = entriesOf(wanted).map((entry) => JSON.stringify(entry));
  const after = entriesOf(said).map((entry) => JSON.stringify(entry));
  const lost = before.filter((entry) => !after.includes(entry));
  const added = after.filter((entry) => !before.includes(entry));
  const words = [...lost.map((entry) => `lose ${entry}`), ...added.map((entry) => `add ${entry}`)];
  const first = words[0] ?? 'change how the file system is enforced';
  throw new CordonError('legacy-lossy', `Cannot write the profile as a legacy policy: it would ${first}`, {
    details: { lost, added },
  });
}
