import { CordonError } from '../errors/cordon-error.js';
import { CORE_NAMES, type NameRow, SECRET_NAMES, START_UP_CODE_NAMES } from './environment-names.js';
import { compileNames } from './name-pattern.js';

/** How an environment is chosen; the shape of `EnvironmentPolicy`, which this room may not import. */
export interface EnvironmentChoice {
  readonly inherit: 'all' | 'core' | 'none';
  /** True: names that look like secrets or that run code at start-up are not left out. */
  readonly ignoreDefaultExcludes: boolean;
  /** Patterns with `*` and `?`, case ignored, of names to leave out. */
  readonly exclude: readonly string[];
  readonly set: Readonly<Record<string, string>>;
  /** When not empty, only names that match one of these patterns are kept, those of `set` included. */
  readonly includeOnly: readonly string[];
}

/**
 * Makes a command's environment: what `source` holds, filtered by `inherit`, the default excludes and `exclude`;
 * then `set` laid over it; then cut down to `includeOnly`. Inherited variables that no process can be given (an empty
 * name, `=` in the name, NUL anywhere) are dropped.
 *
 * @param source - the variables to inherit from.
 * @param choice - the policy.
 * @returns a new object, in the order of `source` and then of `set`.
 * @throws CordonError `usage-invalid` when `set` holds a variable that no process can be given.
 */
export function buildEnvironment(
  source: Readonly<Record<string, string | undefined>>,
  choice: EnvironmentChoice,
): Record<string, string> {
  const chosen = new Map(inheritedFrom(source, choice));
  for (const [name, value] of Object.entries(choice.set)) {
    refuseUnusable(name, value);
    chosen.set(name, value);
  }
  const isKept = choice.includeOnly.length === 0 ? () => true : compileNames(choice.includeOnly);
  const kept = [...chosen].filter(([name]) => isKept(name));
  return Object.fromEntries(kept);
}

function inheritedFrom(
  source: Readonly<Record<string, string | undefined>>,
  choice: EnvironmentChoice,
): [string, string][] {
  if (choice.inherit === 'none') return [];
  const isCore = choice.inherit === 'core' ? compileNames(patternsOf(CORE_NAMES)) : () => true;
  const isExcludedByDefault = choice.ignoreDefaultExcludes ? () => false : defaultExcludes();
  const isExcluded = compileNames(choice.exclude);
  const inherited: [string, string][] = [];
  for (const [name, value] of Object.entries(source)) {
    if (value === undefined || problemOf(name, value) !== undefined) continue;
    if (isCore(name) && !isExcludedByDefault(name) && !isExcluded(name)) inherited.push([name, value]);
  }
  return inherited;
}

let isDefaultExclude: ((name: string) => boolean) | undefined;

/** Compiled once: an environment is made at every launch. */
function defaultExcludes(): (name: string) => boolean {
  return (isDefaultExclude ??= compileNames([
    ...patternsOf(SECRET_NAMES),
    ...patternsOf(START_UP_CODE_NAMES),
  ]));
}

function patternsOf(rows: readonly NameRow[]): string[] {
  return rows.flatMap((row) => row.patterns);
}

/** The value is never told: it may be a secret. */
function refuseUnusable(name: string, value: string): void {
  const problem = problemOf(name, value);
  if (problem === undefined) return;
  throw new CordonError('usage-invalid', `Cannot set variable ${JSON.stringify(name)}: ${problem}`, {
    details: { name },
    hint: 'Give the variable a name without "=" and a value without NUL.',
  });
}

function problemOf(name: string, value: string): string | undefined {
  if (name === '') return 'its name is empty';
  if (name.includes('=')) return 'its name holds "="';
  if (name.includes('\0')) return 'its name holds a NUL character';
  if (value.includes('\0')) return 'its value holds a NUL character';
  return undefined;
}
