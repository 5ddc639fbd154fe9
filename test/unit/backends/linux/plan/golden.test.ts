import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { goldenFile, planOfCase } from './golden-case.js';

const CASES = readdirSync(path.dirname(path.dirname(goldenFile('any', 'plan.json')))).filter((name) =>
  existsSync(goldenFile(name, 'policy.json')),
);

/** After a change that is meant: `npx vitest run --update` writes the plans anew; read the difference before it is kept. */
describe('A policy is told to bubblewrap as test/golden has it:', () => {
  test.each(CASES)('%s', async (name) => {
    expect(existsSync(goldenFile(name, 'plan.json')) || process.env['CI'] === undefined).toBe(true);
    await expect(await planOfCase(name)).toMatchFileSnapshot(goldenFile(name, 'plan.json'));
  });
});
