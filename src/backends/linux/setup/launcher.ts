import { CordonError } from '../../../errors/cordon-error.js';
import { type AbsolutePath } from '../../../paths/absolute-path.js';
import { type LauncherChoice, type LauncherKind } from '../../backend.js';

/** A launcher that can make the sandbox of a plan on this machine. */
export interface Launcher {
  readonly kind: LauncherKind;
  readonly path: AbsolutePath;
  /** Whether it can supervise calls, as a plan may ask for. */
  readonly canWatch: boolean;
}

/** Ways to a launcher; each rejects with a CordonError that says why there is none. */
export interface LauncherSources {
  readonly bubblewrap: () => Promise<AbsolutePath>;
  readonly builtin: () => Promise<Omit<Launcher, 'kind'>>;
}

/**
 * Chooses a launcher.
 *
 * @param choice - the caller's.
 * @param sources - this machine's, each probed with what the plan needs.
 * @throws CordonError why the wanted launcher cannot be used; with `auto` why bubblewrap cannot, if ours cannot either.
 */
export async function chooseLauncher(choice: LauncherChoice, sources: LauncherSources): Promise<Launcher> {
  if (choice === 'bwrap') return bubblewrapAt(await sources.bubblewrap());
  if (choice !== 'auto') return { kind: choice, ...(await sources.builtin()) };
  try {
    return bubblewrapAt(await sources.bubblewrap());
  } catch (reason) {
    if (!(reason instanceof CordonError)) throw reason;
    return { kind: 'builtin', ...(await sources.builtin().catch(() => Promise.reject(reason))) };
  }
}

function bubblewrapAt(path: AbsolutePath): Launcher {
  return { kind: 'bwrap', path, canWatch: false };
}
