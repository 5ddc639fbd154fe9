import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ManagedPolicy, type RestrictedBinding } from '../../../../../src/binding/bound-policy.js';
import { planLandlockOnly } from '../../../../../src/backends/linux/plan/landlock-only.js';
import { type LandlockSandbox } from '../../../../../src/backends/linux/plan/launch-plan.js';
import { CordonError } from '../../../../../src/errors/cordon-error.js';
import { type AbsolutePath, isWithin, parseAbsolutePath } from '../../../../../src/paths/absolute-path.js';
import { createEvaluator } from '../../../../../src/permissions/evaluate.js';
import { type PathRule, type RuleTarget } from '../../../../../src/permissions/rules.js';
import { PATHS, bind, rule, ruleSets } from './policies.js';

const PLACE = parseAbsolutePath('/');

function policyOf(
  fileSystem: ManagedPolicy['fileSystem'],
  network: ManagedPolicy['network'] = 'restricted',
): ManagedPolicy {
  return { kind: 'managed', network, fileSystem, cwd: PLACE, workspaceRoots: [], warnings: [] };
}

function plan(rules: readonly PathRule[], more: Partial<RestrictedBinding> = {}): LandlockSandbox {
  return planLandlockOnly(policyOf(bind(rules, more)));
}

function refusalOf(rules: readonly PathRule[], more: Partial<RestrictedBinding> = {}): CordonError {
  try {
    plan(rules, more);
  } catch (error) {
    if (error instanceof CordonError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

function builtIn(at: string, target: RuleTarget = 'directory'): PathRule {
  return { ...rule('deny', at, target), origin: { kind: 'built-in', reason: 'hidden by cordon' } };
}

/** What the launcher makes of it: rights add up from the root, and what is hidden gets none by reading what holds it. */
function allows({ rules, hidden }: LandlockSandbox, access: 'read' | 'write', path: AbsolutePath): boolean {
  return rules.some((one) => {
    if (!isWithin(path, one.path) || (one.access !== 'write' && one.access !== access)) return false;
    const between = hidden.some((at) => at !== one.path && isWithin(at, one.path) && isWithin(path, at));
    return one.access === 'write' || !between;
  });
}

describe('Landlock alone', () => {
  test('gives every path the access that the rules give it, or refuses and names one of them', () => {
    fc.assert(
      fc.property(ruleSets, (rules) => {
        const evaluator = createEvaluator({ rules, globs: [] });
        const sandbox = planned(rules);
        if (sandbox instanceof CordonError) {
          expect(sandbox.code).toBe('landlock-cannot-express');
          expect([...rules.map(({ path }) => path)]).toContain(sandbox.details['path']);
          return;
        }
        for (const path of PATHS) {
          const access = evaluator.accessAt(path);
          expect([path, allows(sandbox, 'write', path)]).toEqual([path, access === 'write']);
          expect([path, allows(sandbox, 'read', path)]).toEqual([path, access !== 'deny']);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('opens directories side by side, devices that programs need, and what the kernel tells', () => {
    const { rules, hidden, refusesTcp } = plan([
      rule('read', '/usr'),
      rule('write', '/w'),
      rule('read', '/w2'),
    ]);
    expect(rules.map(({ path, access }) => `${access} ${path}`)).toEqual([
      ...['read /proc', 'read /usr', 'write /w', 'read /w2'],
      ...['null', 'zero', 'full', 'random', 'urandom', 'tty'].map((name) => `write /dev/${name}`),
    ]);
    expect([hidden, refusesTcp]).toEqual([[], true]);
  });

  test('leaves what cordon hides, and the devices of the host, out of a readable root', () => {
    const rules = [
      rule('read', '/'),
      builtIn('/run'),
      rule('read', '/run/kept', 'file'),
      builtIn('/h/a/state'),
    ];
    const sandbox = plan(rules);
    expect(sandbox.hidden).toEqual(['/dev', '/run', '/h/a/state']);
    expect(sandbox.rules.slice(0, 3)).toEqual([
      { path: '/', access: 'list' },
      { path: '/', access: 'read' },
      { path: '/run/kept', access: 'read' },
    ]);
    expect(sandbox.gaps.map(({ name }) => name)).toContain('hidden-names');
  });

  test('tells no gap about hidden names where the root is closed', () => {
    expect(plan([rule('read', '/usr')]).gaps.map(({ name }) => name)).toEqual([
      'metadata',
      'host-proc',
      'device-nodes',
      'double-kill',
    ]);
  });

  test('opens a /proc that the profile closes for nobody', () => {
    const paths = plan([rule('read', '/usr'), rule('deny', '/proc')]).rules.map(({ path }) => path);
    expect(paths).not.toContain('/proc');
  });

  test('checks that each path it opens is still what was bound', () => {
    const { checks } = plan([rule('read', '/usr'), rule('write', '/w')]);
    expect(checks.map(({ side, path }) => `${side} ${path}`)).toEqual(['sandbox /usr', 'sandbox /w']);
  });

  test('lets TCP be where the profile does', () => {
    expect(planLandlockOnly(policyOf(bind([rule('read', '/usr')]), 'enabled')).refusesTcp).toBe(false);
  });

  test.each<[string, readonly PathRule[], string]>([
    ['read-only inside of writable', [rule('write', '/w'), rule('read', '/w/.git')], '/w/.git'],
    [
      'the same where it does not exist yet',
      [rule('write', '/w'), rule('read', '/w/.git', 'missing')],
      '/w/.git',
    ],
    ['hidden inside of writable', [rule('write', '/w'), rule('deny', '/w/s')], '/w/s'],
    ['hidden inside of readable', [rule('read', '/'), rule('deny', '/h/.ssh')], '/h/.ssh'],
    ['a device', [rule('read', '/'), rule('write', '/dev/kvm', 'file')], '/dev/kvm'],
    ['a writable root', [rule('write', '/')], '/'],
  ])('cannot say: %s', (_what, rules, path) => {
    const error = refusalOf(rules);
    expect([error.code, error.details['path']]).toEqual(['landlock-cannot-express', path]);
    expect(error.message).toContain(path);
    expect(error.hint).toContain('user namespaces');
  });

  test('cannot open one Unix socket and no other', () => {
    const error = refusalOf([rule('read', '/')], {
      allowedSockets: [{ path: parseAbsolutePath('/s'), isDatagram: false }],
    });
    expect([error.code, error.details['path']]).toEqual(['landlock-cannot-express', '/s']);
  });

  test('cannot hold a command whose files are unrestricted', () => {
    expect(() => planLandlockOnly(policyOf({ kind: 'unrestricted' }))).toThrow(
      expect.objectContaining({ code: 'landlock-cannot-express' }),
    );
  });

  test('needs no rule for what is hidden and not there', () => {
    expect(plan([rule('read', '/'), rule('deny', '/none', 'missing')]).hidden).toEqual(['/dev', '/none']);
  });
});

function planned(rules: readonly PathRule[]): LandlockSandbox | CordonError {
  try {
    return plan(rules);
  } catch (error) {
    if (error instanceof CordonError) return error;
    throw error;
  }
}
