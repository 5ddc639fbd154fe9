import { type ErrorCode } from '../../../errors/codes.js';
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
  readonly landlock: () => Promise<AbsolutePath>;
}

/**
 * Chooses a launcher.
 *
 * @param choice - the caller's.
 * @param sources - this machine's, each probed with what the plan needs.
 * @throws CordonError why the wanted launcher cannot be used; with `auto` why bubblewrap cannot, if no other can either.
 */
export async function chooseLauncher(choice: LauncherChoice, sources: LauncherSources): Promise<Launcher> {
  switch (choice) {
    case 'bwrap':
      return { kind: choice, path: await sources.bubblewrap() };
    case 'builtin':
    case 'zygote':
      return { kind: choice, path: await sources.builtin() };
    case 'landlock':
      return { kind: choice, path: await sources.landlock() };
    case 'auto':
      return chooseFirst(sources);
  }
}

async function chooseFirst(sources: LauncherSources): Promise<Launcher> {
  const bubblewrap = await attempt(sources.bubblewrap);
  if (!(bubblewrap instanceof CordonError)) return { kind: 'bwrap', path: bubblewrap };
  const builtin = await attempt(sources.builtin);
  if (!(builtin instanceof CordonError)) return { kind: 'builtin', path: builtin };
  if (!NO_NAMESPACES.has(builtin.code)) throw bubblewrap;
  const landlock = await attempt(sources.landlock);
  if (landlock instanceof CordonError) throw bubblewrap;
  return { kind: 'landlock', path: landlock };
}

/** Only then is a sandbox without them the best that there is. */
const NO_NAMESPACES = new Set<ErrorCode>(['user-namespaces-forbidden', 'apparmor-forbids-user-namespaces']);

async function attempt(source: () => Promise<AbsolutePath>): Promise<AbsolutePath | CordonError> {
  try {
    return await source();
  } catch (error) {
    if (error instanceof CordonError) return error;
    throw error;
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
