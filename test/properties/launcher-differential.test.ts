import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CALLERS } from '../support/caller.js';
import {
  type Differential,
  openDifferential,
  runDifferential,
} from '../support/differential/run-behind-wall.mjs';
import { describeSandboxed } from '../support/require-sandbox.js';

const LAUNCHER = path.join(import.meta.dirname, '../../native/linux/build/cordon-launcher');

/** For each caller; `npm run fuzz:launchers` runs more. */
const CASES = 75;

describeSandboxed("cordon's launcher and bubblewrap", () => {
  let differential: Differential;

  beforeAll(async () => {
    differential = await openDifferential(LAUNCHER);
  });
  afterAll(() => {
    differential.close();
  });

  test.each(CALLERS)(
    'make the same of random plans, but for what --help names, as $name',
    async ({ uid }) => {
      const seed = Math.floor(Math.random() * 2 ** 31);
      const { disagreement, ends } = await runDifferential(differential.directory, {
        uid,
        cases: CASES,
        seed,
      });
      console.log(`seed ${String(seed)}, user ${String(uid)}: ${JSON.stringify(ends)}`);
      expect(disagreement).toBeUndefined();
    },
  );
});
