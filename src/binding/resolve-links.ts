import { CordonError } from '../errors/cordon-error.js';
import { type AbsolutePath, ROOT_PATH, joinPath, parentPath, resolvePath } from '../paths/absolute-path.js';
import { type SymbolicLink } from './bound-policy.js';
import { DiskView } from './disk-view.js';

/** What a path leads to once every symbolic link on the way has been followed. */
export interface ResolvedPath {
  /** Free of symbolic links; below the deepest existing directory the remaining segments are as given. */
  readonly path: AbsolutePath;
  readonly target: 'directory' | 'file' | 'missing';
  /** The symbolic links that were followed, in order. */
  readonly links: readonly SymbolicLink[];
}

/** As many links as Linux follows on one path (path_resolution(7)). */
const MAX_LINKS = 40;

/**
 * Follows every symbolic link of a path, the last one included.
 *
 * @param path - absolute; it need not exist.
 * @param view - the disk; looked at anew when left out.
 * @throws CordonError `bind-failed` for a circle of links or an I/O error; what may not be looked at counts as missing.
 */
export function resolveLinks(path: AbsolutePath, view = new DiskView()): ResolvedPath {
  const links: SymbolicLink[] = [];
  let at = ROOT_PATH;
  const rest = segmentsOf(path).reverse();
  for (let segment = rest.pop(); segment !== undefined; segment = rest.pop()) {
    const next = segment === '..' ? parentPath(at) : joinPath(at, segment);
    const kind = view.status(next)?.kind;
    if (kind === 'link') {
      const text = follow(next, { path, links, view });
      rest.push(...segmentsOf(text).reverse());
      if (text.startsWith('/')) at = ROOT_PATH;
    } else if (kind === 'directory') {
      at = next;
    } else {
      return endOfPath(next, kind, { rest: rest.reverse(), links });
    }
  }
  return { path: at, target: 'directory', links };
}

/** A file is the end of a path; behind it, as behind what does not exist, there is nothing. */
function endOfPath(
  at: AbsolutePath,
  kind: 'file' | undefined,
  { rest, links }: { readonly rest: readonly string[]; readonly links: readonly SymbolicLink[] },
): ResolvedPath {
  const target = kind === 'file' && rest.length === 0 ? 'file' : 'missing';
  return { path: appendAll(at, rest), target, links };
}

interface Following {
  readonly path: AbsolutePath;
  readonly links: SymbolicLink[];
  readonly view: DiskView;
}

function follow(link: AbsolutePath, { path, links, view }: Following): string {
  const text = view.linkText(link);
  links.push({ path: link, text });
  if (links.length > MAX_LINKS) throw tooManyLinks(path);
  return text;
}

function tooManyLinks(path: AbsolutePath): CordonError {
  return new CordonError('bind-failed', `Cannot look up ${JSON.stringify(path)}: too many symbolic links`, {
    details: { path },
    hint: 'Mend the symbolic links: they lead in a circle.',
  });
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '' && segment !== '.');
}

function appendAll(path: AbsolutePath, segments: readonly string[]): AbsolutePath {
  return segments.length === 0 ? path : resolvePath(path, segments.join('/'));
}
