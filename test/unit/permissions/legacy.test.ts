import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalProfile } from '../../../src/permissions/canonical.js';
import { parseLegacyPolicy } from '../../../src/permissions/legacy-schema.js';
import { legacyFromProfile, type LegacyPolicy, profileFromLegacy } from '../../../src/permissions/legacy.js';
import { type PermissionEntry, type PermissionProfile } from '../../../src/permissions/profile.js';
import { on, restricted, skipping, special } from './entries.js';

const workspace: LegacyPolicy = {
  type: 'workspace-write',
  writable_roots: [],
  network_access: false,
  exclude_tmpdir_env_var: false,
  exclude_slash_tmp: false,
};
const workspaceEntries = [
  special('root', 'read'),
  special('project_roots', 'write'),
  special('tmpdir', 'write'),
  special('slash_tmp', 'write'),
];

const pairs: { policy: LegacyPolicy; profile: PermissionProfile }[] = [
  { policy: { type: 'read-only', network_access: false }, profile: restricted([special('root', 'read')]) },
  {
    policy: { type: 'read-only', network_access: true },
    profile: restricted([special('root', 'read')], 'enabled'),
  },
  { policy: workspace, profile: restricted(workspaceEntries) },
  { policy: { ...workspace, network_access: true }, profile: restricted(workspaceEntries, 'enabled') },
  {
    policy: { ...workspace, exclude_tmpdir_env_var: true, exclude_slash_tmp: true },
    profile: restricted(workspaceEntries.slice(0, 2)),
  },
  {
    policy: { ...workspace, writable_roots: ['/a b', '/c'] },
    profile: restricted([...workspaceEntries, on('/a%20b', 'write'), on('/c', 'write')]),
  },
  { policy: { type: 'danger-full-access' }, profile: { type: 'disabled' } },
  {
    policy: { type: 'external-sandbox', network_access: 'enabled' },
    profile: { type: 'external', network: 'enabled' },
  },
];

describe('legacy policies', () => {
  it.each(pairs)('$policy.type becomes a profile and comes back', ({ policy, profile }) => {
    expect(profileFromLegacy(policy)).toStrictEqual(profile);
    expect(legacyFromProfile(profile)).toStrictEqual(policy);
  });

  it('leave out entries that repeat the built-in protection', () => {
    const repeated = ['.git', '.agents', '.codex'].map((name) =>
      skipping(special('project_roots', 'read', name)),
    );
    const roots = [on('/w', 'write'), skipping(on('/w/.git', 'read'))];
    expect(legacyFromProfile(restricted([...workspaceEntries, ...repeated, ...roots]))).toEqual({
      ...workspace,
      writable_roots: ['/w'],
    });
  });

  const lossy: { what: string; entries: PermissionEntry[] }[] = [
    { what: 'nothing readable', entries: [] },
    { what: 'reading part of the system', entries: [on('/usr', 'read')] },
    { what: 'writing the root', entries: [special('root', 'write')] },
    { what: 'writing without the workspace', entries: [special('root', 'read'), on('/a', 'write')] },
    {
      what: 'writing only below the workspace',
      entries: [special('root', 'read'), special('project_roots', 'write', 'a')],
    },
    { what: 'a deny', entries: [...workspaceEntries, on('/a', 'deny')] },
    { what: 'a glob', entries: [...workspaceEntries, on('**/*.env', 'deny')] },
    {
      what: 'a read-only part of the workspace',
      entries: [...workspaceEntries, special('project_roots', 'read', 'docs')],
    },
    {
      what: 'protection that is not built in',
      entries: [...workspaceEntries, skipping(special('project_roots', 'read', '.aws'))],
    },
    {
      what: 'metadata that must exist',
      entries: [...workspaceEntries, special('project_roots', 'read', '.git')],
    },
    {
      what: 'metadata that is hidden',
      entries: [...workspaceEntries, skipping(special('project_roots', 'deny', '.git'))],
    },
    {
      what: 'metadata deeper in the workspace',
      entries: [...workspaceEntries, skipping(special('project_roots', 'read', 'a/.git'))],
    },
    {
      what: 'metadata of a root that is not writable',
      entries: [special('root', 'read'), skipping(on('/a/.git', 'read'))],
    },
    { what: 'a root that may be missing', entries: [...workspaceEntries, skipping(on('/a', 'write'))] },
    { what: 'the minimal system', entries: [special('minimal', 'read'), special('project_roots', 'write')] },
    {
      what: 'an unknown special path',
      entries: [
        ...workspaceEntries,
        { path: { type: 'special', value: { kind: 'unknown', path: 'new' } }, access: 'read' },
      ],
    },
  ];
  it.each(lossy)('cannot say $what', ({ entries }) => {
    expect(() => legacyFromProfile(restricted(entries))).toThrow(
      expect.objectContaining({ code: 'legacy-lossy' }),
    );
  });

  it.each<PermissionProfile>([
    { type: 'managed', file_system: { type: 'unrestricted' }, network: 'enabled' },
    {
      type: 'managed',
      file_system: { type: 'restricted', entries: workspaceEntries, glob_scan_max_depth: 2 },
      network: 'restricted',
    },
  ])('cannot say how %j is enforced', (profile) => {
    expect(() => legacyFromProfile(profile)).toThrow(expect.objectContaining({ code: 'legacy-lossy' }));
  });

  it('name what would be lost and what would be added', () => {
    const deny = on('/a', 'deny');
    expect(() => legacyFromProfile(restricted([deny]))).toThrow(
      expect.objectContaining({
        details: { lost: [JSON.stringify(deny)], added: [JSON.stringify(special('root', 'read'))] },
      }),
    );
  });

  it('refuse a writable root that is relative', () => {
    expect(() => profileFromLegacy({ ...workspace, writable_roots: ['a'] })).toThrow(
      expect.objectContaining({ code: 'path-invalid' }),
    );
  });

  it('give a canonical profile back unchanged whenever it converts', () => {
    const entries = fc.tuple(
      fc.subarray([...workspaceEntries, on('/a', 'write'), on('/', 'write'), special('minimal', 'read')], {
        minLength: 2,
      }),
      fc.subarray([on('/b', 'deny'), skipping(on('/a/.git', 'read'))], { maxLength: 1 }),
    );
    let converted = 0;
    fc.assert(
      fc.property(entries, fc.constantFrom('restricted', 'enabled'), ([grants, others], network) => {
        const profile = canonicalProfile(restricted([...grants, ...others], network));
        const policy = policyOf(profile);
        if (policy === undefined) return;
        converted += 1;
        const visible = canonicalProfile(restricted(grants, network));
        expect(profileFromLegacy(policy)).toStrictEqual(visible);
        expect(legacyFromProfile(profileFromLegacy(policy))).toStrictEqual(policy);
      }),
      { numRuns: 200, seed: 7 },
    );
    expect(converted).toBeGreaterThan(10);
  });
});

