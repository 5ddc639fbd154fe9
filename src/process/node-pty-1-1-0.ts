import { createRequire } from 'node:module';
import { CordonError } from '../errors/cordon-error.js';

/**
 * The functions of @lydell/node-pty 1.1.0's native part that a terminal needs. They are not its public API. The public
 * `open()` wraps both ends in streams of its own, which loses a descriptor of the slave for each terminal (libuv
 * opens the slave again and forgets the number it was given), and does not tell its number.
 * May go when node-pty has an `open()` that gives descriptors.
 */
export interface PtyBinding {
  /** openpty(3): two descriptors, non-blocking and without FD_CLOEXEC, and the path of the slave. */
  open(columns: number, rows: number): unknown;
  /** TIOCSWINSZ, see ioctl_tty(2). */
  resize(masterFd: number, columns: number, rows: number): void;
}

/** What {@link openPair} gives; both descriptors are the caller's to close. */
export interface PtyPair {
  readonly masterFd: number;
  readonly slaveFd: number;
  readonly slavePath: string;
}

/**
 * Loads the native part. It is an optional dependency.
 *
 * @param load - imports node-pty's loader of binaries.
 * @throws CordonError `terminal-unavailable` when the package is missing, has no binary for this system, or is not as
 *   this file knows it.
 */
export async function loadPtyBinding(load: () => Promise<BinaryLoader> = importLoader): Promise<PtyBinding> {
  let binding: unknown;
  try {
    binding = (await load()).requireBinary('pty.node');
  } catch (cause) {
    throw new CordonError(
      'terminal-unavailable',
      'Cannot load @lydell/node-pty: it is not installed for this system',
      {
        cause,
      },
    );
  }
  if (!isPtyBinding(binding)) throw unknownShape();
  return binding;
}

/** The loader's only function that is used. */
export interface BinaryLoader {
  requireBinary(file: 'pty.node'): unknown;
}

/**
 * Opens a pseudo-terminal.
 *
 * @param binding - the native part.
 * @param columns - 1 to 65535.
 * @param rows - 1 to 65535.
 * @throws CordonError `terminal-unavailable` when the system gives none.
 */
export function openPair(binding: PtyBinding, columns: number, rows: number): PtyPair {
  let pair: unknown;
  try {
    pair = binding.open(columns, rows);
  } catch (cause) {
    throw new CordonError('terminal-unavailable', 'Cannot open a pseudo-terminal: openpty failed', {
      hint: 'Check that /dev/ptmx and /dev/pts are there, and the limits of open files and of kernel.pty.max.',
      cause,
    });
  }
  if (!isNativePair(pair)) throw unknownShape();
  return { masterFd: pair.master, slaveFd: pair.slave, slavePath: pair.pty };
}

/** By require, which works alike in sources, in a module and in a bundle that is run from V8's code cache. */
function importLoader(): Promise<BinaryLoader> {
  const require = createRequire(import.meta.url);
  return Promise.resolve(require('@lydell/node-pty/requireBinary.js') as BinaryLoader);
}

function isPtyBinding(value: unknown): value is PtyBinding {
  return hasMember(value, 'open', 'function') && hasMember(value, 'resize', 'function');
}

function isNativePair(value: unknown): value is { master: number; slave: number; pty: string } {
  return (
    hasMember(value, 'master', 'number') &&
    hasMember(value, 'slave', 'number') &&
    hasMember(value, 'pty', 'string')
  );
}

function hasMember(value: unknown, name: string, type: string): boolean {
  return (
    typeof value === 'object' && value !== null && name in value && typeof Reflect.get(value, name) === type
  );
}

function unknownShape(): CordonError {
  return new CordonError('terminal-unavailable', 'Cannot use @lydell/node-pty: this version is not 1.1.0', {
    hint: 'Install @lydell/node-pty 1.1.0, or run with --no-tty.',
  });
}
