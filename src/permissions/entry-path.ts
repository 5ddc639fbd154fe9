import { CordonError } from '../errors/cordon-error.js';
import { parseFileUri, toFileUri } from '../paths/file-uri.js';
import { type EntryPath, type SpecialPath } from './profile.js';

/** The order of canonical profiles: special paths from the widest to the unknown, then paths, then globs. */
const SPECIAL_ORDER = ['root', 'minimal', 'project_roots', 'tmpdir', 'slash_tmp', 'unknown'] as const;
const TYPE_ORDER = ['special', 'path', 'glob_pattern'] as const;

/**
 * Writes the path below a special path in one spelling.
 *
 * @param text - a relative path; doubled and trailing slashes and `.` segments are dropped.
 * @returns the path, or nothing when no segment is left.
 * @throws CordonError `path-invalid` when it is absolute, climbs with `..`, or holds NUL.
 */
export function normalizeSubpath(text: string): string | undefined {
  if (text.startsWith('/') || text.includes('\0') || text.split('/').includes('..')) {
    throw new CordonError('path-invalid', `Cannot use subpath ${JSON.stringify(text)}: it leaves its base`, {
      details: { path: text },
      hint: 'Write it relative, without "..".',
    });
  }
  const segments = text.split('/').filter((segment) => segment !== '' && segment !== '.');
  return segments.length === 0 ? undefined : segments.join('/');
}

/**
 * Writes what an entry is about in one spelling: members in a fixed order, none undefined, URIs and subpaths
 * normalised.
 *
 * @param path - the path of an entry.
 * @throws CordonError `uri-invalid` for a path that is no `file:` URI, `path-invalid` for a subpath that climbs.
 */
export function canonicalEntryPath(path: EntryPath): EntryPath {
  switch (path.type) {
    case 'path':
      return { type: 'path', path: toFileUri(parseFileUri(path.path)) };
    case 'glob_pattern':
      return { type: 'glob_pattern', pattern: path.pattern };
    case 'special':
      return { type: 'special', value: canonicalSpecial(path.value) };
  }
}

/**
 * A text that is equal for two entry paths exactly when they are about the same thing by their words. Paths
 * that meet on a machine only (`slash_tmp` and `file:///tmp`) stay different.
 *
 * @param path - in canonical form.
 */
export function entryPathKey(path: EntryPath): string {
  return JSON.stringify(orderOf(path));
}

/**
 * The total order of canonical entries: special paths (root, minimal, project_roots, tmpdir, slash_tmp,
 * unknown) by symbol and subpath, then paths by URI, then globs by pattern; texts by UTF-16 unit.
 *
 * @param left - in canonical form.
 * @param right - in canonical form.
 * @returns less than, equal to or greater than 0.
 */
export function compareEntryPaths(left: EntryPath, right: EntryPath): number {
  const [leftRank, ...leftTexts] = orderOf(left);
  const [rightRank, ...rightTexts] = orderOf(right);
  if (leftRank !== rightRank) return leftRank - rightRank;
  const differs = leftTexts.findIndex((text, index) => text !== rightTexts[index]);
  if (differs === -1) return 0;
  return (leftTexts[differs] ?? '') < (rightTexts[differs] ?? '') ? -1 : 1;
}

function canonicalSpecial(value: SpecialPath): SpecialPath {
  const subpath = value.subpath === undefined ? undefined : normalizeSubpath(value.subpath);
  const below = subpath === undefined ? {} : { subpath };
  return value.kind === 'unknown'
    ? { kind: 'unknown', path: value.path, ...below }
    : { kind: value.kind, ...below };
}

/** Rank first, then the texts that tell entries of one rank apart. */
function orderOf(path: EntryPath): readonly [rank: number, first: string, second: string] {
  const rank = TYPE_ORDER.indexOf(path.type) * SPECIAL_ORDER.length;
  switch (path.type) {
    case 'path':
      return [rank, path.path, ''];
    case 'glob_pattern':
      return [rank, path.pattern, ''];
    case 'special': {
      const { value } = path;
      const symbol = value.kind === 'unknown' ? value.path : '';
      return [rank + SPECIAL_ORDER.indexOf(value.kind), symbol, value.subpath ?? ''];
    }
  }
}
