import { describe, expect, it } from 'vitest';
import { parsePermissionOverlay, parsePermissionProfile } from '../../../src/permissions/profile-schema.js';
import { on, restricted, skipping, special } from './entries.js';

/** A restricted profile around one raw entry. */
function around(entry: unknown): unknown {
  return { type: 'managed', file_system: { type: 'restricted', entries: [entry] }, network: 'restricted' };
}

function aboutSpecial(value: unknown): unknown {
  return around({ path: { type: 'special', value }, access: 'read' });
}

function issuePathsOf(parse: () => unknown): readonly string[] {
  let thrown: unknown;
  try {
    parse();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code: 'profile-invalid' });
  const { details } = thrown as { details: { issues: { path: string }[] } };
  return details.issues.map(({ path }) => path);
}

describe('parsePermissionProfile', () => {
  it('reads what clients of today send for workspace-write', () => {
    const profile = restricted([
      special('root', 'read'),
      special('project_roots', 'write'),
      special('slash_tmp', 'write'),
      special('tmpdir', 'write'),
      skipping(special('project_roots', 'read', '.git')),
      skipping(special('project_roots', 'read', '.aws')),
    ]);
    expect(parsePermissionProfile(JSON.parse(JSON.stringify(profile)))).toStrictEqual({
      profile,
      warnings: [],
    });
  });

  it.each([
    { type: 'disabled' },
    { type: 'external', network: 'enabled' },
    { type: 'managed', file_system: { type: 'unrestricted' }, network: 'restricted' },
    {
      type: 'managed',
      file_system: {
        type: 'restricted',
        entries: [on('/a%20b', 'deny'), on('**/*.env', 'deny')],
        glob_scan_max_depth: 1,
      },
      network: 'enabled',
    },
  ])('reads %j as it is', (profile) => {
    expect(parsePermissionProfile(profile)).toStrictEqual({ profile, warnings: [] });
  });

  it('takes older words', () => {
    expect(parsePermissionProfile(around({ ...on('/a', 'deny'), access: 'none' })).profile).toEqual(
      restricted([on('/a', 'deny')]),
    );
    expect(parsePermissionProfile(aboutSpecial({ kind: 'current_working_directory' })).profile).toEqual(
      restricted([special('project_roots', 'read')]),
    );
  });

  it('takes null for an absent optional member, and ignores unknown ones', () => {
    const input = {
      type: 'managed',
      file_system: {
        type: 'restricted',
        entries: [
          {
            path: { type: 'special', value: { kind: 'root', subpath: null, later: 1 }, later: 1 },
            access: 'read',
            missing_path_behavior: null,
            later: 1,
          },
        ],
        glob_scan_max_depth: null,
        later: 1,
      },
      network: 'restricted',
      later: 1,
    };
    expect(parsePermissionProfile(input).profile).toStrictEqual(restricted([special('root', 'read')]));
  });

  it('normalises URIs and subpaths', () => {
    expect(parsePermissionProfile(around(on('//a/%62/', 'read'))).profile).toEqual(
      restricted([on('/a/b', 'read')]),
    );
    expect(parsePermissionProfile(aboutSpecial({ kind: 'tmpdir', subpath: './a//b/' })).profile).toEqual(
      restricted([special('tmpdir', 'read', 'a/b')]),
    );
    expect(parsePermissionProfile(aboutSpecial({ kind: 'tmpdir', subpath: '' })).profile).toStrictEqual(
      restricted([special('tmpdir', 'read')]),
    );
  });

  it.each([
    { value: { kind: 'home', subpath: 'x' }, kept: { kind: 'unknown', path: 'home', subpath: 'x' } },
    { value: { kind: 'unknown', path: ':home' }, kept: { kind: 'unknown', path: ':home' } },
    { value: { kind: 'unknown' }, kept: { kind: 'unknown', path: 'unknown' } },
    { value: { kind: 'ROOT' }, kept: { kind: 'unknown', path: 'ROOT' } },
  ])('keeps the unknown special path $value, warns, and keeps it again', ({ value, kept }) => {
    const first = parsePermissionProfile(aboutSpecial(value));
    expect(first.profile).toStrictEqual(aboutSpecial(kept));
    expect(first.warnings).toHaveLength(1);
    expect(first.warnings[0]).toContain('file_system.entries[0].path');
    expect(parsePermissionProfile(first.profile)).toStrictEqual(first);
  });

  describe('in the older shape', () => {
    it.each([
      { input: { network: { enabled: true } }, profile: restricted([], 'enabled') },
      { input: { network: { enabled: false }, file_system: null }, profile: restricted([]) },
      { input: { network: {}, type: null }, profile: restricted([]) },
      { input: { network: 'enabled' }, profile: restricted([], 'enabled') },
      {
        input: { file_system: { entries: [on('/a', 'write')] }, network: null },
        profile: restricted([on('/a', 'write')]),
      },
      {
        input: { file_system: { read: ['/a b', 'file:///c'], write: ['/d'] } },
        profile: restricted([on('/a%20b', 'read'), on('/c', 'read'), on('/d', 'write')]),
      },
      {
        input: { file_system: { type: 'restricted', entries: [], glob_scan_max_depth: 4 } },
        profile: {
          type: 'managed',
          file_system: { type: 'restricted', entries: [], glob_scan_max_depth: 4 },
          network: 'restricted',
        },
      },
      {
        input: { file_system: { type: 'unrestricted' } },
        profile: { type: 'managed', file_system: { type: 'unrestricted' }, network: 'restricted' },
      },
    ])('reads $input', ({ input, profile }) => {
      expect(parsePermissionProfile(input).profile).toStrictEqual(profile);
    });

    it.each([
      { input: { network: 3 }, place: 'network' },
      { input: { network: { enabled: 'yes' } }, place: 'network' },
      {
        input: { file_system: { entries: [on('', 'read'), { path: 1 }] } },
        place: 'file_system.entries[1].path',
      },
      { input: { file_system: { read: ['a'] } }, place: 'file_system.read[0]' },
      { input: { file_system: { write: '/a' } }, place: 'file_system.write' },
      {
        input: { file_system: { entries: [{ path: { type: 'path', path: '/a' }, access: 'read' }] } },
        place: 'file_system.entries[0].path.path',
      },
    ])('refuses $input', ({ input, place }) => {
      expect(issuePathsOf(() => parsePermissionProfile(input))).toContain(place);
    });
  });

  it.each([
    { what: 'nothing', input: undefined, place: '' },
    { what: 'null', input: null, place: '' },
    { what: 'an array', input: [], place: '' },
    { what: 'a text', input: 'disabled', place: '' },
    { what: 'an empty object', input: {}, place: 'type' },
    { what: 'another type', input: { type: 'open' }, place: 'type' },
    { what: 'no file system', input: { type: 'managed', network: 'enabled' }, place: 'file_system' },
    {
      what: 'no network',
      input: { type: 'managed', file_system: { type: 'unrestricted' } },
      place: 'network',
    },
    { what: 'no network outside', input: { type: 'external' }, place: 'network' },
    {
      what: 'another file system',
      input: { type: 'managed', file_system: { type: 'open' }, network: 'enabled' },
      place: 'file_system.type',
    },
    {
      what: 'no entries',
      input: { type: 'managed', file_system: { type: 'restricted' }, network: 'enabled' },
      place: 'file_system.entries',
    },
    { what: 'an entry that is null', input: around(null), place: 'file_system.entries[0]' },
    {
      what: 'an entry without access',
      input: around({ path: on('/a', 'read').path }),
      place: 'file_system.entries[0].access',
    },
    {
      what: 'another access',
      input: around({ ...on('/a', 'read'), access: 'execute' }),
      place: 'file_system.entries[0].access',
    },
    {
      what: 'another type of path',
      input: around({ path: { type: 'host' }, access: 'read' }),
      place: 'file_system.entries[0].path.type',
    },
    {
      what: 'another missing behaviour',
      input: around({ ...on('/a', 'read'), missing_path_behavior: 'x' }),
      place: 'file_system.entries[0].missing_path_behavior',
    },
    {
      what: 'a native path',
      input: around({ path: { type: 'path', path: '/a' }, access: 'read' }),
      place: 'file_system.entries[0].path.path',
    },
    {
      what: 'a glob that grants',
      input: around({ ...on('*.c', 'deny'), access: 'read' }),
      place: 'file_system.entries[0].access',
    },
    {
      what: 'a glob that climbs',
      input: around(on('../*.c', 'deny')),
      place: 'file_system.entries[0].path.pattern',
    },
    {
      what: 'a special path without a kind',
      input: aboutSpecial({}),
      place: 'file_system.entries[0].path.value.kind',
    },
    {
      what: 'an absolute subpath',
      input: aboutSpecial({ kind: 'root', subpath: '/a' }),
      place: 'file_system.entries[0].path.value.subpath',
    },
    {
      what: 'a subpath that climbs',
      input: aboutSpecial({ kind: 'root', subpath: 'a/../b' }),
      place: 'file_system.entries[0].path.value.subpath',
    },
    {
      what: 'a subpath that is no text',
      input: aboutSpecial({ kind: 'root', subpath: 1 }),
      place: 'file_system.entries[0].path.value.subpath',
    },
  ])('refuses $what at "$place"', ({ input, place }) => {
    expect(issuePathsOf(() => parsePermissionProfile(input))).toEqual([place]);
  });

  it.each([0, -1, 1.5, '2', Number.NaN])('refuses a scan depth of %j', (depth) => {
    const input = {
      type: 'managed',
      file_system: { type: 'restricted', entries: [], glob_scan_max_depth: depth },
      network: 'restricted',
    };
    expect(issuePathsOf(() => parsePermissionProfile(input))).toContain('file_system.glob_scan_max_depth');
  });

  it('names place, expectation and value', () => {
    expect(() =>
      parsePermissionProfile(around({ path: { type: 'path', path: '/a' }, access: 'read' })),
    ).toThrow(/file_system\.entries\[0\]\.path\.path: expected a file: URI .*got "\/a"/);
  });

  it('names all issues in the details, and a long value only in part', () => {
    const entry = { path: { type: 'path', path: 'x'.repeat(10_000) }, access: 1 };
    const input = {
      type: 'managed',
      file_system: { type: 'restricted', entries: [entry, entry, entry] },
      network: 'restricted',
    };
    expect(issuePathsOf(() => parsePermissionProfile(input))).toHaveLength(6);
    expect(() => parsePermissionProfile(input)).toThrow(/^.{0,1000}$/su);
  });
});

