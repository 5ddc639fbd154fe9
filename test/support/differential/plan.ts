import { type FileTree } from '../file-tree.js';

/** What is behind a descriptor that a step names. */
export type Input =
  | { readonly kind: 'data'; readonly text: string }
  | { readonly kind: 'place'; readonly path: string; readonly isPathOnly: boolean }
  | { readonly kind: 'filter'; readonly filter: 'allows all' | 'refuses a call' | 'cut' | 'empty' }
  | { readonly kind: 'report' }
  | { readonly kind: 'closed' };

/** Some options. `@` in a word is the directory of the run, `%` the number of the descriptor. */
export interface Step {
  readonly words: readonly string[];
  readonly input?: Input;
}

/** A file system that is mounted on the host, below what is bound. */
export interface HostMount {
  /** Relative to the run's directory. */
  readonly directory: string;
  readonly options: 'rw' | 'ro' | 'nosuid' | 'noexec,nodev';
}

/** What the new root begins with: nothing, or the host's, read-only, with the run's directory writable or not. */
export type Base = 'bare' | 'read-only host' | 'host';

/** A command line and the host that it meets. */
export interface Plan {
  readonly tree: FileTree;
  /** Entries of the tree that are closed to others, or belong to root. */
  readonly closed: readonly string[];
  readonly foreign: readonly string[];
  /** Whether `h/null` is a device. */
  readonly hasDevice: boolean;
  readonly mounts: readonly HostMount[];
  readonly base: Base;
  readonly steps: readonly Step[];
  /** Relative to the run's directory; absolute for others. */
  readonly cwd: string;
  readonly program: 'probe' | '@/h/f' | '@/h/a' | '/no/such' | 'no-such';
  /** With which the command ends; of signal n for -n. */
  readonly status: number;
}

/** Where the command is inside, in a root of its own. */
const OWN_PROBE = '/.probe/probe';

/**
 * The words behind the launcher's name, with `@` and `%` still in them.
 *
 * @param plan - what is run.
 * @param probe - the host's path of the command.
 */
export function wordsOf(plan: Plan, probe: string): readonly Step[] {
  const own = { words: ['--ro-bind', probe, OWN_PROBE] };
  const host = { words: ['--ro-bind', '/', '/'] };
  const steps = {
    bare: [own, ...plan.steps, own],
    'read-only host': [host, ...plan.steps],
    host: [host, { words: ['--bind', '@', '@'] }, ...plan.steps],
  }[plan.base];
  const program = plan.base === 'bare' ? OWN_PROBE : probe;
  const command = [plan.program === 'probe' ? program : plan.program, String(plan.status), ...placesOf(plan)];
  return [...steps, { words: ['--', ...command] }];
}

/** Whether a plan has an option, with these words behind it. */
function hasOption({ steps }: Plan, ...words: readonly string[]): boolean {
  return steps.some((step) =>
    step.words.some((_, index) => words.every((word, offset) => step.words[index + offset] === word)),
  );
}

const BIND = /^--(?:ro-|dev-)?bind(?:-try)?$/u;

/** Whether a plan shows nothing of the host but the run's directory; checked before each run, whoever made the plan. */
export function staysAtHome({ steps }: Plan): boolean {
  return steps.every(({ words }) =>
    words.every((word, index) => !BIND.test(word) || /^(?:@|[^/]*$|\.\/)/u.test(words[index + 1] ?? '')),
  );
}

/** Outside of the run's directory only what cannot be the host's. */
function placesOf(plan: Plan): readonly string[] {
  if (plan.base === 'bare') return ['/'];
  const own: readonly (readonly [string, string])[] = [
    ['--dev', '/dev'],
    ['--proc', '/proc'],
    ['--tmpfs', '/tmp'],
  ];
  return ['@', ...own.filter(([option, place]) => hasOption(plan, option, place)).map(([, place]) => place)];
}
