import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CordonError } from '../../../errors/cordon-error.js';
import { type ProcessIdentity, isRunning, ownIdentity } from './process-identity.js';

/** How long others may hold the lock; they hold it for well under a millisecond. */
const PATIENCE_MS = 10_000;

const FREE = 'free';

/**
 * A lock between processes out of nothing but rename(2), since Node has no flock: in a directory lies one file, the token,
 * called `free` or `held-IDENTITY`. Whoever renames it from `free` has the lock. The token of a dead holder is taken by
 * renaming it from that holder's name, which only one of several can do. In one process, callers queue.
 */
export class TokenLock {
  readonly #directory: string;
  readonly #own: ProcessIdentity = ownIdentity();
  #queue: Promise<unknown> = Promise.resolve();

  /** @param directory - where the token lies; its parent exists. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Runs a function under the lock.
   *
   * @param action - short: others wait for it.
   * @throws CordonError `private-directory-unavailable` when the lock is not to be had within ten seconds.
   */
  run<T>(action: () => T | Promise<T>): Promise<T> {
    const turn = this.#queue.then(() => this.#runExclusively(action));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #runExclusively<T>(action: () => T | Promise<T>): Promise<T> {
    await this.#take();
    try {
      return await action();
    } finally {
      renameSync(this.#token(`held-${this.#own}`), this.#token(FREE));
    }
  }

  async #take(): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    for (let waitMs = 1; !this.#tryTake(); waitMs = Math.min(waitMs * 2, 20)) {
      if (Date.now() > deadline) throw busy(this.#directory);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  #tryTake(): boolean {
    if (this.#rename(FREE)) return true;
    const tokens = this.#tokens();
    if (tokens.length === 0) this.#create();
    return tokens.some(
      (name) => name !== FREE && !isRunning(name.slice('held-'.length)) && this.#rename(name),
    );
  }

  #rename(from: string): boolean {
    try {
      renameSync(this.#token(from), this.#token(`held-${this.#own}`));
      return true;
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return false;
      throw error;
    }
  }

  #tokens(): readonly string[] {
    try {
      return readdirSync(this.#directory);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    }
  }

  /** The directory appears with its token in it, so that there is never more than one token. */
  #create(): void {
    const draft = `${this.#directory}.${this.#own}`;
    mkdirSync(draft, { mode: 0o700 });
    writeFileSync(path.join(draft, FREE), '');
    try {
      renameSync(draft, this.#directory);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      if (!isErrno(error, 'ENOTEMPTY') && !isErrno(error, 'EEXIST')) throw error;
    }
  }

  #token(name: string): string {
    return path.join(this.#directory, name);
  }
}

/** Whether an error is a system call's with this code. */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function busy(directory: string): CordonError {
  return new CordonError(
    'private-directory-unavailable',
    `Cannot lock ${JSON.stringify(directory)} within ten seconds`,
    {
      details: { directory },
      hint: 'See which process is named by the file in that directory; end it, or remove the directory.',
    },
  );
}
