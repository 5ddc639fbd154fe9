import { setTimeout as delay } from 'node:timers/promises';

/** Far more than anything takes on a busy machine; only a failing test waits this long. */
const PATIENCE_MS = 15_000;

/**
 * Waits for something that only looking can tell, such as the process table.
 *
 * @param what - what is waited for, for the message.
 * @param look - looks; anything but `undefined` and `false` ends the waiting.
 * @returns what `look` found.
 * @throws Error when it has not come about in time.
 */
export async function until<T>(what: string, look: () => T | undefined | false): Promise<T> {
  for (const deadline = Date.now() + PATIENCE_MS; ;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await delay(2);
  }
}
