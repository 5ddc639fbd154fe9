import { type ManagedPolicy, type RestrictedBinding } from '../../../binding/bound-policy.js';
import {
  type AbsolutePath,
  ROOT_PATH,
  isWithin,
  parentPath,
  parseAbsolutePath,
} from '../../../paths/absolute-path.js';
import { createEvaluator, type Evaluator } from '../../../permissions/evaluate.js';
import { type PathRule } from '../../../permissions/rules.js';
import {
  cannotCloseInside,
  cannotConnect,
  cannotOpenDevice,
  cannotOpenEverything,
} from './landlock-refusals.js';
import { LANDLOCK_GAPS, NAMES_GAP } from './landlock-gaps.js';
import { type LandlockRule, type LandlockSandbox, type MountCheck } from './launch-plan.js';

/** Devices that programs cannot do without; the rest of the host's /dev is hidden. */
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'].map((name) =>
  parseAbsolutePath(`/dev/${name}`),
);

const DEV = parseAbsolutePath('/dev');
const PROC = parseAbsolutePath('/proc');

/**
 * Plans a sandbox of Landlock alone. Its rights add up towards the root: a rule can open something inside of what is closed,
 * never close something inside of what is open. A policy that needs the latter is refused, whatever it is about. One exception
 * is made, since every readable root needs it: what cordon itself hides is left out of the directories around it, whose other
 * entries are opened one by one when the command starts. Their names, and those below, can then be listed (a gap).
 *
 * @param policy - bound.
 * @throws CordonError `landlock-cannot-express`, which names the rule.
 */
export function planLandlockOnly(policy: ManagedPolicy): LandlockSandbox {
  const { fileSystem, network } = policy;
  if (fileSystem.kind === 'unrestricted') throw cannotOpenEverything();
  const socket = fileSystem.allowedSockets[0]?.path;
  if (socket !== undefined) throw cannotConnect(socket);
  const evaluator = createEvaluator({ rules: fileSystem.ruleSet.rules, globs: [] });
  if (evaluator.accessAt(ROOT_PATH) === 'write') throw cannotOpenEverything();
  const isRootReadable = evaluator.accessAt(ROOT_PATH) === 'read';
  const rules = rulesOf(fileSystem, evaluator);
  return {
    rules: [
      ...(isRootReadable ? ([{ path: ROOT_PATH, access: 'list' }] as const) : procRule(evaluator)),
      ...rules,
      ...devices(),
    ],
    hidden: isRootReadable ? [DEV, ...hiddenBy(fileSystem, evaluator)] : [],
    refusesTcp: network === 'restricted',
    checks: checksOf(fileSystem, rules),
    gaps: isRootReadable ? [...LANDLOCK_GAPS, NAMES_GAP] : LANDLOCK_GAPS,
  };
}

function devices(): readonly LandlockRule[] {
  return DEVICES.map((path) => ({ path, access: 'write' }));
}

/** Programs read of themselves there; the host's is the only one. */
function procRule(evaluator: Evaluator): readonly LandlockRule[] {
  const { decision } = evaluator.evaluate('read', PROC);
  return decision.kind === 'rule' ? [] : [{ path: PROC, access: 'read' }];
}

/** Rules that open more than holds above them; of one that closes it is known that it need not be told. */
function rulesOf({ ruleSet }: RestrictedBinding, evaluator: Evaluator): readonly LandlockRule[] {
  const found: LandlockRule[] = [];
  for (const rule of ruleSet.rules) {
    if (rule.path === DEV) continue;
    const above = rule.path === ROOT_PATH ? 'deny' : evaluator.accessAt(parentPath(rule.path));
    if (rule.access === above) continue;
    if (above === 'write') throw cannotCloseInside(rule, above);
    if (rule.access !== 'deny') found.push(...opening(rule));
    else if (rule.target !== 'missing' && rule.origin.kind !== 'built-in')
      throw cannotCloseInside(rule, above);
  }
  return found;
}

/** What does not exist yet could be opened only by opening the directory that it would be made in. */
function opening({ path, access, target }: PathRule): readonly LandlockRule[] {
  if (access === 'deny' || target === 'missing') return [];
  if (isWithin(path, DEV)) throw cannotOpenDevice(path);
  return [{ path, access }];
}

function hiddenBy({ ruleSet }: RestrictedBinding, evaluator: Evaluator): readonly AbsolutePath[] {
  return ruleSet.rules
    .filter(({ path, access }) => access === 'deny' && !isWithin(path, DEV) && path !== ROOT_PATH)
    .filter(({ path }) => evaluator.accessAt(parentPath(path)) === 'read')
    .map(({ path }) => path);
}

/** The launcher opens paths by name: each must still be what was bound. */
function checksOf({ identities }: RestrictedBinding, rules: readonly LandlockRule[]): readonly MountCheck[] {
  return rules.flatMap(({ path }) => {
    const identity = identities.get(path);
    return identity === undefined ? [] : [{ side: 'sandbox', path, identity } as const];
  });
}
