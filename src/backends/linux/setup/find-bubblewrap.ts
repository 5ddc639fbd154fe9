import { realpathSync, statSync } from 'node:fs';
import { CordonError } from '../../../errors/cordon-error.js';
import { type AbsolutePath, parseAbsolutePath } from '../../../paths/absolute-path.js';

/** An executable, and what tells it from a replaced one. */
export interface FoundExecutable {
  readonly path: AbsolutePath;
  readonly modifiedMs: number;
}

/**
 * Finds bubblewrap on the search path, by its real path, outside every place that the command may write.
 *
 * @param searchPath - directories separated by colons; relative ones are left out.
 * @param isWritable - whether the command may write a path.
 * @throws CordonError `launcher-missing`.
 */
export async function findBubblewrap(
  searchPath: string,
  isWritable: (path: AbsolutePath) => boolean,
): Promise<FoundExecutable> {
  const directories = searchPath.split(':').filter((directory) => directory.startsWith('/'));
  const { default: which } = await import('which');
  const candidates = which.sync('bwrap', { all: true, nothrow: true, path: directories.join(':') }) ?? [];
  for (const candidate of candidates) {
    const path = parseAbsolutePath(realpathSync.native(candidate));
    if (!isWritable(path) && !isWritable(parseAbsolutePath(candidate))) {
      return executableAt(path);
    }
  }
  throw new CordonError(
    'launcher-missing',
    candidates.length === 0
      ? 'bubblewrap (bwrap) is not installed'
      : `bubblewrap was found only where the command may write: ${candidates.join(', ')}`,
    { details: { candidates } },
  );
}

/** What is at a path now, which is known to be an executable. */
function executableAt(path: AbsolutePath): FoundExecutable {
  return { path, modifiedMs: statSync(path).mtimeMs };
}
