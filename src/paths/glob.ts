import picomatch from 'picomatch';
import { CordonError } from '../errors/cordon-error.js';

/** Longest pattern, in UTF-16 units: as long as the longest path of Linux (PATH_MAX). */
const MAX_PATTERN_LENGTH = 4096;

/**
 * One reading of every pattern, on every system. `debug` makes a pattern that gives no regular expression
 * throw: by default it would match nothing, and a deny would be lost. `flags: 's'` lets `**` match a name
 * with a newline in it.
 */
const OPTIONS: picomatch.PicomatchOptions = {
  dot: true,
  nonegate: true,
  noextglob: true,
  posix: true,
  windows: false,
  strictBrackets: true,
  fastpaths: false,
  debug: true,
  flags: 's',
};

/**
 * Compiles a glob: `*` and `?` within a segment (hidden files too), `**` as a whole segment for any number of
 * segments, `[abc]`, `[!abc]`, `{a,b}`, `\` before a special character. Everything else is literal. Doubled
 * and trailing slashes and `.` segments are dropped from the pattern.
 *
 * @param pattern - the glob, 1 to 4096 UTF-16 units.
 * @returns whether a path, relative to where the pattern starts from and in normal form, matches.
 * @throws CordonError `glob-invalid` when the pattern is empty or too long, holds NUL, a `..` segment, a `**`
 *   that is only part of a segment, a `{1..9}` range or an unbalanced bracket.
 */
export function compileGlob(pattern: string): (relativePath: string) => boolean {
  const problem = problemOf(pattern);
  if (problem !== undefined) refuse(pattern, problem);
  const normal = dropEmptySegments(pattern);
  if (normal === '') refuse(pattern, 'it names no file');
  const matches = compile(pattern, escapeLiterals(normal));
  return (relativePath) => matches(relativePath);
}

/**
 * Whether a text has characters that mean something in a glob; a text without them is a plain path.
 *
 * @param text - a path or a pattern.
 */
export function isGlobPattern(text: string): boolean {
  return /[*?[\]{}]/u.test(text);
}

/**
 * Whether `compileGlob` takes the pattern.
 *
 * @param pattern - any text.
 */
export function isValidGlob(pattern: string): boolean {
  try {
    compileGlob(pattern);
    return true;
  } catch (error) {
    if (error instanceof CordonError && error.code === 'glob-invalid') return false;
    throw error;
  }
}

/**
 * The directories that every match of a pattern lies in: a walk may start there.
 *
 * @param pattern - a pattern that `compileGlob` takes.
 * @returns the leading segments without any special character, the last segment of the pattern never among
 *   them; empty when there are none, `/` when an absolute pattern has none.
 */
export function globFixedPrefix(pattern: string): string {
  const directories = dropEmptySegments(pattern).split('/').slice(0, -1);
  const firstSpecial = directories.findIndex((segment) => /[\\*?[\]{}]/u.test(segment));
  const fixed = firstSpecial === -1 ? directories : directories.slice(0, firstSpecial);
  return fixed.length === 1 && fixed[0] === '' ? '/' : fixed.join('/');
}

function problemOf(pattern: string): string | undefined {
  if (pattern === '') return 'it is empty';
  if (pattern.length > MAX_PATTERN_LENGTH)
    return `it is longer than ${String(MAX_PATTERN_LENGTH)} characters`;
  if (pattern.includes('\0')) return 'it holds a NUL character';
  if (/(?:^|[/{,])\.\.(?:$|[/},])/u.test(pattern)) return 'it holds a ".." segment';
  if (pattern.split('/').some((segment) => segment.includes('**') && segment !== '**')) {
    return '"**" must be a whole segment, between slashes and outside of braces';
  }
  // picomatch reads {1..10} as the set [1-10], which is "1" and "0".
  if (/\{[^}]*\.\.[^}]*\}/u.test(pattern)) return 'ranges in braces are off; list the values: {1,2,3}';
  if (/(?:^|[^\\])(?:\\\\)*\\$/u.test(pattern)) return 'it ends in a backslash';
  return undefined;
}

function dropEmptySegments(pattern: string): string {
  const segments = pattern.split('/').filter((segment) => segment !== '' && segment !== '.');
  return segments.length > 0 && pattern.startsWith('/') ? `/${segments.join('/')}` : segments.join('/');
}

/**
 * Takes the regular expressions out of the pattern: picomatch passes groups, `|`, `+` after a bracket and
 * `\w` on to RegExp, and drops quotes. Names may hold all of these.
 */
function escapeLiterals(pattern: string): string {
  return pattern.replaceAll(/\\([\s\S])|\[!?\]?[^\]]*\]|[()|"+]/gu, (text: string, escaped?: string) => {
    if (escaped !== undefined) return /[a-z0-9]/iu.test(escaped) ? escaped : text;
    return text.startsWith('[') ? text.replaceAll(/\\(?=[a-z0-9])/giu, '') : `\\${text}`;
  });
}

function compile(pattern: string, escaped: string): (path: string) => boolean {
  try {
    return picomatch(escaped, OPTIONS);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    refuse(pattern, 'its brackets or braces do not fit together', error);
  }
}

function refuse(pattern: string, problem: string, cause?: unknown): never {
  throw new CordonError('glob-invalid', `Cannot use glob ${JSON.stringify(pattern)}: ${problem}`, {
    details: { pattern },
    cause,
  });
}
