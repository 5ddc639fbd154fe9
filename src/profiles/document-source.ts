import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { CordonError } from '../errors/cordon-error.js';
import { type AbsolutePath, joinPath } from '../paths/absolute-path.js';

/** Nobody writes a profile this long; the bound keeps a wrong path from filling the memory. */
const MAX_DOCUMENT_BYTES = 1024 * 1024;

/** The file name extension of profile documents. */
const EXTENSION = '.toml';

/**
 * Reads the text of a profile document.
 *
 * @param path - a regular file of at most {@link MAX_DOCUMENT_BYTES} in UTF-8.
 * @returns the text; undefined when there is no such file.
 * @throws CordonError `profile-invalid` when it is something else or too large, `profile-syntax` when it is not
 *   UTF-8, `profile-not-found` when it cannot be opened.
 */
export function readDocumentText(path: AbsolutePath): string | undefined {
  const bytes = readBounded(path);
  if (bytes === undefined) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CordonError('profile-syntax', `${path}:1: the document is not UTF-8`, {
      details: { file: path },
      cause,
    });
  }
}

/** Whether there is nothing at a path; false where that cannot be told. */
export function isMissing(path: AbsolutePath): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

/** The path of the document that a user has given a name, whether or not it exists. */
export function userDocumentPath(configDir: AbsolutePath, name: string): AbsolutePath {
  return joinPath(configDir, `profiles/${name}${EXTENSION}`);
}

/**
 * Lists the profile documents of a directory.
 *
 * @param directory - any directory.
 * @returns their names without the extension, sorted; none when the directory cannot be read.
 */
export function documentNames(directory: AbsolutePath): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((file) => file.endsWith(EXTENSION) && file !== EXTENSION)
      .map(documentName)
      .sort();
  } catch {
    return [];
  }
}

/** What a profile is called by the name of its file. */
export function documentName(file: string): string {
  return file.endsWith(EXTENSION) ? file.slice(0, -EXTENSION.length) : file;
}

function readBounded(path: AbsolutePath): Uint8Array | undefined {
  const fd = openDocument(path);
  if (fd === undefined) return undefined;
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) refuse(path, 'it is not a regular file');
    // One byte more than is allowed shows a file that is too large, or grows while it is read.
    const buffer = Buffer.alloc(Math.min(stat.size, MAX_DOCUMENT_BYTES) + 1);
    let length = 0;
    for (let count = -1; count !== 0 && length < buffer.length; length += count) {
      count = readSync(fd, buffer, length, buffer.length - length, null);
    }
    if (length > MAX_DOCUMENT_BYTES) refuse(path, `it is larger than ${String(MAX_DOCUMENT_BYTES)} bytes`);
    if (length > stat.size) refuse(path, 'it grows while it is read');
    return buffer.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}

/** Without O_NONBLOCK a named pipe would keep cordon waiting for a writer (open(2)). */
function openDocument(path: AbsolutePath): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new CordonError('profile-not-found', `Cannot read profile ${JSON.stringify(path)}: ${code}`, {
      details: { file: path },
      hint: 'Make the document readable for the user who runs cordon.',
      cause,
    });
  }
}

function refuse(path: AbsolutePath, reason: string): never {
  throw new CordonError('profile-invalid', `Cannot use profile ${JSON.stringify(path)}: ${reason}`, {
    details: { file: path },
  });
}
