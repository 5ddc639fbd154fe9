import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { type Readable, type Writable } from 'node:stream';
import { ReadStream } from 'node:tty';
import { CordonError } from '../errors/cordon-error.js';
import { errnoOf } from './errno.js';
import { type PtyBinding, type PtyPair, loadPtyBinding, openPair } from './node-pty-1-1-0.js';
import { terminalInput } from './terminal-input.js';
import { forgetMaster, withholdMaster } from './terminal-masters-are-inheritable.js';
import { type TerminalOutput, terminalOutput } from './terminal-output.js';

/** A terminal's size in characters, each 1 to 65535. */
export interface TerminalSize {
  readonly rows: number;
  readonly cols: number;
}

/** What a terminal's slave is to another process of this machine. */
export interface TerminalSlave {
  readonly path: string;
  /** Which file must be there. */
  readonly device: bigint;
  readonly inode: bigint;
}

/** A pseudo-terminal: we hold the master; a process gets the slave as its standard streams. */
export interface Terminal {
  /** To be lent to one process; blocking, and closed in every other. Close it with `closeSlave` once that runs. */
  readonly slaveFd: number;
  readonly slave: TerminalSlave;
  /** Never emits an unhandled error: a write that fails tells its callback. */
  readonly input: Writable;
  /** Ends when the last slave has been closed and all that was written has been read. */
  readonly output: Readable;
  /**
   * Changes the size; the foreground processes get SIGWINCH. Does nothing once the terminal has ended.
   *
   * @throws CordonError `usage-invalid` for a size out of bounds.
   */
  resize(rows: number, cols: number): void;
  /** Closes our slave: as long as it is open, output does not end. */
  closeSlave(): void;
  /** Ends the terminal, whoever still has it: they get SIGHUP. What they wrote before is still read from `output`. */
  hangUp(): void;
  /** The same, but throws away what has not been read from the system yet. */
  close(): void;
}

/** struct winsize holds 16-bit numbers; a terminal of no size is useless. */
const MAX_SIZE = 65_535;

/**
 * Opens a pseudo-terminal; starts nothing.
 *
 * @param size - in characters.
 * @throws CordonError `usage-invalid` for a size out of bounds; `terminal-unavailable` when @lydell/node-pty is missing
 *   or the system gives no terminal.
 */
export async function openTerminal(size: TerminalSize): Promise<Terminal> {
  refuseSize(size);
  const binding = await loadPtyBinding();
  const pair = openPair(binding, size.cols, size.rows);
  try {
    const master = openMaster(pair.masterFd);
    return new PseudoTerminal({ binding, master, masterFd: pair.masterFd, own: openOwn(pair, master) });
  } catch (error) {
    throw error instanceof CordonError ? error : unavailable(errnoOf(error));
  } finally {
    closeSync(pair.slaveFd);
  }
}

/**
 * Tries whether this machine gives terminals, by opening one.
 *
 * @returns what was found, in words.
 * @throws CordonError `terminal-unavailable` as from {@link openTerminal}.
 */
export async function loadTerminalLibrary(): Promise<string> {
  const terminal = await openTerminal({ rows: 24, cols: 80 });
  terminal.close();
  return '@lydell/node-pty opens terminals';
}

/** Descriptors of ours, closed at exec. */
interface OwnDescriptors {
  readonly slaveFd: number;
  readonly slave: TerminalSlave;
  readonly nullFd: number;
}

interface TerminalParts {
  readonly binding: PtyBinding;
  readonly master: ReadStream;
  readonly masterFd: number;
  readonly own: OwnDescriptors;
}

class PseudoTerminal implements Terminal {
  readonly slaveFd: number;
  readonly slave: TerminalSlave;
  readonly input: Writable;
  readonly #binding: PtyBinding;
  readonly #masterFd: number;
  readonly #master: ReadStream;
  readonly #output: TerminalOutput;
  #isSlaveOpen = true;

  constructor({ binding, master, masterFd, own }: TerminalParts) {
    this.slaveFd = own.slaveFd;
    this.slave = own.slave;
    this.#binding = binding;
    this.#masterFd = masterFd;
    this.#master = master;
    this.#output = terminalOutput(master, masterFd);
    this.input = terminalInput(masterFd, () => !master.destroyed);
    withholdMaster(masterFd, own.nullFd);
    master.once('close', () => {
      forgetMaster(masterFd);
      closeSync(own.nullFd);
      this.input.destroy();
    });
  }

  get output(): Readable {
    return this.#output.stream;
  }

  resize(rows: number, cols: number): void {
    refuseSize({ rows, cols });
    if (!this.#master.destroyed) this.#binding.resize(this.#masterFd, cols, rows);
  }

  closeSlave(): void {
    if (!this.#isSlaveOpen) return;
    this.#isSlaveOpen = false;
    closeSync(this.slaveFd);
  }

  hangUp(): void {
    this.closeSlave();
    this.#output.finish();
  }

  close(): void {
    this.closeSlave();
    this.#master.destroy();
  }
}

/** The stream owns the descriptor from here on. */
function openMaster(masterFd: number): ReadStream {
  try {
    return new ReadStream(masterFd);
  } catch (error) {
    closeSync(masterFd);
    throw error;
  }
}

/**
 * Opens the slave again, for a description that blocks (the library's does not, and that is shared with whoever gets
 * it) and a descriptor that is closed at exec. The path is compared with what the library opened: another mount of
 * /dev/pts could hold somebody else's terminal under it.
 */
function openOwn(pair: PtyPair, master: ReadStream): OwnDescriptors {
  let slaveFd: number | undefined;
  try {
    slaveFd = openSync(pair.slavePath, constants.O_RDWR | constants.O_NOCTTY);
    const wanted = fstatSync(pair.slaveFd, { bigint: true });
    const opened = fstatSync(slaveFd, { bigint: true });
    if (wanted.dev !== opened.dev || wanted.ino !== opened.ino)
      throw unavailable('another terminal has its path');
    const slave = { path: pair.slavePath, device: opened.dev, inode: opened.ino };
    return { slaveFd, slave, nullFd: openSync('/dev/null', 'r') };
  } catch (error) {
    if (slaveFd !== undefined) closeSync(slaveFd);
    master.destroy();
    throw error;
  }
}

function unavailable(reason: string): CordonError {
  return new CordonError('terminal-unavailable', `Cannot open a pseudo-terminal: ${reason}`, {
    details: { reason },
    hint: 'Check that /dev/pts is mounted and the limit of open files is not reached.',
  });
}

function refuseSize({ rows, cols }: TerminalSize): void {
  if ([rows, cols].every((count) => Number.isInteger(count) && count >= 1 && count <= MAX_SIZE)) return;
  throw new CordonError('usage-invalid', `Cannot use terminal size ${String(rows)} x ${String(cols)}`, {
    details: { rows, cols },
    hint: 'Give rows and columns from 1 to 65535.',
  });
}
