// Processes of a round, as the process table shows them.
import { readFileSync, readdirSync } from 'node:fs';

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; /* It has just ended. */
  }
}

/** All that have one of these texts in their command line; zombies have none, and hold nothing. */
export function processesWith(texts) {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0)
    .map((pid) => ({ pid, words: read(`/proc/${pid}/cmdline`) }))
    .filter(({ words }) => texts.some((text) => words.includes(text)))
    .map(({ pid, words }) => ({ pid, words, ...placeOf(pid) }));
}

function placeOf(pid) {
  const status = read(`/proc/${pid}/status`);
  const numbers = (/^NSpid:\s+(.*)$/mu.exec(status)?.[1] ?? '').split('\t').map(Number);
  return {
    parent: Number(/^PPid:\s+(\d+)$/mu.exec(status)?.[1]),
    isProcess1: numbers.length > 1 && numbers.at(-1) === 1,
    isOnHost: numbers.length === 1,
  };
}

/** What may be killed, each with how to tell it. */
export const VICTIMS = {
  node: (one, worker) => one.pid === worker,
  zygote: (one, worker) => one.words.includes('--zygote') && one.parent === worker,
  guard: (one) => one.words.includes('cordon-guard') && one.isOnHost,
  monitor: (one) =>
    /cordon-launcher\0/u.test(one.words) && !one.words.includes('cordon-guard') && one.isOnHost,
  'process 1': (one) => one.isProcess1,
};
