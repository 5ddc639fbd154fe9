import { CordonError } from '../errors/cordon-error.js';
import { type AbsolutePath, parseAbsolutePath } from '../paths/absolute-path.js';

/**
 * This process's working directory.
 *
 * @throws CordonError `cwd-not-visible` when it has been removed since we were started in it.
 */
export function workingDirectory(): AbsolutePath {
  try {
    return parseAbsolutePath(process.cwd());
  } catch (cause) {
    throw new CordonError('cwd-not-visible', 'The working directory has been removed', {
      cause,
      hint: 'Go to a directory that exists.',
    });
  }
}
