import { type DifferentialResult } from './differential.js';

/** A directory with all that is needed behind the wall. */
export interface Differential {
  readonly directory: string;
  readonly close: () => void;
}

/** Makes it, and compiles the probe; `launcher` is cordon's own. */
export function openDifferential(launcher: string): Promise<Differential>;

/** Compares as a user; another one than oneself needs root. */
export function runDifferential(
  directory: string,
  wish: { readonly uid: number; readonly cases: number; readonly seed: number },
): Promise<DifferentialResult>;
