import { CordonError } from '../errors/cordon-error.js';
import {
  type AbsolutePath,
  ROOT_PATH,
  baseName,
  joinPath,
  parentPath,
  resolvePath,
} from '../paths/absolute-path.js';
import { type RuleOrigin } from '../permissions/rules.js';
import { type ExpandedEntry } from './expand-entries.js';
import { type DiskView } from './disk-view.js';
import { type ResolvedPath, resolveLinks } from './resolve-links.js';
import { type RuleTable } from './rule-table.js';

/** Names at the top of a writable root through which someone else's program can be made to run code, or agents be instructed. */
const PROTECTED_NAMES = ['.git', '.agents', '.codex'];

/**
 * Directories that others may write too: a link that somebody planted there must not keep others from working, and a name that
 * anybody may create there at any time is not worth a mount point that everybody would see come and go.
 */
const SHARED_SPECIALS = new Set<string | undefined>(['tmpdir', 'slash_tmp']);

/** A `.git` file or a `commondir` file holds one path (gitrepository-layout(5)); PATH_MAX and its prefix fit. */
const MAX_POINTER_BYTES = 8192;

/** What the entries say, for finding the writable roots. */
export interface MetadataContext {
  readonly entries: readonly ExpandedEntry[];
  readonly warnings: string[];
  readonly view: DiskView;
}

/**
 * Makes protected metadata at the top of each writable root read-only, whether or not it exists, and a worktree's real git
 * directory too. An entry that names such a path wins.
 *
 * @param table - the rules so far.
 * @param context - the expanded entries; takes warnings.
 * @throws CordonError `protected-path-is-symlink` when the metadata of a root is a symbolic link.
 */
export function addProtectedMetadata(table: RuleTable, context: MetadataContext): void {
  const roots = context.entries.filter(
    ({ access, resolved: { path, target } }) =>
      access === 'write' && target === 'directory' && path !== ROOT_PATH,
  );
  const paths = new Set(roots.map(({ resolved }) => resolved.path));
  for (const entry of roots) {
    const root = entry.resolved.path;
    if (isMetadata(entry, paths)) continue;
    for (const name of PROTECTED_NAMES) protect(table, { root, name, entry }, context);
  }
}

/** Metadata that an entry names by its path has none of its own; a symbol may stand for a workspace root of such a name. */
function isMetadata(
  { special, resolved: { path } }: ExpandedEntry,
  roots: ReadonlySet<AbsolutePath>,
): boolean {
  return special === undefined && PROTECTED_NAMES.includes(baseName(path)) && roots.has(parentPath(path));
}

interface Metadata {
  readonly root: AbsolutePath;
  readonly name: string;
  readonly entry: ExpandedEntry;
}

function protect(table: RuleTable, metadata: Metadata, { warnings, view }: MetadataContext): void {
  const path = joinPath(metadata.root, metadata.name);
  const origin = { kind: 'protected-metadata', root: metadata.root } as const;
  const resolved = resolveLinks(path, view);
  if (table.names(path)) return;
  if (
    resolved.target === 'missing' &&
    SHARED_SPECIALS.has(metadata.entry.special) &&
    view.status(metadata.root)?.isWritableByAll === true
  )
    return;
  const own = resolved.links.find((link) => link.path === path);
  if (own === undefined) {
    table.addUnlessNamed(resolved, 'read', origin);
    if (metadata.name === '.git' && resolved.target === 'file')
      protectGitDirectories(table, resolved, { origin, view });
  } else if (SHARED_SPECIALS.has(metadata.entry.special)) {
    warnings.push(`${JSON.stringify(path)} is a symbolic link in a shared directory and is not protected.`);
  } else {
    throw new CordonError(
      'protected-path-is-symlink',
      `Cannot protect ${JSON.stringify(path)}: it is a symbolic link to ${JSON.stringify(own.text)}, which the command could replace`,
      { details: { link: path, target: resolved.path } },
    );
  }
}

/** A worktree's `.git` is a file `gitdir: PATH`; the directory there may point on to a common one. Only ever takes rights away. */
function protectGitDirectories(
  table: RuleTable,
  gitFile: ResolvedPath,
  { origin, view }: { readonly origin: RuleOrigin; readonly view: DiskView },
): void {
  const text = view.smallFile(gitFile.path, MAX_POINTER_BYTES);
  const target = /^gitdir: (?<path>[^\0\n]+)/u.exec(text ?? '')?.groups?.['path'];
  if (target === undefined) return;
  const gitDirectory = resolveLinks(resolvePath(resolvePath(gitFile.path, '..'), target.trimEnd()), view);
  takeWriteAway(table, gitDirectory, origin);
  const common = view.smallFile(joinPath(gitDirectory.path, 'commondir'), MAX_POINTER_BYTES)?.trim();
  if (common === undefined || common === '' || common.includes('\0')) return;
  takeWriteAway(table, resolveLinks(resolvePath(gitDirectory.path, common), view), origin);
}

/** The workspace wrote the pointer, so it must not gain anything by it: a rule is made only where it restricts. */
function takeWriteAway(table: RuleTable, resolved: ResolvedPath, origin: RuleOrigin): void {
  if (resolved.target !== 'missing' && !table.names(resolved.path)) table.takeWriteAway(resolved, origin);
}
