import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { type Caller } from '../caller.js';
import { arbitraryPlan } from './arbitrary-plan.js';
import { compare } from './compare.js';
import { type Plan } from './plan.js';
import { runPlan } from './run-plan.js';
import { type DifferentialStage } from './stage.js';
import { reproduce } from './reproduce.js';

/** What is compared, and how often. */
export interface DifferentialOptions {
  readonly stage: DifferentialStage;
  readonly caller: Caller;
  readonly cases: number;
  readonly seed: number;
  /** A directory of the stage that is this comparison's alone. */
  readonly slot: string;
}

/** What came of it. */
export interface DifferentialResult {
  readonly cases: number;
  /** How the commands ended, for knowing whether the plans are of use. */
  readonly ends: Readonly<Record<string, number>>;
  /** How often each known difference was met. */
  readonly met: Readonly<Record<string, number>>;
  /** The smallest plan on which they disagree, as a shell script, and about what. */
  readonly disagreement?: string;
}

/** Runs random plans by bubblewrap and by cordon's launcher, until they disagree. */
export async function compareLaunchers(options: DifferentialOptions): Promise<DifferentialResult> {
  const { stage, caller, cases, seed, slot } = options;
  const place = { stage, caller, slot };
  const ends = new Counter();
  const met = new Counter();
  const seen = new Map<Plan, readonly string[]>();
  const disagreementsOn = async (plan: Plan): Promise<readonly string[]> => {
    const bubblewrap = await runPlan('bwrap', plan, place);
    const own = await runPlan(stage.launcher, plan, place);
    const comparison = compare(plan, bubblewrap, own);
    ends.add(bubblewrap.end === own.end ? own.end : `${bubblewrap.end} / ${own.end}`);
    for (const reason of comparison.met) met.add(reason);
    if (comparison.disagreements.length > 0) seen.set(plan, comparison.disagreements);
    return comparison.disagreements;
  };
  const isRoot = process.getuid?.() === 0;
  const plans = arbitraryPlan({ options: commonOptions(stage.launcher), isRoot });
  const found = await fc.check(
    fc.asyncProperty(plans, async (plan) => (await disagreementsOn(plan)).length === 0),
    { numRuns: cases, seed },
  );
  const [plan] = found.counterexample ?? [];
  return {
    cases: found.numRuns,
    ends: ends.counts,
    met: met.counts,
    ...(plan === undefined
      ? {}
      : { disagreement: [...(seen.get(plan) ?? []), reproduce(plan, place)].join('\n') }),
  };
}

/** Those that both launchers of this machine have. */
function commonOptions(launcher: string): ReadonlySet<string> {
  const [theirs, ours] = ['bwrap', launcher].map((program) => {
    const { stdout } = spawnSync(program, ['--help'], { encoding: 'utf8' });
    return new Set(stdout.match(/--[a-z0-9-]+/gu));
  });
  const also = ['ipc', 'pid', 'net', 'uts', 'cgroup', 'all', 'cgroup-try'].map((kind) => `--unshare-${kind}`);
  return new Set([...(theirs ?? [])].filter((option) => ours?.has(option) === true || also.includes(option)));
}

class Counter {
  readonly #counts = new Map<string, number>();

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  add(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }
}
