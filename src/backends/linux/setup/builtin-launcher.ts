import { statSync } from 'node:fs';
import { CordonError } from '../../../errors/cordon-error.js';
import { type AbsolutePath } from '../../../paths/absolute-path.js';
import { type FoundExecutable } from './find-bubblewrap.js';

/**
 * cordon's own launcher.
 *
 * @param path - where it is when it was built.
 * @throws CordonError `builtin-missing`.
 */
export function builtinLauncher(path: AbsolutePath): FoundExecutable {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status !== undefined) return { path, modifiedMs: status.mtimeMs };
  throw new CordonError('builtin-missing', `cordon's own launcher is missing: ${JSON.stringify(path)}`, {
    details: { path },
  });
}
