import { closeSync, constants, openSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { type AbsolutePath, parentPath } from '../../../paths/absolute-path.js';

/** open(2); Node has no name for it. The same number on x86-64 and arm64. */
const O_PATH = 0o10_000_000;

/** A path whose directory is held open. Close it. */
export interface PinnedPath {
  /** Leads to the same directory, whatever is put in place of it or above it meanwhile. */
  readonly name: string;
  readonly close: () => void;
}

/**
 * Holds the directory of a path.
 *
 * @param of - without links above its last part.
 * @returns undefined when the directory is not there, or is reached through a link.
 */
export function pinPath(of: AbsolutePath): PinnedPath | undefined {
  const directory = parentPath(of);
  const fd = openDirectory(directory);
  if (fd === undefined) return undefined;
  const close = (): void => {
    closeSync(fd);
  };
  const held = `/proc/self/fd/${String(fd)}`;
  if (readlinkSync(held) === directory)
    return { name: path.posix.join(held, path.posix.basename(of)), close };
  close();
  return undefined;
}

function openDirectory(directory: AbsolutePath): number | undefined {
  try {
    return openSync(directory, O_PATH | constants.O_DIRECTORY);
  } catch {
    return undefined;
  }
}
