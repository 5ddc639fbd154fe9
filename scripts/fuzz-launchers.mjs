// Compares cordon's launcher with system bubblewrap by random plans: npm run fuzz:launchers -- [--cases N] [--seed N] [--parallel N]
//
// Half of the cases are an ordinary user's where root runs this. Prints seeds and counts; a disagreement as the smallest plan that
// shows it, and ends with 1.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openDifferential, runDifferential } from '../test/support/differential/run-behind-wall.mjs';

/** Of nobody, as in test/support/caller.ts. */
const MADE_UP_ID = 54_321;

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    parallel: { type: 'string', default: '2' },
  },
});
const callers = process.getuid() === 0 ? [0, MADE_UP_ID] : [process.getuid()];
const parts = Number(values.parallel);
const launcher = path.join(import.meta.dirname, '../native/linux/build/cordon-launcher');
const { directory, close } = await openDifferential(launcher);
try {
  for (const uid of callers) await compare(uid);
} finally {
  close();
}

async function compare(uid) {
  const cases = Math.ceil(Number(values.cases) / callers.length / parts);
  const seeds = Array.from({ length: parts }, (_, index) => Number(values.seed) + uid + index);
  const start = Date.now();
  const results = await Promise.all(seeds.map((seed) => runDifferential(directory, { uid, cases, seed })));
  const total = (key) =>
    results.reduce((sum, result) => {
      for (const [name, count] of Object.entries(result[key])) sum[name] = (sum[name] ?? 0) + count;
      return sum;
    }, {});
  console.log(
    `as user ${uid}, seeds ${seeds.join(', ')}: ${results.reduce((sum, { cases }) => sum + cases, 0)} cases`,
  );
  console.log(
    `  in ${((Date.now() - start) / 1000).toFixed(0)} s; ends of commands (bubblewrap / ours):`,
    total('ends'),
  );
  console.log('  known differences met:', total('met'));
  const disagreements = results.flatMap(({ disagreement }) => disagreement ?? []);
  console.log(`  disagreements: ${disagreements.length}`);
  for (const text of disagreements) console.log(`\n${text}\n`);
  if (disagreements.length > 0) process.exitCode = 1;
}
