import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalProfile } from '../../../src/permissions/canonical.js';
import { applyOverlay } from '../../../src/permissions/overlay.js';
import { type PermissionEntry, type PermissionProfile } from '../../../src/permissions/profile.js';
import { anyProfile } from './arbitraries.js';
import { on, restricted, skipping, special } from './entries.js';

function overlaid(own: readonly PermissionEntry[], added: readonly PermissionEntry[]): PermissionProfile {
  return applyOverlay(restricted(own), { entries: added });
}

const reopened = [on('/repo', 'write'), on('/repo/a', 'deny'), on('/repo/a/b', 'read')];

describe('applyOverlay', () => {
  it('adds entries', () => {
    expect(overlaid([on('/a', 'read')], [on('/b', 'write')])).toEqual(
      restricted([on('/a', 'read'), on('/b', 'write')]),
    );
  });

  it('raises read to write for the same path, and never lowers it', () => {
    expect(overlaid([on('/a', 'read')], [on('/a', 'write')])).toEqual(restricted([on('/a', 'write')]));
    expect(overlaid([on('/a', 'write')], [on('/a', 'read')])).toEqual(restricted([on('/a', 'write')]));
  });

  it.each([
    ['below what is writable', [on('/a', 'write')], [on('/a/b', 'read')], [on('/a', 'write')]],
    [
      'below what another of its entries opens for writing',
      [on('/a', 'read')],
      [on('/a/b', 'write'), on('/a/b/c', 'read')],
      [on('/a', 'read'), on('/a/b', 'write')],
    ],
    [
      'below a writable special path',
      [special('tmpdir', 'write')],
      [special('tmpdir', 'read', 'x')],
      [special('tmpdir', 'write')],
    ],
  ])('leaves out a read %s: it would take writing away', (_, own, added, result) => {
    expect(overlaid(own, added)).toEqual(restricted(result));
  });

  it.each([
    ['beside what is writable', [on('/a', 'write')], [on('/b', 'read')]],
    ['between a writable path and a deny', [on('/a', 'write')], [on('/a/b', 'deny'), on('/a/b/c', 'read')]],
    [
      'of a special path, of which words do not tell whether it is writable',
      [on('/a', 'write')],
      [special('tmpdir', 'read')],
    ],
  ])('keeps a read %s', (_, own, added) => {
    expect(overlaid(own, added)).toEqual(canonicalProfile(restricted([...own, ...added])));
  });

  it('may deny what the profile grants', () => {
    expect(overlaid([on('/a', 'write')], [on('/a', 'deny')])).toEqual(restricted([on('/a', 'deny')]));
    expect(overlaid([on('/a', 'write')], [on('/a/b', 'deny'), on('**/x', 'deny')])).toEqual(
      restricted([on('/a', 'write'), on('/a/b', 'deny'), on('**/x', 'deny')]),
    );
  });

  it('may deny a path twice', () => {
    expect(overlaid([on('/a', 'deny')], [on('/a', 'deny')])).toEqual(restricted([on('/a', 'deny')]));
  });

  const refused: { what: string; own: PermissionEntry[]; added: PermissionEntry }[] = [
    { what: 'a denied path', own: [on('/a', 'deny')], added: on('/a', 'read') },
    { what: 'a denied path in another spelling', own: [on('/a/b', 'deny')], added: on('//a/%62/', 'read') },
    { what: 'a path below a denied one', own: [on('/a', 'deny')], added: on('/a/b/c', 'write') },
    { what: 'a path beside one opened again', own: reopened, added: on('/repo/a/bb', 'read') },
    { what: 'a path between a deny and its exception', own: reopened, added: on('/repo/a', 'write') },
    { what: 'a path below the denied root', own: [special('root', 'deny')], added: on('/a', 'read') },
    {
      what: 'a special path below the denied root',
      own: [special('root', 'deny')],
      added: special('tmpdir', 'read'),
    },
    { what: 'the denied root by its path', own: [on('/', 'deny')], added: special('root', 'read') },
    {
      what: 'a path below a denied path of root',
      own: [special('root', 'deny', 'etc')],
      added: on('/etc/x', 'read'),
    },
    { what: 'a denied special path', own: [special('tmpdir', 'deny')], added: special('tmpdir', 'write') },
    {
      what: 'a path below a denied special path',
      own: [special('project_roots', 'write'), special('project_roots', 'deny', 'a')],
      added: special('project_roots', 'read', 'a/b'),
    },
    {
      what: 'the denied /tmp by its path',
      own: [special('slash_tmp', 'deny')],
      added: on('/tmp/x', 'write'),
    },
    {
      what: '/tmp, denied by one name and granted by the other',
      own: [special('slash_tmp', 'deny'), on('/tmp', 'write')],
      added: on('/tmp/x', 'write'),
    },
    { what: 'a denied glob', own: [on('**/*.env', 'deny')], added: on('**/*.env', 'read') },
    {
      what: 'what the profile denies and grants at once',
      own: [on('/a', 'write'), on('/a', 'deny')],
      added: on('/a', 'read'),
    },
  ];
  it.each(refused)('refuses to open $what', ({ own, added }) => {
    expect(() => overlaid(own, [added])).toThrow(expect.objectContaining({ code: 'overlay-widens-deny' }));
    expect(() => overlaid(own, [on('/other', 'deny'), added])).toThrow(
      expect.objectContaining({ code: 'overlay-widens-deny' }),
    );
  });

  const allowed: { what: string; own: PermissionEntry[]; added: PermissionEntry }[] = [
    { what: 'above a deny, which stays', own: [on('/a/b', 'deny')], added: on('/a', 'write') },
    { what: 'beside a deny', own: [on('/a', 'deny')], added: on('/ab', 'read') },
    { what: 'where the profile opened again', own: reopened, added: on('/repo/a/b', 'write') },
    { what: 'below where the profile opened again', own: reopened, added: on('/repo/a/b/c', 'write') },
    {
      what: 'in a special path that is opened below a denied root',
      own: [special('root', 'deny'), special('project_roots', 'read')],
      added: special('project_roots', 'write', 'out'),
    },
    {
      what: 'a path of another base',
      own: [special('tmpdir', 'deny')],
      added: special('project_roots', 'write'),
    },
    {
      what: 'protected metadata by name',
      own: [special('project_roots', 'write')],
      added: special('project_roots', 'write', '.git'),
    },
  ];
  it.each(allowed)('opens $what', ({ own, added }) => {
    expect(overlaid(own, [added])).toEqual(canonicalProfile(restricted([...own, added])));
  });

  it('names the entry and the deny in the details', () => {
    expect(() => overlaid([on('/a', 'deny')], [on('/a/b', 'read')])).toThrow(
      expect.objectContaining({ details: { entry: on('/a/b', 'read'), denied: on('/a', 'deny') } }),
    );
  });

  it('insists on a path that it names itself, though the profile would skip it', () => {
    const git = special('project_roots', 'read', '.git');
    expect(overlaid([skipping(git)], [git])).toEqual(restricted([git]));
  });

  it.each([
    { own: 'restricted', overlay: 'enabled', network: 'enabled' },
    { own: 'restricted', overlay: undefined, network: 'restricted' },
    { own: 'enabled', overlay: 'restricted', network: 'enabled' },
  ] as const)('makes the network $network of $own and $overlay', ({ own, overlay, network }) => {
    expect(applyOverlay(restricted([], own), { entries: [], network: overlay })).toEqual(
      restricted([], network),
    );
  });

  it('keeps an unrestricted file system unless the overlay denies something', () => {
    const open: PermissionProfile = {
      type: 'managed',
      file_system: { type: 'unrestricted' },
      network: 'restricted',
    };
    expect(applyOverlay(open, { entries: [on('/a', 'write')] })).toEqual(open);
    expect(applyOverlay(open, { entries: [on('/a', 'deny')] })).toEqual(
      restricted([special('root', 'write'), on('/a', 'deny')]),
    );
  });

  it.each<PermissionProfile>([{ type: 'disabled' }, { type: 'external', network: 'restricted' }])(
    'returns a profile that is $type unchanged',
    (profile) => {
      expect(applyOverlay(profile, { entries: [on('/a', 'deny')], network: 'enabled' })).toBe(profile);
    },
  );

  it('keeps the scan depth', () => {
    const profile: PermissionProfile = {
      type: 'managed',
      file_system: { type: 'restricted', entries: [], glob_scan_max_depth: 3 },
      network: 'restricted',
    };
    expect(applyOverlay(profile, { entries: [] })).toEqual(profile);
  });

  it('changes nothing when it is empty', () => {
    fc.assert(
      fc.property(anyProfile, (profile) => {
        expect(canonicalProfile(applyOverlay(profile, { entries: [] }))).toStrictEqual(
          canonicalProfile(profile),
        );
      }),
      { numRuns: 200 },
    );
  });
});
