import { type RestrictedBinding } from '../../../binding/bound-policy.js';
import { type FileIdentity } from '../../../binding/bound-policy.js';
import {
  type AbsolutePath,
  ROOT_PATH,
  ancestorsOf,
  isWithin,
  parentPath,
  parseAbsolutePath,
  pathDepth,
} from '../../../paths/absolute-path.js';
import { type Evaluator, createEvaluator } from '../../../permissions/evaluate.js';
import { type Access } from '../../../permissions/profile.js';
import { type PathRule } from '../../../permissions/rules.js';
import { type MountCheck, type MountPointNeed, type MountStep } from './launch-plan.js';

/** What mounts are planned with, beside the policy. */
export interface MountContext {
  /** The unreadable empty file that masks are made of. */
  readonly mask: FileIdentity;
  readonly proc: { readonly readOnly: readonly AbsolutePath[]; readonly hidden: readonly AbsolutePath[] };
}

/** The file-system part of a plan. */
export interface MountPlan {
  readonly mounts: readonly MountStep[];
  readonly mountPoints: readonly MountPointNeed[];
  readonly covered: readonly AbsolutePath[];
  readonly checks: readonly MountCheck[];
}

/** No permission at all. */
const NOTHING = 0o000;
/** Names below can be reached by who knows them, not listed. */
const PASS_THROUGH = 0o111;
const ORDINARY = 0o755;
const READABLE = 0o555;

const TMP = parseAbsolutePath('/tmp');
const DEV = parseAbsolutePath('/dev');

/**
 * Turns the rules into mounts: from the root down, each rule that differs from what holds above it becomes one mount, so that
 * a deeper rule lies over a shallower one exactly as the longer path wins.
 *
 * Directories between a writable root and a restricted path below it are mounted onto themselves: a mount point cannot be
 * renamed or removed (EBUSY, rename(2)), and so nobody can move the parent away and build the path anew.
 *
 * @param binding - the restricted file system.
 * @param context - the mask and the kernel's /proc.
 */
export function planMounts(binding: RestrictedBinding, context: MountContext): MountPlan {
  const planner = new MountPlanner(binding, context);
  return planner.plan();
}

/** For a file system without restrictions: everything as it is, with a /proc of its own. */
export function planUnrestrictedMounts(context: MountContext): MountPlan {
  const mounts: MountStep[] = [{ kind: 'bind', source: ROOT_PATH, target: ROOT_PATH, mode: 'devices' }];
  return { mounts: [...mounts, ...procSteps(context)], mountPoints: [], covered: [], checks: [] };
}

class MountPlanner {
  readonly #binding: RestrictedBinding;
  readonly #context: MountContext;
  readonly #evaluator: Evaluator;
  readonly #ruleByPath: ReadonlyMap<AbsolutePath, PathRule>;
  readonly #steps: MountStep[] = [];
  readonly #seals: MountStep[] = [];
  readonly #mountPoints: MountPointNeed[] = [];
  readonly #covered: AbsolutePath[] = [];
  readonly #checks: MountCheck[] = [];

  constructor(binding: RestrictedBinding, context: MountContext) {
    this.#binding = binding;
    this.#context = context;
    this.#evaluator = createEvaluator({ rules: binding.ruleSet.rules, globs: [] });
    this.#ruleByPath = new Map(binding.ruleSet.rules.map((rule) => [rule.path, rule]));
  }

