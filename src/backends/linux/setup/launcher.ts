import { CordonError } from '../../../errors/cordon-error.js';
import { type AbsolutePath } from '../../../paths/absolute-path.js';
import { type LauncherChoice, type LauncherKind } from '../../backend.js';

/** A launcher that can make the sandbox of a plan on this machine. */
export interface Launcher {
  readonly kind: LauncherKind;
  readonly path: AbsolutePath;
}

/** Ways to a launcher; each rejects with a CordonError that says why there is none. */
export interface LauncherSources {
  readonly bubblewrap: () => Promise<AbsolutePath>;
  readonly builtin: () => Promise<AbsolutePath>;
}

/**
 * Chooses a launcher.
 *
 * @param choice - the caller's.
 * @param sources - this machine's, each probed with what the plan needs.
 * @throws CordonError why the wanted launcher cannot be used; with `auto` why bubblewrap cannot, if ours cannot either.
 */
export async function chooseLauncher(choice: LauncherChoice, sources: LauncherSources): Promise<Launcher> {
  if (choice === 'bwrap') return { kind: 'bwrap', path: await sources.bubblewrap() };
  if (choice !== 'auto') return { kind: choice, path: await sources.builtin() };
  try {
    return { kind: 'bwrap', path: await sources.bubblewrap() };
  } catch (reason) {
    if (!(reason instanceof CordonError)) throw reason;
    return { kind: 'builtin', path: await sources.builtin().catch(() => Promise.reject(reason)) };
  }
}

/**
 * Which launcher is wanted for a sandbox with listening sockets.
 *
 * @param choice - the caller's.
 * @throws CordonError `listener-unavailable` for bubblewrap, which cannot make them.
 */
export function launcherWithListeners(choice: LauncherChoice): LauncherChoice {
  if (choice === 'auto') return 'builtin';
  if (choice !== 'bwrap') return choice;
  throw new CordonError(
    'listener-unavailable',
    'Cannot listen in the sandbox: bubblewrap makes no listening sockets',
    {
      hint: 'Choose the launcher "builtin" or "zygote".',
    },
  );
}
