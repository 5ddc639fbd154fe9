import { CordonError } from '../errors/cordon-error.js';
import { type AbsolutePath, parseAbsolutePath } from './absolute-path.js';

/** Scheme, optional authority, path (RFC 8089 section 2); what begins with two slashes has an authority. */
const FILE_URI = /^file:(?:\/\/([^/?#]*)|(?!\/\/))(\/[^?#]*)$/iu;

/**
 * What must be percent-encoded: readers of URIs disagree about it. WHATWG parsers strip blanks and controls
 * and read a backslash as a slash, so that one text would name two files.
 */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const AMBIGUOUS = /[\u0000-\u0020\u007f\\]/u;

/** Half of a surrogate pair has no UTF-8 form. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** A bare first segment like `C:` is how other systems write a drive. */
const DRIVE_SEGMENT = /^\/[a-z][:|](?:\/|$)/iu;

/**
 * Reads a `file:` URI of this machine.
 *
 * @param uri - `file:/path`, `file:///path` or `file://localhost/path`; percent-encoded UTF-8, without
 *   query, fragment or `..` segments.
 * @returns the path in normal form.
 * @throws CordonError `uri-invalid` for every other text: native paths, other schemes and hosts, Windows
 *   drives, encoded slashes, NUL, bytes that are not UTF-8.
 * @see RFC 8089, RFC 3986 section 2.1
 */
export function parseFileUri(uri: string): AbsolutePath {
  const match = FILE_URI.exec(uri);
  if (match === null) refuse(uri, problemOfForm(uri));
  const [, host = '', path = ''] = match;
  const problem = problemOfHost(host) ?? problemOfPath(path);
  if (problem !== undefined) refuse(uri, problem);
  const decoded = decode(path);
  if (decoded === undefined) refuse(uri, 'its percent-encoding is not UTF-8');
  if (decoded.includes('\0')) refuse(uri, 'it holds a NUL character');
  if (decoded.split('/').includes('..')) refuse(uri, 'it holds a ".." segment');
  return parseAbsolutePath(decoded);
}

/**
 * Writes a path as a `file:` URI, always in the same spelling.
 *
 * @param path - the path.
 * @returns `file:///…`; `parseFileUri` gives the same path back.
 * @throws CordonError `uri-invalid` when the path holds half of a surrogate pair.
 */
export function toFileUri(path: AbsolutePath): string {
  if (LONE_SURROGATE.test(path)) refuse(path, 'the path has no UTF-8 form');
  const encoded = path.split('/').map(encodeSegment).join('/');
  return `file://${DRIVE_SEGMENT.test(encoded) ? encoded.replace(':', '%3A') : encoded}`;
}

/** `encodeURIComponent` also encodes what a path segment may hold (RFC 3986 section 3.3); others leave that alone. */
function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replaceAll(/%(?:24|26|2B|2C|3A|3B|3D|40)/gu, decodeURIComponent);
}

function problemOfForm(uri: string): string {
  if (!/^file:/iu.test(uri)) return 'it does not begin with "file:"';
  if (/[?#]/u.test(uri))
    return 'it has a query or a fragment ("?" and "#" in a name are written %3F and %23)';
  return 'its path is not absolute';
}

function problemOfHost(host: string): string | undefined {
  return host === '' || host.toLowerCase() === 'localhost' ? undefined : `it names the host "${host}"`;
}

function problemOfPath(path: string): string | undefined {
  if (AMBIGUOUS.test(path))
    return 'it holds a blank, control character or backslash that is not percent-encoded';
  if (LONE_SURROGATE.test(path)) return 'it is not well-formed text';
  if (DRIVE_SEGMENT.test(path)) return 'it names a Windows drive';
  if (/%2f/iu.test(path)) return 'it holds an encoded slash';
  return undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function refuse(uri: string, problem: string): never {
  throw new CordonError('uri-invalid', `Cannot use URI ${JSON.stringify(uri)}: ${problem}`, {
    details: { uri },
  });
}
