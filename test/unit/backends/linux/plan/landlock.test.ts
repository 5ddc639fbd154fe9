import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LandlockRule, type MountStep } from '../../../../../src/backends/linux/plan/launch-plan.js';
import { landlockOptions, planLandlock } from '../../../../../src/backends/linux/plan/landlock.js';
import { planMounts, planUnrestrictedMounts } from '../../../../../src/backends/linux/plan/mounts.js';
import { type AbsolutePath, isWithin, parseAbsolutePath } from '../../../../../src/paths/absolute-path.js';
import { createEvaluator } from '../../../../../src/permissions/evaluate.js';
import { type PathRule } from '../../../../../src/permissions/rules.js';
import { CONTEXT, PATHS, bind, rule, ruleSets } from './policies.js';

function planned(rules: readonly PathRule[]): readonly string[] {
  return told(planLandlock(planMounts(bind(rules), CONTEXT).mounts));
}

function told(rules: readonly LandlockRule[]): readonly string[] {
  return rules.map(({ path, access }) => `${access} ${path}`);
}

/** Rights add up from the root: a path has those of every rule above it. */
function allows(rules: readonly LandlockRule[], access: 'read' | 'write', path: AbsolutePath): boolean {
  return rules.some((one) => isWithin(path, one.path) && (one.access === 'write' || one.access === access));
}

describe("The second wall's rules", () => {
  test('never refuse what the policy lets a command read or write, and open nothing that no mount opens', () => {
    fc.assert(
      fc.property(ruleSets, (rules) => {
        const evaluator = createEvaluator({ rules, globs: [] });
        const { mounts } = planMounts(bind(rules), CONTEXT);
        const wall = planLandlock(mounts);
        for (const path of PATHS) {
          const access = evaluator.accessAt(path);
          if (access === 'write') expect([path, allows(wall, 'write', path)]).toEqual([path, true]);
          if (access !== 'deny') expect([path, allows(wall, 'read', path)]).toEqual([path, true]);
          const isWider = rules.some((one) => one.access === 'write' && isWithin(path, one.path));
          if (!isWider) expect([path, allows(wall, 'write', path)]).toEqual([path, false]);
          const isOpen = rules.some((one) => one.access !== 'deny' && isWithin(path, one.path));
          if (!isOpen) expect([path, allows(wall, 'read', path)]).toEqual([path, false]);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('say nothing twice', () => {
    fc.assert(
      fc.property(ruleSets, (rules) => {
        const wall = planLandlock(planMounts(bind(rules), CONTEXT).mounts);
        for (const one of wall)
          for (const other of wall)
            if (one !== other && isWithin(other.path, one.path))
              expect([one.access, other.access]).toBeOneOf([
                ['list', 'read'],
                ['list', 'write'],
                ['read', 'write'],
              ]);
      }),
    );
  });

  test.each<[string, readonly PathRule[], readonly string[]]>([
    ['a readable root', [rule('read', '/')], ['read /', 'write /dev', 'write /proc']],
    [
      'a writable directory in it, with a protected one inside',
      [rule('read', '/'), rule('write', '/w'), rule('read', '/w/.git')],
      ['read /', 'write /w', 'write /dev', 'write /proc'],
    ],
    [
      'a writable directory in a hidden one',
      [rule('read', '/'), rule('deny', '/h'), rule('write', '/h/w')],
      ['read /', 'write /dev', 'write /h/w', 'write /proc'],
    ],
    [
      'a closed root: with the directories on the way, and a /tmp of its own',
      [rule('read', '/usr'), rule('write', '/home/a')],
      ['list /', 'write /dev', 'write /tmp', 'read /usr', 'write /proc', 'write /home/a'],
    ],
    [
      'a closed root with the /tmp of the host',
      [rule('read', '/usr'), rule('read', '/tmp')],
      ['list /', 'write /dev', 'read /tmp', 'read /usr', 'write /proc'],
    ],
    ['a writable root', [rule('write', '/'), rule('read', '/sys')], ['write /']],
    [
      'a file',
      [rule('read', '/'), rule('write', '/f', 'file')],
      ['read /', 'write /f', 'write /dev', 'write /proc'],
    ],
    [
      'a missing path that is covered',
      [rule('read', '/'), rule('write', '/w'), rule('read', '/w/.git', 'missing')],
      ['read /', 'write /w', 'write /dev', 'write /proc'],
    ],
  ])('of %s', (_what, rules, expected) => {
    expect(planned(rules)).toEqual(expected);
  });

  test('of an unrestricted file system are one', () => {
    expect(told(planLandlock(planUnrestrictedMounts(CONTEXT).mounts))).toEqual(['write /']);
  });

  test('let an empty directory be listed where nothing is wider, and not one that only those may pass who know a name', () => {
    const path = parseAbsolutePath('/e');
    const sealed = (permissions: number, more: readonly MountStep[] = []): readonly string[] =>
      told(
        planLandlock([
          { kind: 'tmpfs', target: path, permissions },
          ...more,
          { kind: 'remount-read-only', target: path },
        ]),
      );
    expect(sealed(0o555)).toEqual(['list /']);
    expect(sealed(0o755, [{ kind: 'chmod', target: path, permissions: 0o111 }])).toEqual(['list /']);
  });

  test("are told by the launcher's own options", () => {
    const [read] = planLandlock([{ kind: 'bind', source: PATH, target: PATH, mode: 'read-only' }]).slice(1);
    expect(landlockOptions(read === undefined ? [] : [read])).toEqual(['--landlock-read', '/a']);
  });
});

const PATH = parseAbsolutePath('/a');