  plan(): MountPlan {
    this.#planRoot();
    this.#steps.push({ kind: 'dev' }, ...procSteps(this.#context));
    for (const path of this.#mountedPaths()) {
      const rule = this.#ruleByPath.get(path);
      if (rule === undefined) this.#pin(path);
      else this.#planRule(rule);
    }
    for (const socket of this.#binding.maskedSockets ?? [])
      this.#steps.push({ kind: 'mask', target: socket });
    return {
      mounts: [...this.#steps, ...this.#seals.reverse()],
      mountPoints: this.#mountPoints,
      covered: this.#covered,
      checks: this.#checks,
    };
  }

  #planRoot(): void {
    const access = this.#evaluator.accessAt(ROOT_PATH);
    if (access !== 'deny') {
      const mode = access === 'write' ? 'writable' : 'read-only';
      this.#steps.push({ kind: 'bind', source: ROOT_PATH, target: ROOT_PATH, mode });
      return;
    }
    this.#seals.push({ kind: 'remount-read-only', target: ROOT_PATH });
    /* Programs need a place for temporary files; this one is the sandbox's own, and goes with it. */
    if (!this.#ruleByPath.has(TMP)) this.#steps.push({ kind: 'tmpfs', target: TMP, permissions: 0o1777 });
    for (const link of this.#binding.links) {
      const { access: held, decision } = this.#evaluator.evaluate('read', link.path);
      if (held === 'deny' && decision.kind === 'no-entry')
        this.#steps.push({ kind: 'symlink', target: link.path, text: link.text });
    }
  }

  /** Rules and the directories to pin, from the root down. */
  #mountedPaths(): readonly AbsolutePath[] {
    const paths = new Set<AbsolutePath>();
    for (const rule of this.#binding.ruleSet.rules) {
      if (rule.path === ROOT_PATH || rule.path === DEV || !this.#isMounted(rule)) continue;
      paths.add(rule.path);
      for (const directory of this.#directoriesToPin(rule.path)) paths.add(directory);
    }
    return [...paths].sort((a, b) => pathDepth(a) - pathDepth(b) || (a < b ? -1 : 1));
  }

  /** The writable directories above a path, up to the nearest one that a rule mounts anyway. */
  #directoriesToPin(path: AbsolutePath): readonly AbsolutePath[] {
    const found: AbsolutePath[] = [];
    for (const directory of ancestorsOf(path)) {
      if (directory === ROOT_PATH || this.#ruleByPath.has(directory)) break;
      if (this.#evaluator.accessAt(directory) !== 'write') break;
      found.push(directory);
    }
    return found;
  }

  #isMounted(rule: PathRule): boolean {
    const above = this.#accessAbove(rule);
    if (rule.target === 'missing') return rule.access !== 'write' && above === 'write';
    return rule.access === 'write' || rule.access !== above;
  }

  #accessAbove(rule: PathRule): Access {
    return this.#evaluator.accessAt(parentPath(rule.path));
  }

  #planRule(rule: PathRule): void {
    if (rule.target === 'missing') this.#mountPoints.push({ path: rule.path, writable: false });
    else if (rule.access !== 'write' && this.#accessAbove(rule) === 'write') this.#covered.push(rule.path);
    if (rule.access === 'deny') this.#deny(rule);
    else if (rule.target === 'missing') this.#coverWithEmptyDirectory(rule.path, READABLE);
    else this.#bind(rule.path, rule.access === 'write' ? 'writable' : 'read-only');
  }

  #bind(path: AbsolutePath, mode: 'read-only' | 'writable'): void {
    this.#steps.push({
      kind: 'bind',
      source: path,
      target: path,
      mode: isWithin(path, DEV) ? 'devices' : mode,
    });
    this.#check('sandbox', path);
  }

  #pin(path: AbsolutePath): void {
    if (this.#binding.identities.has(path)) this.#covered.push(path);
    else this.#mountPoints.push({ path, writable: true });
    this.#bind(path, 'writable');
  }

  #deny(rule: PathRule): void {
    this.#check('host', rule.path);
    if (rule.target === 'file') {
      this.#steps.push({ kind: 'mask', target: rule.path });
      this.#checks.push({ side: 'sandbox', path: rule.path, identity: this.#context.mask });
      return;
    }
    const isReopened = this.#binding.ruleSet.rules.some(
      (other) =>
        other.access !== 'deny' &&
        other.target !== 'missing' &&
        other.path !== rule.path &&
        isWithin(other.path, rule.path),
    );
    this.#coverWithEmptyDirectory(rule.path, isReopened ? ORDINARY : NOTHING);
    if (isReopened) this.#seals.push({ kind: 'chmod', target: rule.path, permissions: PASS_THROUGH });
  }

  #coverWithEmptyDirectory(path: AbsolutePath, permissions: number): void {
    this.#steps.push({ kind: 'tmpfs', target: path, permissions });
    this.#seals.push({ kind: 'remount-read-only', target: path });
  }

  #check(side: MountCheck['side'], path: AbsolutePath): void {
    const identity = this.#binding.identities.get(path);
    if (identity !== undefined) this.#checks.push({ side, path, identity });
  }
}

/** A new /proc for the new process namespace, its dangerous parts covered. */
function procSteps({ proc }: MountContext): readonly MountStep[] {
  return [
    { kind: 'proc' },
    ...proc.readOnly.map(
      (path) => ({ kind: 'bind', source: path, target: path, mode: 'read-only' }) as const,
    ),
    ...proc.hidden.map((path) => ({ kind: 'mask', target: path }) as const),
  ];
}
