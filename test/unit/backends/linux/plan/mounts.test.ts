import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type MountStep } from '../../../../../src/backends/linux/plan/launch-plan.js';
import { planMounts, planUnrestrictedMounts } from '../../../../../src/backends/linux/plan/mounts.js';
import {
  type AbsolutePath,
  ancestorsOf,
  isWithin,
  parseAbsolutePath,
} from '../../../../../src/paths/absolute-path.js';
import { createEvaluator } from '../../../../../src/permissions/evaluate.js';
import { type Access } from '../../../../../src/permissions/profile.js';
import { type PathRule } from '../../../../../src/permissions/rules.js';
import { CONTEXT, PATHS, bind, rule, ruleSets } from './policies.js';

/** Where a step lays something; nothing for those that change what is there. */
function coverOf(step: MountStep): { readonly at: AbsolutePath; readonly access: Access } | undefined {
  if (step.kind === 'bind') return { at: step.target, access: step.mode === 'read-only' ? 'read' : 'write' };
  if (step.kind === 'mask' || step.kind === 'tmpfs') return { at: step.target, access: 'deny' };
  return undefined;
}

/** What a path is after all mounts: a second reading of them, the last one that covers it counts. */
function accessAfter(steps: readonly MountStep[], path: AbsolutePath): Access {
  const covers = steps.map(coverOf).filter((cover) => cover !== undefined && isWithin(path, cover.at));
  return covers.at(-1)?.access ?? 'deny';
}

describe('Mounts', () => {
  test('give every path the access that the rules give it', () => {
    fc.assert(
      fc.property(ruleSets, (rules) => {
        const evaluator = createEvaluator({ rules, globs: [] });
        const { mounts } = planMounts(bind(rules), CONTEXT);
        for (const path of PATHS)
          expect([path, accessAfter(mounts, path)]).toEqual([path, evaluator.accessAt(path)]);
      }),
      { numRuns: 500 },
    );
  });

  test('hold every writable directory above a restricted path in its place', () => {
    fc.assert(
      fc.property(ruleSets, (rules) => {
        const evaluator = createEvaluator({ rules, globs: [] });
        const { mounts } = planMounts(bind(rules), CONTEXT);
        const held = new Set(mounts.map((step) => coverOf(step)?.at));
        for (const { path, access } of rules) {
          if (access === 'write' || path === '/') continue;
          const above = ancestorsOf(path).filter((at) => at !== '/' && evaluator.accessAt(at) === 'write');
          const nearest = above.filter((at) =>
            ancestorsOf(path)
              .slice(0, ancestorsOf(path).indexOf(at))
              .every((between) => evaluator.accessAt(between) === 'write'),
          );
          for (const at of nearest) expect([at, held.has(at)]).toEqual([at, true]);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('are sealed from the inside out: nothing is mounted below what is read-only already', () => {
    fc.assert(
      fc.property(ruleSets, (rules) => {
        const { mounts } = planMounts(bind(rules), CONTEXT);
        const firstSeal = mounts.findIndex(({ kind }) => kind === 'remount-read-only' || kind === 'chmod');
        if (firstSeal < 0) return;
        expect(
          mounts.slice(firstSeal).every(({ kind }) => kind === 'remount-read-only' || kind === 'chmod'),
        ).toBe(true);
      }),
    );
  });

  test('check every object that they cover, where it can be seen', () => {
    const { checks } = planMounts(
      bind([
        rule('read', '/'),
        rule('write', '/w'),
        rule('read', '/w/r'),
        rule('deny', '/w/d'),
        rule('deny', '/w/f', 'file'),
      ]),
      CONTEXT,
    );
    expect(checks.map(({ side, path }) => `${side} ${path}`).sort()).toEqual([
      'host /w/d',
      'host /w/f',
      'sandbox /w',
      'sandbox /w/f',
      'sandbox /w/r',
    ]);
  });

  test('come with a new /dev and /proc before anything below them', () => {
    const { mounts } = planMounts(bind([rule('read', '/'), rule('write', '/dev/kvm', 'file')]), CONTEXT);
    expect(mounts.map(({ kind }) => kind)).toEqual(['bind', 'dev', 'proc', 'bind']);
    expect(mounts.at(-1)).toMatchObject({ mode: 'devices', target: '/dev/kvm' });
  });

  test('never give the /dev of the host', () => {
    const { mounts } = planMounts(bind([rule('write', '/'), rule('write', '/dev')]), CONTEXT);
    expect(mounts.map((step) => ('target' in step ? step.target : step.kind))).toEqual(['/', 'dev', 'proc']);
  });

  test('mask sockets last, over whatever is mounted below', () => {
    const socket = parseAbsolutePath('/w/socket');
    const { mounts } = planMounts(
      bind([rule('read', '/'), rule('write', '/w')], { maskedSockets: [socket] }),
      CONTEXT,
    );
    expect(mounts.at(-1)).toEqual({ kind: 'mask', target: socket });
  });

  test('make links anew only where the root is empty and nothing else decides', () => {
    const links = [
      { path: parseAbsolutePath('/bin'), text: 'usr/bin' },
      { path: parseAbsolutePath('/usr/x'), text: 'y' },
    ];
    const targets = (rules: readonly PathRule[]): readonly string[] =>
      planMounts(bind(rules, { links }), CONTEXT).mounts.flatMap((step) =>
        step.kind === 'symlink' ? [step.target] : [],
      );
    expect(targets([rule('read', '/usr')])).toEqual(['/bin']);
    expect(targets([rule('read', '/'), rule('read', '/usr')])).toEqual([]);
  });

  test('of an unrestricted file system are the root with devices and a new /proc', () => {
    const plan = planUnrestrictedMounts(CONTEXT);
    expect(plan.mounts).toEqual([
      { kind: 'bind', source: '/', target: '/', mode: 'devices' },
      { kind: 'proc' },
    ]);
    expect([plan.mountPoints, plan.checks]).toEqual([[], []]);
  });
});

describe('A missing path', () => {
  test.each<[string, Access, Access, boolean]>([
    ['read below writable', 'write', 'read', true],
    ['denied below writable', 'write', 'deny', true],
    ['denied below readable', 'read', 'deny', false],
    ['read below readable', 'read', 'read', false],
    ['writable below readable', 'read', 'write', false],
    ['writable below denied', 'deny', 'write', false],
  ])(
    '%s: a mount point is made for it only where it could come into being',
    (_what, above, access, isMade) => {
      const { mountPoints, mounts } = planMounts(
        bind([rule(above, '/'), rule(access, '/p', 'missing')]),
        CONTEXT,
      );
      expect(mountPoints.map(({ path }) => path)).toEqual(isMade ? ['/p'] : []);
      expect(mounts.some((step) => 'target' in step && step.target === '/p')).toBe(isMade);
    },
  );
});
