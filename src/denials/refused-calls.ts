import { type BoundFileSystem, type ManagedPolicy } from '../binding/bound-policy.js';
import { type AbsolutePath, parseAbsolutePath } from '../paths/absolute-path.js';
import { type Evaluator, type Verdict, createEvaluator } from '../permissions/evaluate.js';
import { fileDenialAt, socketDenialAt } from './denial-at.js';
import { type Denial, type NetworkDenial, subjectOf } from './denial.js';
import { type PathJudge } from './evidence.js';

/** A call that the sandbox refuses, as far as a supervisor could see before the kernel decided (`ReportedCall` of a backend). */
export interface TriedCall {
  readonly call: string;
  readonly use: 'write' | 'remove' | 'connect' | 'reach';
  readonly subject: string;
  readonly isHidden: boolean;
}

/** How many different refusals are kept; more tell nobody more. */
const MAX_KEPT = 1000;

const EXACT = { certainty: 'proven', source: 'system-call' } as const;

/**
 * Judges calls by the policy while a command runs, and keeps those that it refuses, each once. What the policy allows is not kept:
 * the kernel may refuse it for reasons of its own.
 */
export class RefusedCalls {
  readonly #policy: ManagedPolicy;
  readonly #evaluator: Evaluator | undefined;
  readonly #kept = new Map<string, TriedCall>();
  #dropped = 0;

  /** @param policy - of the command. */
  constructor(policy: ManagedPolicy) {
    this.#policy = policy;
    this.#evaluator = evaluatorOf(policy.fileSystem);
  }

  /** How many refused calls were not kept because there were too many others. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Judges a call. Asks nothing of the disk. */
  take(tried: TriedCall): void {
    const key = `${tried.call} ${tried.use} ${tried.subject}`;
    if (this.#kept.has(key) || !this.#isRefused(tried)) return;
    if (this.#kept.size < MAX_KEPT) this.#kept.set(key, tried);
    else this.#dropped += 1;
  }

  /**
   * What was kept, in the order of the calls.
   *
   * @param judge - for what exists, and for what would allow it.
   */
  denials(judge: PathJudge): readonly Denial[] {
    return [...this.#kept.values()].map((tried) => this.#denialOf(tried, judge));
  }

  #isRefused({ use, subject, isHidden }: TriedCall): boolean {
    if (use === 'reach') return this.#policy.network === 'restricted';
    /* A socket that is refused need not be one that the policy hides. */
    if (use === 'connect') return true;
    const verdict = this.#verdictOn(subject);
    if (verdict === undefined || verdict.allowed) return false;
    return !isHidden || verdict.access === 'deny';
  }

  #verdictOn(subject: string): Verdict | undefined {
    return subject.startsWith('/') && !subject.includes('\0')
      ? this.#evaluator?.evaluate('write', pathOf(subject))
      : undefined;
  }

  #denialOf({ call, use, subject }: TriedCall, judge: PathJudge): Denial {
    if (use === 'reach') return networkDenial(call, subject);
    const path = pathOf(subject);
    if (use === 'connect') return { ...socketDenialAt({ ...judge('read', path), path }, EXACT), call };
    const judged = judge('write', path);
    const verdict = this.#verdictOn(subject) ?? judged.verdict;
    return { ...fileDenialAt(use, { ...judged, path, verdict }, { ...EXACT, judge }), call };
  }
}

function evaluatorOf(fileSystem: BoundFileSystem): Evaluator | undefined {
  return fileSystem.kind === 'restricted' ? createEvaluator(fileSystem.ruleSet) : undefined;
}

/** Behind what is missing there may be `..`, which leads nowhere. */
function pathOf(subject: string): AbsolutePath {
  const kept: string[] = [];
  for (const segment of subject.split('/')) {
    if (segment === '..') kept.pop();
    else kept.push(segment);
  }
  return parseAbsolutePath(`/${kept.join('/')}`);
}

function networkDenial(call: string, target: string): NetworkDenial {
  return { kind: 'network', target, ...EXACT, allowedBy: { flag: '--network', value: 'on' }, call };
}

/**
 * Joins denials that are known from calls with those that are told from words: what both say is said once.
 *
 * @param exact - from calls.
 * @param told - from words.
 */
export function withExact(exact: readonly Denial[], told: readonly Denial[]): readonly Denial[] {
  const known = new Set(exact.map(subjectOf));
  return [...exact, ...told.filter((denial) => !known.has(subjectOf(denial)))];
}
