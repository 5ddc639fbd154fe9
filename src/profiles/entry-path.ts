import { CordonError } from '../errors/cordon-error.js';
import { type AbsolutePath, parseAbsolutePath } from '../paths/absolute-path.js';
import { toFileUri } from '../paths/file-uri.js';
import { compileGlob, isGlobPattern } from '../paths/glob.js';
import { type EntryPath, type SpecialPathKind } from '../permissions/profile.js';
import { nearestOf } from './nearest.js';

/** What the text of an entry's path means. */
export type EntryPathReading =
  | {
      readonly kind: 'path';
      readonly path: EntryPath;
      /** The same for all texts that name the same path: by it a child's entry takes the place of its parent's. */
      readonly identity: string;
      /** What to tell the author, although the entry is kept. */
      readonly warning?: string;
      readonly nearest?: string | undefined;
    }
  | { readonly kind: 'problem'; readonly text: string };

/** Special paths by their name in a document; the wire calls `:workspace_roots` `project_roots`. */
export const SPECIAL_PATHS: ReadonlyMap<string, SpecialPathKind> = new Map([
  [':root', 'root'],
  [':minimal', 'minimal'],
  [':workspace_roots', 'project_roots'],
  [':tmpdir', 'tmpdir'],
  [':slash_tmp', 'slash_tmp'],
]);

/**
 * Reads the path of an entry: a special path, a path below the home directory, an absolute path or a glob.
 *
 * @param text - the key of the `filesystem` table.
 * @param homeDir - what `~` stands for.
 * @returns the entry's path, or why the text is none.
 */
export function readEntryPath(text: string, homeDir: AbsolutePath): EntryPathReading {
  try {
    if (text.startsWith(':')) return readSpecial(text);
    if (/^~(?!\/|$)/.test(text))
      return problem(`only "~/" stands for a home directory, ${JSON.stringify(text)} does not`);
    if (holdsVariable(text))
      return problem(
        `${JSON.stringify(text)}: variables are not replaced here, write "~/…" for the home directory or the path itself`,
      );
    return isGlobPattern(text) ? readGlob(text, homeDir) : readPlain(text, homeDir);
  } catch (error) {
    if (error instanceof CordonError) return problem(error.message);
    throw error;
  }
}

/**
 * Whether a path was meant for a shell: it begins with `$NAME/`, or holds `${`, which as a glob would match the braces' content
 * behind a dollar sign and so nothing. A glob for names that begin so is written `[$]{a,b}`.
 *
 * @param text - a path or a pattern.
 */
export function holdsVariable(text: string): boolean {
  return /^\$\w+(?:\/|$)|\$\{/u.test(text);
}

/**
 * Puts the home directory in the place of a leading `~`.
 *
 * @param text - any path.
 * @param homeDir - what `~` stands for.
 * @returns the path, otherwise as it was.
 */
export function expandHome(text: string, homeDir: string): string {
  if (text === '~') return homeDir;
  if (!text.startsWith('~/')) return text;
  return homeDir === '/' ? text.slice(1) : `${homeDir}${text.slice(1)}`;
}

/**
 * The same for a glob, in which the home directory stands for itself, whatever characters it holds.
 *
 * @param pattern - any pattern.
 * @param homeDir - what `~` stands for.
 */
export function expandHomeInGlob(pattern: string, homeDir: string): string {
  return expandHome(pattern, escapeGlob(homeDir));
}

function readSpecial(text: string): EntryPathReading {
  const slash = text.indexOf('/');
  const name = slash === -1 ? text : text.slice(0, slash);
  const below = slash === -1 ? '/' : parseAbsolutePath(text.slice(slash));
  if (isGlobPattern(below))
    return problem(`${JSON.stringify(text)}: no glob below a special path, write "**/…" instead`);
  const subpath = below === '/' ? {} : { subpath: below.slice(1) };
  const identity = specialIdentity(name, below);
  const kind = SPECIAL_PATHS.get(name);
  if (kind !== undefined) {
    return { kind: 'path', path: { type: 'special', value: { kind, ...subpath } }, identity };
  }
  return {
    kind: 'path',
    path: { type: 'special', value: { kind: 'unknown', path: name, ...subpath } },
    identity,
    warning: `the special path ${JSON.stringify(name)} is not known: the entry matches nothing`,
    nearest: nearestOf(name, SPECIAL_PATHS.keys()),
  };
}

/** `:root` and `:slash_tmp` name the same path everywhere, so that a child may override them by that path too. */
function specialIdentity(name: string, below: string): string {
  if (name === ':root') return `path ${below}`;
  if (name === ':slash_tmp') return `path ${below === '/' ? '/tmp' : `/tmp${below}`}`;
  return `special ${name} ${below}`;
}

function readPlain(text: string, homeDir: AbsolutePath): EntryPathReading {
  const expanded = expandHome(text, homeDir);
  if (!expanded.startsWith('/')) {
    const better = JSON.stringify(`:workspace_roots/${text}`);
    return problem(`${JSON.stringify(text)} is a relative path: write ${better} or an absolute path`);
  }
  const path = parseAbsolutePath(expanded);
  return { kind: 'path', path: { type: 'path', path: toFileUri(path) }, identity: `path ${path}` };
}

function readGlob(text: string, homeDir: AbsolutePath): EntryPathReading {
  const pattern = expandHomeInGlob(text, homeDir);
  compileGlob(pattern);
  return { kind: 'path', path: { type: 'glob_pattern', pattern }, identity: `glob ${pattern}` };
}

/** A home directory may hold characters that mean something in a glob; `compileGlob` reads `\\` before them. */
function escapeGlob(path: string): string {
  return path.replaceAll(/[*?[\]{}\\]/g, String.raw`\$&`);
}

function problem(text: string): EntryPathReading {
  return { kind: 'problem', text };
}
