import {
  type CommandProfile,
  type EnvironmentPolicy,
  type FileSystemPermissions,
  type PermissionProfile,
} from '../permissions/profile.js';
import { type EnvironmentSection } from './environment-section.js';
import { type ChainLink } from './extends-chain.js';
import { type FileSystemSection } from './filesystem-section.js';
import { type Enforcement, type ProfileDocument } from './parse-document.js';
import { type ProblemLog } from './problems.js';

/**
 * Lays the documents of a chain over each other. A child's entry takes the place of its parent's for the same
 * path; lists are joined; variables to set are merged; everything else is the child's where the child says it.
 *
 * @param name - the name of the profile.
 * @param links - the profile's own document first, then what it extends; problems of the whole go to their logs.
 * @returns the profile; of use only when no log holds a problem.
 */
export function mergeDocuments(name: string, links: readonly ChainLink[]): CommandProfile {
  let merged = NOTHING;
  for (const { document, log } of links.toReversed()) merged = layOver(merged, document, log);
  const [own] = links;
  if (own !== undefined && merged.enforcement === 'managed' && grantsNothing(merged.fileSystem)) {
    own.log.warn({ keys: ['filesystem'], text: 'no entry grants any file, so that no command can run' });
  }
  return {
    name,
    permissions: permissionsOf(merged),
    environment: merged.environment,
    unixSockets: merged.unixSockets,
  };
}

interface Merged {
  readonly enforcement: Enforcement;
  readonly fileSystem: FileSystemSection;
  readonly networkEnabled: boolean;
  readonly unixSockets: readonly string[];
  readonly environment: EnvironmentPolicy;
}

const NO_FILES: FileSystemSection = { kind: 'restricted', entries: [] };

/** What a document that says nothing means: no file, no network, the caller's environment without its secrets. */
const NOTHING: Merged = {
  enforcement: 'managed',
  fileSystem: NO_FILES,
  networkEnabled: false,
  unixSockets: [],
  environment: { inherit: 'all', ignoreDefaultExcludes: false, exclude: [], set: {}, includeOnly: [] },
};

function layOver(parent: Merged, child: ProfileDocument, log: ProblemLog): Merged {
  const enforcement = child.enforcement ?? parent.enforcement;
  refuseWithoutEffect(child, enforcement, log);
  const managed = enforcement === 'managed';
  return {
    enforcement,
    fileSystem: managed ? layFileSystemOver(parent.fileSystem, child.filesystem, log) : NO_FILES,
    networkEnabled: child.network?.enabled ?? parent.networkEnabled,
    unixSockets: managed ? joined(parent.unixSockets, child.network?.unixSockets) : [],
    environment: layEnvironmentOver(parent.environment, child.environment),
  };
}

/** Restrictions that nobody would enforce must not look as if they were. */
function refuseWithoutEffect(child: ProfileDocument, enforcement: Enforcement, log: ProblemLog): void {
  if (enforcement === 'managed') return;
  const because = `has no effect: enforcement is "${enforcement}"`;
  if (child.filesystem !== undefined) log.problem({ keys: ['filesystem'], text: `"filesystem" ${because}` });
  if (enforcement === 'disabled' && child.network !== undefined) {
    log.problem({ keys: ['network'], text: `"network" ${because}` });
  } else if (child.network !== undefined && child.network.unixSockets.length > 0) {
    log.problem({ keys: ['network', 'unix_sockets'], text: `"unix_sockets" ${because}` });
  }
}

function layFileSystemOver(
  parent: FileSystemSection,
  child: FileSystemSection | undefined,
  log: ProblemLog,
): FileSystemSection {
  if (child === undefined || child.kind === 'unrestricted') return child ?? parent;
  if (parent.kind === 'unrestricted') {
    const text =
      'the extended profile is unrestricted, so that entries have nothing to add to: extend another one';
    log.problem({ keys: ['filesystem'], text });
    return child;
  }
  const overridden = new Set(child.entries.map(({ identity }) => identity));
  const kept = parent.entries.filter(({ identity }) => !overridden.has(identity));
  const globScanMaxDepth = child.globScanMaxDepth ?? parent.globScanMaxDepth;
  return {
    kind: 'restricted',
    entries: [...kept, ...child.entries],
    ...(globScanMaxDepth === undefined ? {} : { globScanMaxDepth }),
  };
}

function layEnvironmentOver(
  parent: EnvironmentPolicy,
  child: EnvironmentSection | undefined,
): EnvironmentPolicy {
  if (child === undefined) return parent;
  return {
    inherit: child.inherit ?? parent.inherit,
    ignoreDefaultExcludes: child.ignoreDefaultExcludes ?? parent.ignoreDefaultExcludes,
    exclude: joined(parent.exclude, child.exclude),
    set: { ...parent.set, ...Object.fromEntries(child.set) },
    includeOnly: joined(parent.includeOnly, child.includeOnly),
  };
}

function joined(parent: readonly string[], child: readonly string[] = []): readonly string[] {
  return [...new Set([...parent, ...child])];
}

function grantsNothing(section: FileSystemSection): boolean {
  return section.kind === 'restricted' && section.entries.every(({ entry }) => entry.access === 'deny');
}

function permissionsOf(merged: Merged): PermissionProfile {
  if (merged.enforcement === 'disabled') return { type: 'disabled' };
  const network = merged.networkEnabled ? 'enabled' : 'restricted';
  if (merged.enforcement === 'external') return { type: 'external', network };
  return { type: 'managed', file_system: fileSystemOf(merged.fileSystem), network };
}

function fileSystemOf(section: FileSystemSection): FileSystemPermissions {
  if (section.kind === 'unrestricted') return { type: 'unrestricted' };
  const { entries, globScanMaxDepth } = section;
  return {
    type: 'restricted',
    entries: entries.map(({ entry }) => entry),
    ...(globScanMaxDepth === undefined ? {} : { glob_scan_max_depth: globScanMaxDepth }),
  };
}
