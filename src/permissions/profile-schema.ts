import { z } from 'zod';
import { listedPathSchema, permissionEntrySchema } from './entry-schema.js';
import {
  type Access,
  type FileSystemPermissions,
  type NetworkAccess,
  type PermissionEntry,
  type PermissionOverlay,
  type PermissionProfile,
  type RestrictedFileSystem,
} from './profile.js';
import { parseWithIssues, placeText } from './schema-issues.js';

/** A profile from outside, and what its author should know. */
export interface ParsedProfile {
  readonly profile: PermissionProfile;
  /** Sentences; each names the place. */
  readonly warnings: readonly string[];
}

const networkSchema = z.enum(['restricted', 'enabled'], { error: 'expected "restricted" or "enabled"' });
const depthSchema = z
  .int({ error: 'expected a whole number of at least 1' })
  .min(1, { error: 'expected a whole number of at least 1' })
  .nullish();
const entriesSchema = z.array(permissionEntrySchema, { error: 'expected an array of entries' });

const fileSystemSchema = z.discriminatedUnion(
  'type',
  [
    z
      .object({ type: z.literal('restricted'), entries: entriesSchema, glob_scan_max_depth: depthSchema })
      .transform(({ entries, glob_scan_max_depth: depth }) => restricted(entries, depth)),
    z.object({ type: z.literal('unrestricted') }).transform(({ type }): FileSystemPermissions => ({ type })),
  ],
  { error: 'expected a file system of type "restricted" or "unrestricted"' },
);

const taggedSchema: z.ZodType<PermissionProfile> = z.discriminatedUnion(
  'type',
  [
    z.object({ type: z.literal('managed'), file_system: fileSystemSchema, network: networkSchema }),
    z.object({ type: z.literal('disabled') }),
    z.object({ type: z.literal('external'), network: networkSchema }),
  ],
  { error: 'expected permissions of type "managed", "disabled" or "external"' },
);

/** The network of the older shape; what says nothing is `restricted`. */
const olderNetworkSchema = z
  .union([networkSchema, z.object({ enabled: z.boolean().nullish() })], {
    error: 'expected {enabled: true or false}, "restricted" or "enabled"',
  })
  .nullish()
  .transform((network): NetworkAccess | undefined => {
    if (network == null || typeof network === 'string') return network ?? undefined;
    if (network.enabled == null) return undefined;
    return network.enabled ? 'enabled' : 'restricted';
  });

const listedPathsSchema = z.array(listedPathSchema, { error: 'expected an array of paths' }).nullish();

/** The file system of the older shape: entries, or lists of paths; without a tag it is restricted. */
const olderFileSystemSchema = z.object(
  {
    type: z
      .enum(['restricted', 'unrestricted'], { error: 'expected "restricted" or "unrestricted"' })
      .nullish(),
    entries: entriesSchema.nullish(),
    glob_scan_max_depth: depthSchema,
    read: listedPathsSchema,
    write: listedPathsSchema,
  },
  { error: 'expected a file system {entries}' },
);

const olderSchema: z.ZodType<PermissionProfile> = z
  .object({ network: olderNetworkSchema, file_system: olderFileSystemSchema.nullish() })
  .transform(({ network, file_system: fileSystem }) => ({
    type: 'managed',
    file_system:
      fileSystem?.type === 'unrestricted'
        ? { type: 'unrestricted' }
        : restricted(entriesOf(fileSystem), fileSystem?.glob_scan_max_depth),
    network: network ?? 'restricted',
  }));

const overlaySchema: z.ZodType<PermissionOverlay> = z
  .object(
    {
      entries: entriesSchema.nullish(),
      network: olderNetworkSchema,
      file_system: olderFileSystemSchema.omit({ type: true, glob_scan_max_depth: true }).nullish(),
    },
    { error: 'expected additional permissions {entries, network?}' },
  )
  .transform(({ entries, network, file_system: fileSystem }) => ({
    entries: [...(entries ?? []), ...entriesOf(fileSystem)],
    ...(network === undefined ? {} : { network }),
  }));

/**
 * Reads a permission profile as it travels in JSON: tagged, or the older `{network, file_system}`. Null stands
 * for an absent optional member; unknown members are ignored.
 *
 * @param input - anything.
 * @returns the profile, entries in the order they came in, URIs and subpaths normalised; and warnings about
 *   special paths that this version does not know, which match nothing.
 * @throws CordonError `profile-invalid` that names place, expectation and value; `details.issues` lists them all.
 */
export function parsePermissionProfile(input: unknown): ParsedProfile {
  const schema = isOlderShape(input) ? olderSchema : taggedSchema;
  const profile = parseWithIssues(schema, input, 'permissions');
  return { profile, warnings: warningsAbout(profile) };
}

/**
 * Reads additional permissions for one command: `{entries, network?}`, or the wire's `{file_system, network}`.
 *
 * @param input - anything.
 * @throws CordonError `profile-invalid` as `parsePermissionProfile`.
 */
export function parsePermissionOverlay(input: unknown): PermissionOverlay {
  return parseWithIssues(overlaySchema, input, 'additional permissions');
}

/** Without a tag, but with one of the members: an empty object is a mistake, not the older shape. */
function isOlderShape(input: unknown): boolean {
  if (typeof input !== 'object' || input === null) return false;
  if ('type' in input && input.type != null) return false;
  return (
    ('network' in input && input.network != null) || ('file_system' in input && input.file_system != null)
  );
}

/** The older shape's lists of entries and paths, as entries. */
interface OlderLists {
  readonly entries?: readonly PermissionEntry[] | null | undefined;
  readonly read?: readonly string[] | null | undefined;
  readonly write?: readonly string[] | null | undefined;
}

function entriesOf(lists: OlderLists | null | undefined): readonly PermissionEntry[] {
  return [
    ...(lists?.entries ?? []),
    ...grants(lists?.read ?? [], 'read'),
    ...grants(lists?.write ?? [], 'write'),
  ];
}

function restricted(
  entries: readonly PermissionEntry[],
  depth: number | null | undefined,
): RestrictedFileSystem {
  return { type: 'restricted', entries, ...(depth == null ? {} : { glob_scan_max_depth: depth }) };
}

function grants(uris: readonly string[], access: Access): readonly PermissionEntry[] {
  return uris.map((path) => ({ path: { type: 'path', path }, access }));
}

function warningsAbout(profile: PermissionProfile): readonly string[] {
  if (profile.type !== 'managed' || profile.file_system.type !== 'restricted') return [];
  return profile.file_system.entries.flatMap(({ path, access }, index) => {
    if (path.type !== 'special' || path.value.kind !== 'unknown') return [];
    const place = placeText(['file_system', 'entries', index, 'path']);
    const symbol = JSON.stringify(path.value.path);
    return [`${place}: this version does not know the special path ${symbol}; its "${access}" has no effect`];
  });
}
