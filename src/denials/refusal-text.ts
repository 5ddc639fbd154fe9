/**
 * What a line says went wrong. `missing` is how a hidden path looks from inside: an empty directory stands in its place,
 * so that what lies below is not found, and a socket's name without its listener refuses.
 */
export type RefusalCause = 'read-only' | 'busy' | 'permission' | 'not-permitted' | 'missing';

/** One line that tells of a refusal, taken apart at the errno text. */
export interface RefusalText {
  readonly cause: RefusalCause;
  readonly line: string;
  /** The line before the errno text. */
  readonly before: string;
  /** The line after the errno text. */
  readonly after: string;
}

/**
 * The texts of EROFS, EBUSY, EACCES, EPERM and of what is missing, as libc, libuv, Python, Rust and the JVM write them (errno(3)),
 * without any repetition: the search is linear.
 */
const ERRNO_TEXTS: readonly (readonly [RefusalCause, RegExp])[] = [
  [
    'read-only',
    /\bEROFS\b|\bread-only file ?system\b|\[errno 30\]|\(os error 30\)|\bReadOnlyFileSystemException\b/giu,
  ],
  [
    'busy',
    /\bEBUSY\b|\bdevice or resource busy\b|\bresource busy or locked\b|\[errno 16\]|\(os error 16\)/giu,
  ],
  [
    'permission',
    /\bEACCES\b|\bpermission denied\b|\[errno 13\]|\(os error 13\)|\bAccessDeniedException\b/giu,
  ],
  ['not-permitted', /\bEPERM\b|\boperation not permitted\b|\[errno 1\]|\(os error 1\)/giu],
  [
    'missing',
    /\bENOENT\b|\bno such file or directory\b|\bECONNREFUSED\b|\bconnection refused\b|\bcannot connect to the docker daemon\b|\bcan't cd to\b|\bcannot find module\b|\bunable to access jarfile\b/giu,
  ],
];

const QUOTES = '\'"`‘’“”';

/**
 * Finds the errno text of a line.
 *
 * @param line - bounded by `outputLines`.
 * @returns nothing for a line without one, or where it is itself quoted: a test's expectation, a program's source.
 */
export function readRefusal(line: string): RefusalText | undefined {
  for (const [cause, pattern] of ERRNO_TEXTS) {
    const found = [...line.matchAll(pattern)];
    const first = found.at(0);
    const last = found.at(-1);
    if (first === undefined || last === undefined) continue;
    const before = line.slice(0, first.index);
    const after = line.slice(last.index + last[0].length);
    return isQuote(before.at(-1)) && isQuote(after.at(0)) ? undefined : { cause, line, before, after };
  }
  return undefined;
}

function isQuote(character: string | undefined): boolean {
  return character !== undefined && QUOTES.includes(character);
}
