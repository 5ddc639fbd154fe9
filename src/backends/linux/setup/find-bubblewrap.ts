import { realpathSync, statSync } from 'node:fs';
import { CordonError } from '../../../errors/cordon-error.js';
import { type AbsolutePath, parentPath, parseAbsolutePath } from '../../../paths/absolute-path.js';

/** An executable, and what tells it from a replaced one. */
export interface FoundExecutable {
  readonly path: AbsolutePath;
  readonly modifiedMs: number;
}

/**
 * Finds bubblewrap on the search path, by its real path, outside every place that the command may write.
 *
 * @param searchPath - directories separated by colons; relative ones are left out.
 * @param isDistrusted - whether a command may have put something at a path.
 * @throws CordonError `launcher-missing`.
 */
export async function findBubblewrap(
  searchPath: string,
  isDistrusted: (path: AbsolutePath) => boolean,
): Promise<FoundExecutable> {
  const directories = searchPath.split(':').filter((directory) => directory.startsWith('/'));
  const { default: which } = await import('which');
  const candidates = which.sync('bwrap', { all: true, nothrow: true, path: directories.join(':') }) ?? [];
  for (const candidate of candidates) {
    const path = parseAbsolutePath(realpathSync.native(candidate));
    if (!isOpenToOthers(path) && !isDistrusted(path) && !isDistrusted(parseAbsolutePath(candidate))) {
      return executableAt(path);
    }
  }
  throw new CordonError(
    'launcher-missing',
    candidates.length === 0
      ? 'bubblewrap (bwrap) is not installed'
      : `bubblewrap was found only where a command may have put it: ${candidates.join(', ')}`,
    { details: { candidates } },
  );
}

/** Whether other users than the owner may replace it. */
function isOpenToOthers(path: AbsolutePath): boolean {
  return [path, parentPath(path)].some((at) => (statSync(at).mode & 0o022) !== 0);
}

/** What is at a path now, which is known to be an executable. */
function executableAt(path: AbsolutePath): FoundExecutable {
  return { path, modifiedMs: statSync(path).mtimeMs };
}
