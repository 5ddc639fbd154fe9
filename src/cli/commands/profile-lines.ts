import { parseFileUri } from '../../paths/file-uri.js';
import {
  type EntryPath,
  type EnvironmentPolicy,
  type PermissionProfile,
  type SpecialPath,
} from '../../permissions/profile.js';
import { type LoadedProfile } from '../../profiles/load-profile.js';
import { columns } from './result.js';

/**
 * What a profile says, for people.
 *
 * @param loaded - the profile and where it comes from.
 * @returns lines without newlines; values of environment variables are not among them.
 */
export function profileLines({ profile, source, warnings }: LoadedProfile): readonly string[] {
  return [
    `${profile.name} (${source.path ?? source.kind})`,
    ...permissionLines(profile.permissions),
    ...section('environment', environmentRows(profile.environment)),
    ...section(
      'unix sockets',
      profile.unixSockets.map((socket) => [socket]),
    ),
    ...warnings.map((text) => `warning: ${text}`),
  ];
}

function permissionLines(permissions: PermissionProfile): readonly string[] {
  if (permissions.type === 'disabled') return ['', 'nothing is enforced'];
  if (permissions.type === 'external') {
    return ['', `somebody else enforces; network ${permissions.network}`];
  }
  const { file_system: files, network } = permissions;
  if (files.type === 'unrestricted') return ['', 'files unrestricted', `network ${network}`];
  const rows = files.entries.map(({ path, access }) => [access, entryText(path)]);
  return [...section('files', rows), '', `network ${network}`];
}

function environmentRows(policy: EnvironmentPolicy): readonly (readonly string[])[] {
  const lists = [
    ['left out', policy.exclude],
    ['nothing but', policy.includeOnly],
    ['set', Object.keys(policy.set)],
  ] as const;
  return [
    ['inherited', policy.inherit],
    ['secrets', policy.ignoreDefaultExcludes ? 'inherited' : 'left out, by their names'],
    ...lists.filter(([, names]) => names.length > 0).map(([title, names]) => [title, names.join(', ')]),
  ];
}

function section(title: string, rows: readonly (readonly string[])[]): readonly string[] {
  return rows.length === 0 ? [] : ['', title, ...columns(rows).map((line) => `  ${line}`)];
}

function entryText(path: EntryPath): string {
  switch (path.type) {
    case 'path':
      return parseFileUri(path.path);
    case 'glob_pattern':
      return path.pattern;
    case 'special':
      return specialText(path.value);
  }
}

/** As profile documents write it. */
function specialText(value: SpecialPath): string {
  const symbol = value.kind === 'unknown' ? value.path : `:${value.kind}`;
  const name = symbol === ':project_roots' ? ':workspace_roots' : symbol;
  return value.subpath === undefined ? name : `${name}/${value.subpath}`;
}
