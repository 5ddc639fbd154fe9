import { CordonError } from '../errors/cordon-error.js';
import { type AbsolutePath, ROOT_PATH, isWithin, parseAbsolutePath } from '../paths/absolute-path.js';
import { parseFileUri } from '../paths/file-uri.js';
import { globFixedPrefix } from '../paths/glob.js';
import { type Access, type EntryPath, type PermissionEntry } from '../permissions/profile.js';
import { type GlobRule, type RuleOrigin } from '../permissions/rules.js';
import { type DiskView } from './disk-view.js';
import { type ResolvedPath, resolveLinks } from './resolve-links.js';
import { type SpecialPathContext, expandSpecialPath } from './special-paths.js';

/** One entry at one absolute path, its links followed. */
export interface ExpandedEntry {
  /** As the entry names it, before any link is followed. */
  readonly named: AbsolutePath;
  readonly resolved: ResolvedPath;
  readonly access: Access;
  readonly origin: RuleOrigin;
  /** The special path it came from, if any. */
  readonly special: string | undefined;
}

/** What entries come to. */
export interface ExpandedEntries {
  readonly entries: readonly ExpandedEntry[];
  readonly globs: readonly GlobRule[];
}

/** What entries are expanded with. */
export interface ExpandContext extends SpecialPathContext {
  readonly cwd: AbsolutePath;
  readonly origin: 'profile' | 'overlay';
  readonly view: DiskView;
}

/**
 * Expands symbols to absolute paths and follows symbolic links.
 *
 * @param entries - of a profile or overlay.
 * @param context - what symbols stand for.
 * @param warnings - takes a sentence for each entry that applies to nothing here.
 * @throws CordonError `entry-path-missing` when a `write`, or by an overlay a `read`, is granted to a path that does not exist and
 *   the entry does not say `skip`.
 */
export function expandEntries(
  entries: readonly PermissionEntry[],
  context: ExpandContext,
  warnings: string[],
): ExpandedEntries {
  const found: ExpandedEntry[] = [];
  const globs: GlobRule[] = [];
  for (const entry of entries) {
    if (entry.path.type === 'glob_pattern') globs.push(...expandGlob(entry.path.pattern, context));
    else found.push(...expandPath(entry, context, warnings));
  }
  return { entries: found, globs };
}

/** An entry's path as people write it in a profile document. */
function describeEntryPath(path: EntryPath): string {
  switch (path.type) {
    case 'path':
      return parseFileUri(path.path);
    case 'glob_pattern':
      return path.pattern;
    case 'special': {
      const name = path.value.kind === 'project_roots' ? 'workspace_roots' : path.value.kind;
      const symbol = path.value.kind === 'unknown' ? path.value.path : `:${name}`;
      return path.value.subpath === undefined ? symbol : `${symbol}/${path.value.subpath}`;
    }
  }
}

function expandPath(
  entry: PermissionEntry,
  context: ExpandContext,
  warnings: string[],
): readonly ExpandedEntry[] {
  const text = describeEntryPath(entry.path);
  const paths = absolutePaths(entry.path, context, warnings);
  const special = entry.path.type === 'special' ? entry.path.value.kind : undefined;
  const found = paths.map((path) => ({ named: path, resolved: resolveLinks(path, context.view), special }));
  warnings.push(...missingDenials(found, entry, context), ...missingGrants(found, entry));
  return found
    .filter(({ resolved }) => isUsable(resolved, entry, context) && !opensProc(resolved, entry, warnings))
    .map((found) => ({ ...found, access: entry.access, origin: { kind: context.origin, text } }));
}

/** A denial that somebody typed for one command is meant for something; one of a profile is for whatever may come. */
function missingDenials(
  found: readonly { readonly resolved: ResolvedPath }[],
  { access, path, missing_path_behavior: whenMissing }: PermissionEntry,
  { origin }: ExpandContext,
): readonly string[] {
  if (access !== 'deny' || origin !== 'overlay' || path.type !== 'path' || whenMissing === 'skip') return [];
  return found
    .filter(({ resolved }) => resolved.target === 'missing')
    .map(({ resolved }) => `Entry ${JSON.stringify(resolved.path)} denies a path that does not exist.`);
}