describe('parsePermissionOverlay', () => {
  it.each([
    { input: {}, overlay: { entries: [] } },
    { input: { entries: null, network: null }, overlay: { entries: [] } },
    {
      input: { entries: [on('/a', 'write'), on('*.env', 'deny')], network: 'enabled' },
      overlay: { entries: [on('/a', 'write'), on('*.env', 'deny')], network: 'enabled' },
    },
    {
      input: { file_system: { entries: [on('/a', 'read')], write: ['/b'] }, network: { enabled: true } },
      overlay: { entries: [on('/a', 'read'), on('/b', 'write')], network: 'enabled' },
    },
  ])('reads $input', ({ input, overlay }) => {
    expect(parsePermissionOverlay(input)).toStrictEqual(overlay);
  });

  it.each([
    { input: null, place: '' },
    { input: { entries: 1 }, place: 'entries' },
    {
      input: { entries: [{ path: { type: 'path', path: '/a' }, access: 'read' }] },
      place: 'entries[0].path.path',
    },
    { input: { entries: [{ ...on('*.c', 'deny'), access: 'write' }] }, place: 'entries[0].access' },
    { input: { network: 'open' }, place: 'network' },
    { input: { file_system: { read: ['a'] } }, place: 'file_system.read[0]' },
  ])('refuses $input at "$place"', ({ input, place }) => {
    expect(issuePathsOf(() => parsePermissionOverlay(input))).toEqual([place]);
  });
});
