import { type ErrorCode } from '../../../errors/codes.js';
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
      return withBubblewrap(sources);
    case 'builtin':
    case 'zygote':
      return { kind: choice, ...(await sources.builtin()) };
    case 'landlock':
      return withLandlock(sources);
    case 'auto':
      return chooseFirst(sources);
  }
}

async function chooseFirst(sources: LauncherSources): Promise<Launcher> {
  const bubblewrap = await attempt(withBubblewrap(sources));
  if (!(bubblewrap instanceof CordonError)) return bubblewrap;
  const builtin = await attempt(sources.builtin());
  if (!(builtin instanceof CordonError)) return { kind: 'builtin', ...builtin };
  if (!NO_NAMESPACES.has(builtin.code)) throw bubblewrap;
  const landlock = await attempt(withLandlock(sources));
  if (landlock instanceof CordonError) throw bubblewrap;
  return landlock;
}

/** Only then is a sandbox without them the best that there is. */
const NO_NAMESPACES = new Set<ErrorCode>(['user-namespaces-forbidden', 'apparmor-forbids-user-namespaces']);

async function withBubblewrap(sources: LauncherSources): Promise<Launcher> {
  return { kind: 'bwrap', path: await sources.bubblewrap(), canWatch: false };
}

async function withLandlock(sources: LauncherSources): Promise<Launcher> {
  return { kind: 'landlock', path: await sources.landlock(), canWatch: false };
}

async function attempt<T>(result: Promise<T>): Promise<T | CordonError> {
  try {
    return await result;
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