/** What a symbol stands for may be missing on a machine; a path below it that is to be writable is somebody's own. */
function missingGrants(
  found: readonly { readonly resolved: ResolvedPath }[],
  { access, path, missing_path_behavior: whenMissing }: PermissionEntry,
): readonly string[] {
  if (access !== 'write' || path.type !== 'special' || whenMissing === 'skip') return [];
  if ((path.value.subpath ?? '') === '') return [];
  return found
    .filter(({ resolved }) => resolved.target === 'missing')
    .map(
      ({ resolved }) =>
        `Entry ${JSON.stringify(describeEntryPath(path))} grants nothing: ${JSON.stringify(resolved.path)} does not exist. Make it first, outside of the sandbox.`,
    );
}

function absolutePaths(path: EntryPath, context: ExpandContext, warnings: string[]): readonly AbsolutePath[] {
  if (path.type === 'path') return [parseFileUri(path.path)];
  if (path.type !== 'special') return [];
  if (path.value.kind === 'unknown') {
    warnings.push(
      `Entry ${JSON.stringify(path.value.path)} is of a kind this version does not know; it grants nothing.`,
    );
    return [];
  }
  return expandSpecialPath(path.value, context);
}

/**
 * Restrictions (`deny`, and a profile's `read` inside what may be written) hold for what does not exist yet; `write`, and an
 * overlay's `read`, need something to grant.
 */
function isUsable(resolved: ResolvedPath, entry: PermissionEntry, { origin }: ExpandContext): boolean {
  const isSpecial = entry.path.type === 'special';
  if (resolved.target !== 'missing' || entry.access === 'deny') return true;
  if (entry.access === 'read' && (origin === 'profile' || isSpecial))
    return !(isSpecial && entry.path.value.kind === 'minimal');
  if (isSpecial || entry.missing_path_behavior === 'skip') return false;
  throw new CordonError(
    'entry-path-missing',
    `Cannot grant ${entry.access} to ${JSON.stringify(resolved.path)}: it does not exist`,
    { details: { path: resolved.path, entry: describeEntryPath(entry.path) } },
  );
}

/** The command has a /proc of its own; the host's must not be opened to it, least of all for writing. */
function opensProc({ path }: ResolvedPath, entry: PermissionEntry, warnings: string[]): boolean {
  if (entry.access === 'deny' ? !isOfProcess(path) : !isWithin(path, PROC)) return false;
  warnings.push(
    `Entry ${JSON.stringify(describeEntryPath(entry.path))} is left out: the command has a /proc of its own.`,
  );
  return true;
}

/** A relative pattern is searched below each workspace root and the working directory; a root inside another adds nothing. */
function expandGlob(pattern: string, context: ExpandContext): readonly GlobRule[] {
  if (pattern.startsWith('/')) {
    const prefix = globFixedPrefix(pattern);
    return [absoluteGlob(pattern, prefix, context.view)];
  }
  const bases = [
    ...new Set([...context.workspaceRoots, context.cwd].map((base) => resolveLinks(base, context.view).path)),
  ];
  return bases
    .filter(
      (base) => !pattern.startsWith('**/') || !bases.some((other) => other !== base && isWithin(base, other)),
    )
    .map((base) => ({ base, pattern }));
}

function absoluteGlob(pattern: string, prefix: string, view: DiskView): GlobRule {
  const literal = prefix.replace(/\/+$/u, '');
  const base = literal === '' ? ROOT_PATH : resolveLinks(parseAbsolutePath(literal), view).path;
  return { base, pattern: pattern.slice(literal.length).replace(/^\/+/u, '') };
}

/**
 * Whether a path is of one process: /etc/mtab and /dev/fd lead to that of whoever looks, which here is us. In a sandbox's own /proc no
 * such process is shown, and nothing can be covered there.
 *
 * @param path - without links.
 */
export function isOfProcess(path: AbsolutePath): boolean {
  return /^\/proc\/\d+(?:\/|$)/u.test(path);
}

const PROC = parseAbsolutePath('/proc');
