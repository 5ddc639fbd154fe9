import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { CordonError } from '../errors/cordon-error.js';
import {
  type AbsolutePath,
  baseName,
  isWithin,
  joinPath,
  parentPath,
  parseAbsolutePath,
  resolvePath,
  ROOT_PATH,
} from '../paths/absolute-path.js';

/** As many links as Linux follows in one path (path_resolution(7)). */
const MAX_LINKS = 40;

/**
 * Refuses a profile document that a command may have written: one that lies, by name, by what the name leads to
 * or by any symbolic link on the way there, in a place where commands may write.
 *
 * @param path - the document; whether it exists is not this function's concern.
 * @param forbiddenBelow - workspace roots and other such directories; they need not exist.
 * @param configDir - where the user's profiles are: to move the document there helps only where no workspace holds it.
 * @throws CordonError `profile-in-workspace`.
 */
export function refuseDocumentWithin(
  path: AbsolutePath,
  forbiddenBelow: readonly AbsolutePath[],
  configDir?: AbsolutePath,
): void {
  if (forbiddenBelow.length === 0) return;
  const steps = new Set([path, ...linksOnTheWay(path), realPathOf(path)]);
  for (const root of forbiddenBelow) {
    const places = [root, realPathOf(root)];
    for (const step of steps) {
      if (!places.some((place) => isWithin(step, place))) continue;
      const via = step === path ? '' : ` (it leads through ${JSON.stringify(step)})`;
      throw new CordonError(
        'profile-in-workspace',
        `Cannot use profile ${JSON.stringify(path)}: it lies inside ${JSON.stringify(root)}${via}`,
        {
          details: { file: path, step, forbiddenBelow: root },
          ...(configDir !== undefined && places.some((place) => isWithin(configDir, place))
            ? { hint: 'Name a smaller workspace with --workspace-root: this one holds your configuration.' }
            : {}),
        },
      );
    }
  }
}

/** Where each symbolic link itself lies that the kernel follows on the way to a path, and where the way ends. */
function linksOnTheWay(path: AbsolutePath): readonly AbsolutePath[] {
  const found: AbsolutePath[] = [];
  const waiting = segmentsOf(path);
  let at = ROOT_PATH;
  for (let segment = waiting.shift(); segment !== undefined; segment = waiting.shift()) {
    if (segment === '..') {
      at = parentPath(at);
      continue;
    }
    const next = joinPath(at, segment);
    const target = found.length < MAX_LINKS ? linkTarget(next) : undefined;
    if (target === undefined) {
      at = next;
      continue;
    }
    found.push(next);
    waiting.unshift(...segmentsOf(target));
    if (target.startsWith('/')) at = ROOT_PATH;
  }
  return [...found, at];
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '' && segment !== '.');
}

function linkTarget(path: AbsolutePath): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    // What cannot be looked at cannot be opened either: the reader says why.
    return undefined;
  }
}

/** The real path; of what does not exist, as far as its parents do. */
function realPathOf(path: AbsolutePath): AbsolutePath {
  try {
    return parseAbsolutePath(realpathSync.native(path));
  } catch {
    if (path === ROOT_PATH) return path;
    return resolvePath(realPathOf(parentPath(path)), baseName(path));
  }
}
