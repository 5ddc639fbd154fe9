import fc from 'fast-check';
import {
  type EntryPath,
  type PermissionEntry,
  type PermissionProfile,
  type SpecialPathKind,
} from '../../../src/permissions/profile.js';

/** Few names, so that entries meet. */
const name = fc.constantFrom('a', 'b', '.git', 'a b', 'ü', '%');
const segments = fc.array(name, { maxLength: 3 });
const kind = fc.constantFrom<SpecialPathKind>('root', 'minimal', 'project_roots', 'tmpdir', 'slash_tmp');
const subpath = fc.option(
  fc.oneof(
    segments.map((parts) => parts.join('/')),
    fc.constantFrom('./a', 'a//b', 'a/', '.'),
  ),
  { nil: undefined },
);

const entryPath: fc.Arbitrary<EntryPath> = fc.oneof(
  segments.map((parts): EntryPath => {
    return { type: 'path', path: `file:///${parts.map(encodeURIComponent).join('/')}` };
  }),
  fc.constantFrom('a%62', './a/', 'a//b', '%61').map((text): EntryPath => {
    return { type: 'path', path: `file:///${text}` };
  }),
  fc
    .constantFrom('**/*.env', '*.pem', '/a/**')
    .map((pattern): EntryPath => ({ type: 'glob_pattern', pattern })),
  fc.record({ kind, subpath }).map((value): EntryPath => ({ type: 'special', value })),
  fc.record({ path: fc.constantFrom('new', 'newer'), subpath }).map((value): EntryPath => {
    return { type: 'special', value: { kind: 'unknown', ...value } };
  }),
);

/** Any entry that a parsed profile may hold, in any spelling. */
export const anyEntry: fc.Arbitrary<PermissionEntry> = fc
  .record({
    path: entryPath,
    access: fc.constantFrom('read', 'write', 'deny'),
    missing_path_behavior: fc.constantFrom('skip', undefined),
  })
  .map((entry) => (entry.path.type === 'glob_pattern' ? { ...entry, access: 'deny' } : entry));

const network = fc.constantFrom('restricted', 'enabled');

/** Any profile. */
export const anyProfile: fc.Arbitrary<PermissionProfile> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .record({
        entries: fc.array(anyEntry, { maxLength: 12 }),
        glob_scan_max_depth: fc.constantFrom(undefined, 1, 7),
        network,
      })
      .map(({ entries, glob_scan_max_depth, network: reach }): PermissionProfile => {
        return {
          type: 'managed',
          file_system: { type: 'restricted', entries, glob_scan_max_depth },
          network: reach,
        };
      }),
  },
  network.map((reach): PermissionProfile => {
    return { type: 'managed', file_system: { type: 'unrestricted' }, network: reach };
  }),
  fc.constant<PermissionProfile>({ type: 'disabled' }),
  network.map((reach): PermissionProfile => ({ type: 'external', network: reach })),
);
