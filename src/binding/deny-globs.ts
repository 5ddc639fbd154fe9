import { isOfProcess } from './expand-entries.js';
import { CordonError } from '../errors/cordon-error.js';
import { type AbsolutePath, joinPath } from '../paths/absolute-path.js';
import { compileGlob } from '../paths/glob.js';
import { type GlobRule } from '../permissions/rules.js';
import { type DiskView } from './disk-view.js';
import { resolveLinks } from './resolve-links.js';
import { type RuleTable } from './rule-table.js';

/** Directories deep, unless the profile says otherwise; deeper trees are rare and cost time. */
const DEFAULT_MAX_DEPTH = 64;

/** Names looked at in all; about two seconds. More is refused, never silently left unprotected. */
const MAX_SCANNED = 500_000;

/** Matches in all: bubblewrap takes 9000 arguments, and each match needs three. */
const MAX_MATCHES = 2000;

/**
 * Finds what deny globs match now and denies it: one walk for all globs of a base, no symbolic link followed, directories that
 * match not entered. What a link that matches points to is denied.
 *
 * @param table - takes a denial for each match.
 * @param globs - as bound to their bases.
 * @param options - the disk, and how many directories deep, at least 1.
 * @returns the globs, for the evaluator.
 * @throws CordonError `glob-scan-limit` when there is more to look at or to mask than the system bears.
 */
export function expandDenyGlobs(
  table: RuleTable,
  globs: readonly GlobRule[],
  options: { readonly view: DiskView; readonly maxDepth: number | undefined },
): readonly GlobRule[] {
  const byBase = new Map<AbsolutePath, GlobRule[]>();
  for (const glob of globs) byBase.set(glob.base, [...(byBase.get(glob.base) ?? []), glob]);
  const { view, maxDepth = DEFAULT_MAX_DEPTH } = options;
  const walk: Walk = { table, view, maxDepth, scanned: 0, matched: 0 };
  for (const [base, ofBase] of byBase) walkBase(walk, base, ofBase);
  return globs;
}

interface Walk {
  readonly table: RuleTable;
  readonly view: DiskView;
  readonly maxDepth: number;
  scanned: number;
  matched: number;
}

function walkBase(walk: Walk, base: AbsolutePath, globs: readonly GlobRule[]): void {
  const matchers = globs.map((glob) => ({ glob, matches: compileGlob(glob.pattern) }));
  const pending: { path: AbsolutePath; relative: string; depth: number }[] = [
    { path: base, relative: '', depth: 1 },
  ];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const item of walk.view.directory(at.path) ?? []) {
      const relative = at.relative === '' ? item.name : `${at.relative}/${item.name}`;
      const path = joinPath(at.path, item.name);
      const match = matchers.find(({ matches }) => matches(relative));
      countScanned(walk, base);
      if (match !== undefined || item.kind === 'directory') refuseUnreadableName(at.path, item.name);
      if (match !== undefined) deny(walk, path, match.glob);
      else if (item.kind === 'directory' && at.depth < walk.maxDepth)
        pending.push({ path, relative, depth: at.depth + 1 });
    }
  }
}

function deny(walk: Walk, path: AbsolutePath, glob: GlobRule): void {
  const resolved = resolveLinks(path, walk.view);
  if (isOfProcess(resolved.path)) return;
  walk.matched += 1;
  if (walk.matched > MAX_MATCHES) {
    throw new CordonError(
      'glob-scan-limit',
      `Cannot mask what ${JSON.stringify(glob.pattern)} matches below ${JSON.stringify(glob.base)}: more than ${String(MAX_MATCHES)} files`,
      { details: { pattern: glob.pattern, base: glob.base, maxMatches: MAX_MATCHES } },
    );
  }
  walk.table.addDenial(resolved, { kind: 'glob', pattern: glob.pattern });
}

/** A name that is not UTF-8 comes back with replacement characters, and cannot be masked or entered by it. */
function refuseUnreadableName(directory: AbsolutePath, name: string): void {
  if (!name.includes('\uFFFD')) return;
  throw new CordonError(
    'bind-failed',
    `Cannot search ${JSON.stringify(directory)} for deny globs: ${JSON.stringify(name)} is not UTF-8`,
    { details: { directory, name }, hint: 'Rename it, or narrow the glob.' },
  );
}

function countScanned(walk: Walk, base: AbsolutePath): void {
  walk.scanned += 1;
  if (walk.scanned <= MAX_SCANNED) return;
  throw new CordonError(
    'glob-scan-limit',
    `Cannot search ${JSON.stringify(base)} for deny globs: more than ${String(MAX_SCANNED)} files`,
    { details: { base, maxScanned: MAX_SCANNED } },
  );
}
