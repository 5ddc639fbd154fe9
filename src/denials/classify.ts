import { type Denial, subjectOf } from './denial.js';
import { fileDenialAt } from './denial-at.js';
import { type Evidence, type EvidenceOfExit, type JudgedPath, type PathJudge } from './evidence.js';
import { fileDenialsOf } from './file-denials.js';
import { networkDenialOf } from './network-text.js';
import { outputLines } from './output-lines.js';

/** More denials than this tell nobody more; hints show fewer. */
const MAX_DENIALS = 100;

/** How many different questions the policy is asked: each looks at the disk, and output may name thousands of paths. */
const MAX_QUESTIONS = 512;

/** 128 + 31: death by SIGSYS as a shell and bubblewrap report it (signal(7); 31 on x86-64 and arm64). */
const SIGSYS_EXIT = 159;

/**
 * Says whether and where the sandbox refused something.
 *
 * Evidence first: a program that exists but could not be executed where the policy hides it is proof. Exit 159 is what the
 * system-call filter's signal looks like; a command that ends itself with that status cannot be told from it, so it is
 * likely. Then the command's words, which count only where they name a path that the policy refuses, or say that there is no
 * network while it is restricted. A command that succeeded was not refused anything, whatever it says; one that fails for reasons
 * of its own names nothing that the policy refuses.
 *
 * Not recognised: a writable directory that cannot be renamed because a protected path lies in it, names relative to a directory
 * that the command changed to, and messages in other languages that carry no errno number.
 *
 * @param evidence - how the command ended, what it said, and the policy.
 * @returns at most 100, each once: the best founded first, then in the order of the output.
 */
export function classifyDenials(evidence: Evidence): readonly Denial[] {
  const judge = rememberingJudge(evidence.judge);
  if (evidence.exit.kind === 'not-executed') return denialsOfExecution(evidence.exit, judge);
  if (evidence.exit.code === 0) return [];
  const denials = new Map<string, Denial>();
  if (evidence.exit.code === SIGSYS_EXIT) {
    add(denials, { kind: 'system-call', certainty: 'likely', source: 'seccomp-signal' });
  }
  readOutput(evidence, judge, denials);
  return withoutNamelessNetwork([...denials.values()]);
}

function denialsOfExecution(
  { candidate }: Extract<EvidenceOfExit, { kind: 'not-executed' }>,
  { judge }: BoundedJudge,
): readonly Denial[] {
  if (candidate === undefined) return [];
  const judged = judge('read', candidate);
  if (judged.verdict.allowed) return [];
  return [fileDenialAt('read', judged, { certainty: 'proven', source: 'launcher', judge })];
}

function readOutput(
  evidence: Evidence,
  { judge, isTired }: BoundedJudge,
  denials: Map<string, Denial>,
): void {
  const lines = outputLines(evidence.output);
  for (const [index, line] of lines.entries()) {
    const network = evidence.network === 'restricted' ? networkDenialOf(line) : undefined;
    if (network !== undefined) add(denials, network);
    if (!isTired())
      for (const denial of fileDenialsOf(lines, index, { cwd: evidence.cwd, judge })) add(denials, denial);
    if (denials.size === MAX_DENIALS) return;
  }
}

function add(denials: Map<string, Denial>, denial: Denial): void {
  const key = subjectOf(denial);
  if (denials.size < MAX_DENIALS && !denials.has(key)) denials.set(key, denial);
}

/** One failure is often told twice, once with the host's name and once without. */
function withoutNamelessNetwork(denials: readonly Denial[]): readonly Denial[] {
  const isNamed = denials.some((denial) => denial.kind === 'network' && denial.target !== undefined);
  return denials.filter((denial) => !isNamed || denial.kind !== 'network' || denial.target !== undefined);
}

interface BoundedJudge {
  readonly judge: PathJudge;
  /** Whether as many questions have been asked as may be. */
  readonly isTired: () => boolean;
}

function rememberingJudge(ask: PathJudge): BoundedJudge {
  const answers = new Map<string, JudgedPath>();
  const judge: PathJudge = (operation, path) => {
    const key = `${operation} ${path}`;
    const answer = answers.get(key) ?? ask(operation, path);
    answers.set(key, answer);
    return answer;
  };
  return { judge, isTired: () => answers.size >= MAX_QUESTIONS };
}
