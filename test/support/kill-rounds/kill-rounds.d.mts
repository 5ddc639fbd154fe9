/** What rounds of killing brought. */
export interface KillRounds {
  /** How many of each kind. */
  readonly rounds: Readonly<Record<string, number>>;
  /** What callers were told, by kind of round. */
  readonly answers: Readonly<Record<string, number>>;
  /** What must not be; empty when all is well. */
  readonly findings: readonly string[];
}

/** Plays rounds as a user; another one than oneself needs root. */
export function killRounds(wish: { readonly uid: number; readonly rounds: number }): Promise<KillRounds>;
