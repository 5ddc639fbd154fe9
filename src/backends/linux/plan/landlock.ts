import {
  type AbsolutePath,
  ROOT_PATH,
  ancestorsOf,
  parseAbsolutePath,
} from '../../../paths/absolute-path.js';
import { type LandlockAccess, type LandlockRule, type MountStep } from './launch-plan.js';

const STRENGTH: Readonly<Record<LandlockAccess, number>> = { list: 0, read: 1, write: 2 };

/**
 * The rules of a second wall behind the mounts: everything that they leave open stays open, and as little else as Landlock can
 * say. Its rights add up towards the root, so that what is read-only or hidden inside of something wider is left to the mounts.
 * Source: Documentation/userspace-api/landlock.rst.
 *
 * @param mounts - of the plan, in their order.
 * @returns the fewest rules that say it, the shortest path first.
 */
export function planLandlock(mounts: readonly MountStep[]): readonly LandlockRule[] {
  const isBound = mounts.some((step) => step.kind === 'bind' && step.target === ROOT_PATH);
  /* An empty root holds directories on the way to what is mounted, which may be listed. */
  const skeleton: readonly LandlockRule[] = isBound ? [] : [{ path: ROOT_PATH, access: 'list' }];
  return withoutImplied([...skeleton, ...mounts.flatMap((step) => ruleOf(step, mounts))]);
}

/** Leaves out each rule that another one of the same path or above it implies. */
function withoutImplied(rules: readonly LandlockRule[]): readonly LandlockRule[] {
  const strongest = new Map<AbsolutePath, LandlockRule>();
  for (const rule of rules) {
    const known = strongest.get(rule.path);
    if (known === undefined || STRENGTH[known.access] < STRENGTH[rule.access]) strongest.set(rule.path, rule);
  }
  return [...strongest.values()]
    .filter(({ path, access }) =>
      ancestorsOf(path).every((above) => {
        const wider = strongest.get(above);
        return wider === undefined || STRENGTH[wider.access] < STRENGTH[access];
      }),
    )
    .sort((a, b) => a.path.length - b.path.length || (a.path < b.path ? -1 : 1));
}

/**
 * The options of cordon's own launcher for rules; bubblewrap has none of the kind (native/linux/launcher/wall.h).
 *
 * @param rules - from `planLandlock`.
 */
export function landlockOptions(rules: readonly LandlockRule[]): readonly string[] {
  return rules.flatMap(({ path, access }) => [`--landlock-${access}`, path]);
}

/** Masks, links and changes of permissions open nothing. */
function ruleOf(step: MountStep, mounts: readonly MountStep[]): readonly LandlockRule[] {
  if (step.kind === 'bind')
    return [{ path: step.target, access: step.mode === 'read-only' ? 'read' : 'write' }];
  if (step.kind === 'dev') return [{ path: DEV, access: 'write' }];
  if (step.kind === 'proc') return [{ path: PROC, access: 'write' }];
  return step.kind === 'tmpfs' ? tmpfsRule(step, mounts) : [];
}

/** As its permissions are in the end; one that nobody may list gets no rule. */
function tmpfsRule(
  { target, permissions }: Extract<MountStep, { kind: 'tmpfs' }>,
  mounts: readonly MountStep[],
): readonly LandlockRule[] {
  const isSealed = mounts.some((step) => step.kind === 'remount-read-only' && step.target === target);
  if (!isSealed) return [{ path: target, access: 'write' }];
  const changed = mounts.flatMap((step) =>
    step.kind === 'chmod' && step.target === target ? [step.permissions] : [],
  );
  return ((changed.at(-1) ?? permissions) & ANY_READ) === 0 ? [] : [{ path: target, access: 'list' }];
}

const ANY_READ = 0o444;
const DEV = parseAbsolutePath('/dev');
const PROC = parseAbsolutePath('/proc');
