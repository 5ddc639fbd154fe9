// Kills parts of sandboxes at random moments and looks whether anything is left: npm run kill-rounds -- [--rounds N]. Half of the
// rounds are an ordinary user's where root runs this. Prints counts; ends with 1 when something was found.
import { parseArgs } from 'node:util';
import { killRounds } from '../test/support/kill-rounds/kill-rounds.mjs';

/** Of nobody, as in test/support/caller.ts. */
const MADE_UP_ID = 54_321;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '200' } } });
const callers = process.getuid() === 0 ? [0, MADE_UP_ID] : [process.getuid()];
for (const uid of callers) {
  const { rounds, answers, findings } = await killRounds({
    uid,
    rounds: Math.ceil(Number(values.rounds) / callers.length),
  });
  console.log(`as user ${uid}:`, rounds, '\ncallers were told:', answers, `\nfindings: ${findings.length}`);
  for (const finding of findings) console.log(`  ${finding}`);
  if (findings.length > 0) process.exitCode = 1;
}
