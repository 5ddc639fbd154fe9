import { CordonError } from '../errors/cordon-error.js';
import {
  type AbsolutePath,
  isWithin,
  joinPath,
  parseAbsolutePath,
  pathDepth,
  ROOT_PATH,
} from '../paths/absolute-path.js';
import { parseFileUri } from '../paths/file-uri.js';
import { canonicalEntries, canonicalProfile } from './canonical.js';
import { entryPathKey } from './entry-path.js';
import {
  type EntryPath,
  type FileSystemPermissions,
  type PermissionEntry,
  type PermissionOverlay,
  type PermissionProfile,
  type SpecialPath,
} from './profile.js';

/** Where an entry lies as far as words tell: below one base, at a path. */
interface Place {
  /** `file` for absolute paths, else the special path, which only a machine can look up. */
  readonly base: string;
  readonly path: AbsolutePath;
}

/**
 * Lays additional permissions over a profile for one command.
 *
 * The rule: the overlay's entries are added, and precedence then decides as between entries of one profile. So
 * an overlay opens new paths, may raise `read` to `write` for the same path and may deny more. What it grants
 * never narrows: a `read` of a path that is writable already changes nothing and is left out. It never lifts a
 * deny: a grant is refused where the profile's nearest entry is a deny, that is at a denied path, below one
 * that the profile has not opened again there, or for the text of a denied glob. Words only are compared here:
 * absolute paths (`root` and `slash_tmp` are `/` and `/tmp`) with each other, other special paths with the same
 * symbol, and all of them with a deny of `/`. What meets on a machine is checked again when it is bound.
 *
 * `network: "enabled"` enables the network; `restricted` changes nothing. An unrestricted file system stays so,
 * unless the overlay denies something: it is then `root = write` with the overlay's entries. A disabled or
 * external profile is returned unchanged: nothing of it is enforced here.
 *
 * @param profile - the profile.
 * @param overlay - the additional permissions.
 * @returns the profile for this command, in canonical form.
 * @throws CordonError `overlay-widens-deny` when a grant would lift a deny; `uri-invalid` or `path-invalid` as
 *   `canonicalProfile`.
 */
export function applyOverlay(profile: PermissionProfile, overlay: PermissionOverlay): PermissionProfile {
  if (profile.type !== 'managed') return profile;
  return canonicalProfile({
    type: 'managed',
    file_system: overlayFileSystem(profile.file_system, canonicalEntries(overlay.entries)),
    network: overlay.network === 'enabled' ? 'enabled' : profile.network,
  });
}

function overlayFileSystem(
  fileSystem: FileSystemPermissions,
  added: readonly PermissionEntry[],
): FileSystemPermissions {
  if (fileSystem.type === 'unrestricted') {
    if (!added.some((entry) => entry.access === 'deny')) return fileSystem;
    const everything: PermissionEntry = {
      path: { type: 'special', value: { kind: 'root' } },
      access: 'write',
    };
    return { type: 'restricted', entries: [everything, ...added] };
  }
  const own = canonicalEntries(fileSystem.entries);
  for (const entry of added) {
    const denied = entry.access === 'deny' ? undefined : denyThatHolds(entry.path, own);
    if (denied !== undefined) refuse(entry, denied);
  }
  return { ...fileSystem, entries: [...own, ...withoutNarrowing(added, own)] };
}

/** Leaves out each `read` of what may be written without it. */
function withoutNarrowing(
  added: readonly PermissionEntry[],
  own: readonly PermissionEntry[],
): readonly PermissionEntry[] {
  const others = [...own, ...added.filter(({ access }) => access !== 'read')];
  return added.filter(({ path, access }) => {
    const place = access === 'read' ? placeOf(path) : undefined;
    return place === undefined || nearestAbove(place, others)?.access !== 'write';
  });
}

/** The profile's deny that decides at this path, if one does. */
function denyThatHolds(path: EntryPath, own: readonly PermissionEntry[]): PermissionEntry | undefined {
  const place = placeOf(path);
  const key = entryPathKey(path);
  const nearest =
    place === undefined ? own.find((entry) => entryPathKey(entry.path) === key) : nearestAbove(place, own);
  return nearest?.access === 'deny' ? nearest : undefined;
}

/** The entry with the longest path that the words show to lie at or above this place. */
function nearestAbove(place: Place, own: readonly PermissionEntry[]): PermissionEntry | undefined {
  let nearest: PermissionEntry | undefined;
  let nearestDepth = -1;
  for (const entry of own) {
    const depth = depthAbove(placeOf(entry.path), place);
    if (depth === undefined || depth < nearestDepth) continue;
    // Two entries of one depth are `/tmp` by symbol and by path, or `/`: deny decides, as for the same path.
    if (depth === nearestDepth && entry.access !== 'deny') continue;
    nearest = entry;
    nearestDepth = depth;
  }
  return nearest;
}

/** How deep `above` is, when it covers `place`: `/` covers everything, and any special path lies deeper than it. */
function depthAbove(above: Place | undefined, place: Place): number | undefined {
  if (above === undefined) return undefined;
  if (above.base === 'file' && above.path === ROOT_PATH) return 0;
  if (above.base !== place.base || !isWithin(place.path, above.path)) return undefined;
  return pathDepth(above.path) + 1;
}

function placeOf(path: EntryPath): Place | undefined {
  switch (path.type) {
    case 'path':
      return { base: 'file', path: parseFileUri(path.path) };
    case 'glob_pattern':
      return undefined;
    case 'special':
      return placeOfSpecial(path.value);
  }
}

function placeOfSpecial(value: SpecialPath): Place | undefined {
  const subpath = value.subpath ?? '';
  switch (value.kind) {
    case 'root':
      return { base: 'file', path: joinPath(ROOT_PATH, subpath) };
    case 'slash_tmp':
      return { base: 'file', path: joinPath(parseAbsolutePath('/tmp'), subpath) };
    case 'minimal':
    case 'project_roots':
    case 'tmpdir':
      return { base: value.kind, path: joinPath(ROOT_PATH, subpath) };
    case 'unknown':
      return undefined;
  }
}

function refuse(entry: PermissionEntry, denied: PermissionEntry): never {
  const wanted = `${entry.access} access to ${JSON.stringify(entry.path)}`;
  throw new CordonError(
    'overlay-widens-deny',
    `Cannot add ${wanted}: the profile denies ${JSON.stringify(denied.path)}`,
    { details: { entry, denied } },
  );
}
