import { readFileSync, readdirSync } from 'node:fs';

/**
 * The processes of this machine that have a word in their command line.
 *
 * @param word - one that nothing else on the machine has.
 * @returns their ids.
 */
export function processesWithWord(word: string): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && wordsOf(pid).includes(word));
}

function wordsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8').split('\0');
  } catch {
    return []; /* It has just ended. */
  }
}
