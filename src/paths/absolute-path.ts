import { CordonError } from '../errors/cordon-error.js';

declare const absolutePathBrand: unique symbol;

/**
 * An absolute POSIX path in normal form: begins with `/`, no empty, `.` or `..` segment, no trailing
 * slash (but `/` itself), no NUL. Made only by {@link parseAbsolutePath} and the functions beside it.
 */
export type AbsolutePath = string & { readonly [absolutePathBrand]: true };

/** The root of the file system. */
export const ROOT_PATH: AbsolutePath = parseAbsolutePath('/');

/**
 * Normalises an absolute path lexically; symbolic links are not looked at, so `..` is refused rather than guessed.
 *
 * @param text - an absolute path; `.` segments, doubled and trailing slashes are dropped.
 * @returns the path in normal form.
 * @throws CordonError `path-invalid` when the path is relative, holds NUL or a `..` segment.
 */
export function parseAbsolutePath(text: string): AbsolutePath {
  const problem = problemOf(text);
  if (problem !== undefined) {
    throw new CordonError('path-invalid', `Cannot use path ${JSON.stringify(text)}: ${problem}`, {
      details: { path: text },
    });
  }
  const segments = text.split('/').filter((segment) => segment !== '' && segment !== '.');
  return brand(`/${segments.join('/')}`);
}

/**
 * Resolves a path a person typed against a directory, lexically.
 *
 * @param base - the directory that relative text starts from.
 * @param text - absolute or relative; `..` climbs lexically, as a shell's `cd -L` does.
 * @returns the path in normal form.
 * @throws CordonError `path-invalid` when the text is empty or holds NUL.
 */
export function resolvePath(base: AbsolutePath, text: string): AbsolutePath {
  if (text === '') {
    throw new CordonError('path-invalid', 'Cannot use path "": it is empty', {
      details: { path: text },
    });
  }
  const stack: string[] = [];
  for (const segment of (text.startsWith('/') ? text : `${base}/${text}`).split('/')) {
    if (segment === '..') stack.pop();
    else if (segment !== '' && segment !== '.') stack.push(segment);
  }
  return parseAbsolutePath(`/${stack.join('/')}`);
}

/**
 * Joins one relative path (no `..`) below a directory.
 *
 * @param base - the directory.
 * @param relative - one or more segments.
 * @returns the joined path.
 * @throws CordonError `path-invalid` when a segment is `..` or holds NUL.
 */
export function joinPath(base: AbsolutePath, relative: string): AbsolutePath {
  if (isPlainSegment(relative)) return brand(base === '/' ? `/${relative}` : `${base}/${relative}`);
  return parseAbsolutePath(`${base}/${relative}`);
}

/** The directory that holds a path; `/` for `/`. */
export function parentPath(path: AbsolutePath): AbsolutePath {
  const cut = path.lastIndexOf('/');
  return brand(cut <= 0 ? '/' : path.slice(0, cut));
}

/** The last segment of a path; empty for `/`. */
export function baseName(path: AbsolutePath): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Whether `path` is `ancestor` or lies below it. */
export function isWithin(path: AbsolutePath, ancestor: AbsolutePath): boolean {
  return (
    path === ancestor || ancestor === '/' || (path.startsWith(ancestor) && path[ancestor.length] === '/')
  );
}

/** The directories above a path, nearest first, `/` last; none for `/`. */
export function ancestorsOf(path: AbsolutePath): readonly AbsolutePath[] {
  const found: AbsolutePath[] = [];
  for (let at = path; at !== '/';) {
    at = parentPath(at);
    found.push(at);
  }
  return found;
}

/** How many segments a path has: 0 for `/`. */
export function pathDepth(path: AbsolutePath): number {
  return path === '/' ? 0 : path.split('/').length - 1;
}

/** One name: nothing to normalise. Most joins are of this kind, and there are hundreds at a launch. */
function isPlainSegment(text: string): boolean {
  return text !== '' && text !== '.' && text !== '..' && !text.includes('/') && !text.includes('\0');
}

function problemOf(text: string): string | undefined {
  if (!text.startsWith('/')) return 'it is not absolute';
  if (text.includes('\0')) return 'it holds a NUL character';
  if (text.split('/').includes('..')) return 'it holds a ".." segment';
  return undefined;
}

function brand(text: string): AbsolutePath {
  return text as AbsolutePath;
}
