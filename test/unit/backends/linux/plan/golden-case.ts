import { readFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'prettier';
import { type RestrictedBinding } from '../../../../../src/binding/bound-policy.js';
import { bubblewrapOptions } from '../../../../../src/backends/linux/plan/bubblewrap-arguments.js';
import { type PlanContext, planLinuxLaunch } from '../../../../../src/backends/linux/plan/plan.js';
import { type AbsolutePath, ancestorsOf, parseAbsolutePath } from '../../../../../src/paths/absolute-path.js';
import { type Access, type NetworkAccess } from '../../../../../src/permissions/profile.js';
import { type PathRule, type RuleTarget } from '../../../../../src/permissions/rules.js';

/** A bound policy as a file holds it: what a profile came to on a machine that need not be this one. */
interface GoldenPolicy {
  /** What the case is about. */
  readonly about: string;
  readonly network: NetworkAccess;
  readonly cwd: string;
  readonly stdio: 'pipes' | 'terminal';
  /** `unrestricted`, or rules as [access, path, what is there]. */
  readonly rules: 'unrestricted' | readonly (readonly [Access, string, RuleTarget])[];
  /** Paths that do not exist, beside the rules whose target is missing. */
  readonly missing?: readonly string[];
  readonly links?: readonly { readonly path: string; readonly text: string }[];
  readonly maskedSockets?: readonly string[];
}

/** What is compared: every word that bubblewrap would be told, and what is done around it. */
interface GoldenPlan {
  /** One option with its values a line. */
  readonly bubblewrap: readonly (readonly string[])[];
  readonly mountPoints: readonly string[];
  readonly checks: readonly string[];
}

const GOLDEN = path.join(import.meta.dirname, '../../../../golden');

const DENIED_FILE = parseAbsolutePath('/private/denied');

const CONTEXT: PlanContext = {
  mask: { device: 1n, inode: 1n },
  proc: {
    readOnly: [parseAbsolutePath('/proc/sys')],
    hidden: [parseAbsolutePath('/proc/kcore')],
  },
  architecture: 'x64',
};

/** Where a file of a case is. */
export function goldenFile(name: string, file: 'policy.json' | 'plan.json'): string {
  return path.join(GOLDEN, name, file);
}

/** Plans a case anew, and gives the text that its plan.json must hold. */
export async function planOfCase(name: string): Promise<string> {
  const golden = JSON.parse(readFileSync(goldenFile(name, 'policy.json'), 'utf8')) as GoldenPolicy;
  const fileSystem =
    golden.rules === 'unrestricted' ? ({ kind: 'unrestricted' } as const) : bindingOf(golden);
  const cwd = parseAbsolutePath(golden.cwd);
  const policy = {
    kind: 'managed',
    network: golden.network,
    fileSystem,
    cwd,
    workspaceRoots: [],
    warnings: [],
  } as const;
  const command = {
    argv: ['true'],
    argv0: undefined,
    environment: { HOME: '/home/ada' },
    stdio: golden.stdio,
  } as const;
  const plan = planLinuxLaunch(policy, command, CONTEXT);
  const printed: GoldenPlan = {
    bubblewrap: byOption(bubblewrapOptions(plan, DENIED_FILE)),
    mountPoints: plan.mountPoints.map(({ path: of, writable }) => `${of}${writable ? ' (writable)' : ''}`),
    checks: plan.checks.map(({ side, path: of }) => `${side} ${of}`),
  };
  return format(JSON.stringify(printed), { parser: 'json', printWidth: 110 });
}

function bindingOf(golden: GoldenPolicy): RestrictedBinding {
  const rules = golden.rules === 'unrestricted' ? [] : golden.rules.map(ruleOf);
  const missing = new Set([...(golden.missing ?? []), ...rules.filter(isMissing).map(({ path: of }) => of)]);
  const known = new Set(rules.flatMap(({ path: of }) => [of, ...ancestorsOf(of)]));
  const existing = [...known].filter((of) => !missing.has(of)).sort();
  return {
    kind: 'restricted',
    ruleSet: { rules, globs: [] },
    links: (golden.links ?? []).map(({ path: of, text }) => ({ path: parseAbsolutePath(of), text })),
    maskedSockets: (golden.maskedSockets ?? []).map(parseAbsolutePath),
    allowedSockets: [],
    identities: new Map(existing.map((of, index) => [of, { device: 8n, inode: BigInt(index + 2) }])),
  };
}

function ruleOf([access, of, target]: readonly [Access, string, RuleTarget]): PathRule {
  return { path: parseAbsolutePath(of), access, target, origin: { kind: 'profile', text: of } };
}

function isMissing({ target }: { readonly path: AbsolutePath; readonly target: RuleTarget }): boolean {
  return target === 'missing';
}

function byOption(words: readonly string[]): readonly (readonly string[])[] {
  const options: string[][] = [];
  for (const word of words) {
    if (word.startsWith('--')) options.push([word]);
    else options.at(-1)?.push(word);
  }
  return options;
}
