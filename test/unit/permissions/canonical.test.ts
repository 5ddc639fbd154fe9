import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalEntries, canonicalJson, canonicalProfile } from '../../../src/permissions/canonical.js';
import { parsePermissionProfile } from '../../../src/permissions/profile-schema.js';
import { type PermissionEntry } from '../../../src/permissions/profile.js';
import { anyEntry, anyProfile } from './arbitraries.js';
import { on, restricted, skipping, special } from './entries.js';

describe('canonicalProfile', () => {
  it('sorts special paths before paths before globs', () => {
    const newer: PermissionEntry = {
      path: { type: 'special', value: { kind: 'unknown', path: 'new' } },
      access: 'read',
    };
    const sorted = [
      special('root', 'read'),
      special('minimal', 'read'),
      special('project_roots', 'write'),
      special('project_roots', 'read', '.git'),
      special('tmpdir', 'write'),
      special('slash_tmp', 'write'),
      newer,
      on('/a', 'read'),
      on('/a-b', 'read'),
      on('/a/b', 'read'),
      on('*.env', 'deny'),
      on('*.pem', 'deny'),
    ];
    expect(canonicalEntries(sorted.toReversed())).toEqual(sorted);
  });

  it.each([
    { one: 'read', other: 'write', merged: 'write' },
    { one: 'read', other: 'deny', merged: 'deny' },
    { one: 'write', other: 'deny', merged: 'deny' },
    { one: 'read', other: 'read', merged: 'read' },
  ] as const)('makes $merged of $one and $other for the same path', ({ one, other, merged }) => {
    expect(canonicalEntries([on('/a', one), on('/a', other)])).toEqual([on('/a', merged)]);
    expect(canonicalEntries([on('/a', other), on('/a', one)])).toEqual([on('/a', merged)]);
  });

  it('skips a missing path only when every entry for it says so', () => {
    const loud = on('/a', 'read');
    const quiet = skipping(loud);
    expect(canonicalEntries([quiet, quiet])).toEqual([quiet]);
    expect(canonicalEntries([quiet, loud])).toEqual([loud]);
    expect(canonicalEntries([loud, quiet])).toEqual([loud]);
  });

  it('merges spellings of one path', () => {
    const entries = [on('/a%20b/', 'read'), on('//a%20b/.', 'write'), on('/%61%20b', 'read')];
    expect(canonicalEntries(entries)).toEqual([on('/a%20b', 'write')]);
    expect(
      canonicalEntries([special('tmpdir', 'read', './x//y/'), special('tmpdir', 'read', 'x/y')]),
    ).toEqual([special('tmpdir', 'read', 'x/y')]);
    expect(canonicalEntries([special('tmpdir', 'read', '.'), special('tmpdir', 'read')])).toEqual([
      special('tmpdir', 'read'),
    ]);
  });

  it('keeps apart what only a machine can tell to be the same', () => {
    expect(canonicalEntries([special('slash_tmp', 'read'), on('/tmp', 'write')])).toHaveLength(2);
  });

  it('drops undefined members', () => {
    const entry = { ...on('/a', 'read'), missing_path_behavior: undefined };
    expect(
      canonicalJson({
        type: 'managed',
        file_system: { type: 'restricted', glob_scan_max_depth: undefined, entries: [entry] },
        network: 'restricted',
      }),
    ).toBe(JSON.stringify(restricted([on('/a', 'read')])));
    expect(Object.keys(canonicalEntries([entry])[0] ?? {})).toEqual(['path', 'access']);
  });

  it.each([
    ['a native path', { path: { type: 'path', path: '/a' }, access: 'read' }, 'uri-invalid'],
    ['a subpath that climbs', special('tmpdir', 'read', '../a'), 'path-invalid'],
    ['an absolute subpath', special('tmpdir', 'read', '/a'), 'path-invalid'],
    ['a subpath with NUL', special('tmpdir', 'read', 'a\0'), 'path-invalid'],
  ] as const)('refuses %s', (_what, entry, code) => {
    expect(() => canonicalProfile(restricted([entry]))).toThrow(expect.objectContaining({ code }));
  });

  it('leaves a canonical profile as it is, also through JSON and the parser', () => {
    fc.assert(
      fc.property(anyProfile, (profile) => {
        const once = canonicalProfile(profile);
        expect(canonicalProfile(once)).toStrictEqual(once);
        const json = canonicalJson(profile);
        expect(JSON.parse(json)).toStrictEqual(once);
        expect(canonicalJson(parsePermissionProfile(JSON.parse(json)).profile)).toBe(json);
      }),
      { numRuns: 200 },
    );
  });

  it('does not depend on the order of the entries', () => {
    const shuffled = fc
      .array(anyEntry, { maxLength: 12 })
      .chain((entries) =>
        fc.tuple(fc.constant(entries), fc.shuffledSubarray(entries, { minLength: entries.length })),
      );
    fc.assert(
      fc.property(shuffled, ([entries, others]) => {
        expect(canonicalEntries(others)).toStrictEqual(canonicalEntries(entries));
      }),
      { numRuns: 200 },
    );
  });
});