describe('parseLegacyPolicy', () => {
  it('fills what is absent or null', () => {
    expect(parseLegacyPolicy({ type: 'read-only' })).toEqual({ type: 'read-only', network_access: false });
    expect(parseLegacyPolicy({ type: 'workspace-write', writable_roots: null, extra: 1 })).toEqual(workspace);
    expect(parseLegacyPolicy({ type: 'danger-full-access' })).toEqual({ type: 'danger-full-access' });
    expect(parseLegacyPolicy({ type: 'external-sandbox' })).toEqual({
      type: 'external-sandbox',
      network_access: 'restricted',
    });
  });

  it.each(pairs)('reads $policy.type as it was written', ({ policy }) => {
    expect(parseLegacyPolicy(JSON.parse(JSON.stringify(policy)))).toStrictEqual(policy);
  });

  it('writes roots in normal form', () => {
    expect(parseLegacyPolicy({ type: 'workspace-write', writable_roots: ['/a//b/'] })).toMatchObject({
      writable_roots: ['/a/b'],
    });
  });

  it.each([
    [null, ''],
    [{}, 'type'],
    [{ type: 'full' }, 'type'],
    [{ type: 'workspace-write', writable_roots: ['/a', 'b'] }, 'writable_roots[1]'],
    [{ type: 'workspace-write', writable_roots: ['/a/../b'] }, 'writable_roots[0]'],
    [{ type: 'workspace-write', network_access: 'yes' }, 'network_access'],
    [{ type: 'external-sandbox', network_access: true }, 'network_access'],
  ])('refuses %j at "%s"', (input, path) => {
    expect(() => parseLegacyPolicy(input)).toThrow(
      expect.objectContaining({
        code: 'profile-invalid',
        details: { issues: [expect.objectContaining({ path })] },
      }),
    );
  });
});

function policyOf(profile: PermissionProfile): LegacyPolicy | undefined {
  try {
    return legacyFromProfile(profile);
  } catch (error) {
    expect(error).toMatchObject({ code: 'legacy-lossy' });
    return undefined;
  }
}
