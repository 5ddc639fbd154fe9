import { expect, test } from 'vitest';
import { CALLERS } from '../support/caller.js';
import { killRounds } from '../support/kill-rounds/kill-rounds.mjs';
import { describeSandboxed } from '../support/require-sandbox.js';

/** Each kind of round once: `npm run kill-rounds` plays more. */
const ROUNDS = 14;

/** Four sandboxes a round, and a run afterwards, on a busy machine. */
const TIME_LIMIT_MS = 240_000;

describeSandboxed(
  'When a program, its zygote, a guard, a monitor or a process 1 is killed at any moment',
  () => {
    test.each(CALLERS)(
      'no process, mount, file or descriptor is left, each caller is told, and the next command runs, as $name',
      async ({ uid }) => {
        const { findings, rounds } = await killRounds({ uid, rounds: ROUNDS });
        expect(findings).toEqual([]);
        expect(Object.values(rounds)).toEqual(Array.from({ length: ROUNDS }, () => 1));
      },
      TIME_LIMIT_MS,
    );
  },
);
