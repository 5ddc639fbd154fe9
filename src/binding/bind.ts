import { CordonError } from '../errors/cordon-error.js';
import {
  type AbsolutePath,
  ancestorsOf,
  isWithin,
  parseAbsolutePath,
  pathDepth,
} from '../paths/absolute-path.js';
import { createEvaluator } from '../permissions/evaluate.js';
import {
  type PermissionOverlay,
  type PermissionProfile,
  type RestrictedFileSystem,
} from '../permissions/profile.js';
import { type PathRule, type RuleSet } from '../permissions/rules.js';
import {
  type AllowedSocket,
  type BoundPolicy,
  type FileIdentity,
  type ManagedPolicy,
  type RestrictedBinding,
} from './bound-policy.js';
import { addBuiltInRules } from './built-in-rules.js';
import { expandDenyGlobs } from './deny-globs.js';
import { type ExpandedEntry, expandEntries } from './expand-entries.js';
import { DiskView } from './disk-view.js';
import { addProtectedMetadata } from './protected-metadata.js';
import { resolveLinks } from './resolve-links.js';
import { RuleTable } from './rule-table.js';

/** What a profile is bound with. */
export interface BindRequest {
  readonly profile: PermissionProfile;
  /** Additional permissions for this command; they never lift a deny, and only a deny of theirs takes anything away. */
  readonly overlay: PermissionOverlay;
  /** Paths that the command may not write, whatever the profile says; this never grants anything. */
  readonly readOnlyPaths: readonly AbsolutePath[];
  readonly workspaceRoots: readonly AbsolutePath[];
  readonly cwd: AbsolutePath;
  readonly tmpDir: AbsolutePath | undefined;
  /** Sockets of the host that the command may connect to. */
  readonly unixSockets: readonly AbsolutePath[];
  /** Whether, with the network off, somebody decides about each connection: then the host's other sockets need no masks. */
  readonly supervisesSockets: boolean;
  /** Directories of cordon's own that the command may neither read nor write. */
  readonly privatePaths: readonly AbsolutePath[];
  /** Files of cordon's own that the command may read but not write. */
  readonly ownFiles: readonly AbsolutePath[];
}

/**
 * Binds portable intent to this machine's paths: symbols are expanded, symbolic links followed, protected metadata and
 * deny globs found. The last step that asks the disk.
 *
 * @param request - the profile and the command's circumstances.
 * @param view - the disk; keeps what was asked of it.
 * @throws CordonError `workspace-root-invalid`, `cwd-not-visible`, `entry-path-missing`, `overlay-widens-deny`,
 *   `protected-path-is-symlink`, `glob-scan-limit`, `bind-failed`.
 */
export function bindPolicy(request: BindRequest, view = new DiskView()): BoundPolicy {
  const { profile } = request;
  if (profile.type !== 'managed') return { kind: 'unsandboxed', reason: profile.type };
  /* Before the roots: the working directory often is one of them, and is what was named. */
  if (resolveLinks(request.cwd, view).target !== 'directory') throw cwdNotVisible(request.cwd, NOT_THERE);
  const workspaceRoots = request.workspaceRoots.map((root) => resolveWorkspaceRoot(root, view));
  const resolved = { ...request, workspaceRoots, view };
  const warnings: string[] = [];
  const network = request.overlay.network ?? profile.network;
  const supervisesSockets = request.supervisesSockets && network === 'restricted';
  const fileSystem =
    profile.file_system.type === 'unrestricted'
      ? ({ kind: 'unrestricted' } as const)
      : bindRestricted(profile.file_system, { ...resolved, supervisesSockets }, warnings);
  const policy = { kind: 'managed', network, fileSystem, workspaceRoots, warnings } as const;
  return { ...policy, cwd: resolveCwd(resolved, policy) };
}

function bindRestricted(
  permissions: RestrictedFileSystem,
  request: BindRequest & { readonly view: DiskView },
  warnings: string[],
): RestrictedBinding {
  const base = expandEntries(permissions.entries, { ...request, origin: 'profile' }, warnings);
  const added = expandEntries(request.overlay.entries, { ...request, origin: 'overlay' }, warnings);
  const gather = { base: base.entries, warnings, request };
  const table = gatherRules(withoutNarrowing(added.entries, gather), gather);
  const globs = expandDenyGlobs(table, [...base.globs, ...added.globs], {
    view: request.view,
    maxDepth: permissions.glob_scan_max_depth,
  });
  refuseUnprotectableLinks(table);
  const ruleSet: RuleSet = { rules: sortedRules(table.rules()), globs };
  return {
    kind: 'restricted',
    ruleSet,
    links: table.links(),
    maskedSockets: request.supervisesSockets ? undefined : socketsToMask(ruleSet, request),
    allowedSockets: allowedSockets(request),
    identities: identitiesOf(ruleSet.rules, request.view),
  };
}

/** What rules are gathered from, beside the overlay. */
interface Gathering {
  readonly base: readonly ExpandedEntry[];
  readonly warnings: string[];
  readonly request: BindRequest & { readonly view: DiskView };
}

/** All rules but those of deny globs. */
function gatherRules(added: readonly ExpandedEntry[], { base, warnings, request }: Gathering): RuleTable {
  const table = new RuleTable();
  for (const entry of base) table.addEntry(entry);
  refuseWidening(table, added);
  for (const entry of added) table.addEntry(entry);
  for (const path of request.readOnlyPaths)
    table.takeWriteAway(resolveLinks(path, request.view), { kind: 'overlay', text: path });
  addBuiltInRules(table, request);
  addProtectedMetadata(table, { entries: [...base, ...added], warnings, view: request.view });
  return table;
}

/** An overlay's `read` adds reading, so it is left out where the command may write without it: precedence would take that away. */
function withoutNarrowing(added: readonly ExpandedEntry[], gathering: Gathering): readonly ExpandedEntry[] {
  if (!added.some(({ access }) => access === 'read')) return added;
  const others = added.filter(({ access }) => access !== 'read');
  const table = gatherRules(others, { ...gathering, warnings: [] });
  const evaluator = createEvaluator({ rules: table.rules(), globs: [] });
  return added.filter(
    ({ access, resolved }) => access !== 'read' || evaluator.accessAt(resolved.path) !== 'write',
  );
}

/** An overlay may add to what no entry decides or what is readable; a denied path stays denied. */
function refuseWidening(table: RuleTable, added: readonly ExpandedEntry[]): void {
  const before = createEvaluator({ rules: table.rules(), globs: [] });
  for (const entry of added) {
    const { decision } = before.evaluate('read', entry.resolved.path);
    if (entry.access !== 'deny' && decision.kind === 'rule' && decision.rule.access === 'deny') {
      throw new CordonError(
        'overlay-widens-deny',
        `Cannot allow ${JSON.stringify(entry.resolved.path)}: the profile denies ${JSON.stringify(decision.rule.path)}`,
        { details: { path: entry.resolved.path, deniedBy: decision.rule } },
      );
    }
  }
}

/** A link cannot be mounted over: where the command may replace the link, the rule on its target would not hold at its name. */
function refuseUnprotectableLinks(table: RuleTable): void {
  const evaluator = createEvaluator({ rules: table.rules(), globs: [] });
  for (const { rule, link } of table.restrictedLinks()) {
    if (evaluator.accessAt(link.path) !== 'write') continue;
    throw new CordonError(
      'protected-path-is-symlink',
      `Cannot protect ${JSON.stringify(link.path)}: it is a symbolic link to ${JSON.stringify(link.text)} in a directory that the command may write`,
      {
        details: { link: link.path, target: rule.path, access: rule.access },
        hint: `Name what it points to instead: ${JSON.stringify(rule.path)}.`,
      },
    );
  }
}

function socketsToMask(
  ruleSet: RuleSet,
  { unixSockets, view }: { readonly unixSockets: readonly AbsolutePath[]; readonly view: DiskView },
): readonly AbsolutePath[] {
  const evaluator = createEvaluator(ruleSet);
  const open = new Set(unixSockets.map((socket) => resolveLinks(socket, view).path));
  const likely = ruleSet.rules.flatMap((rule) => (rule.access === 'write' ? [rule.path] : []));
  return view
    .boundSockets(likely)
    .filter(
      (socket) => !open.has(socket) && !isWithin(socket, PROC) && evaluator.accessAt(socket) !== 'deny',
    );
}

function allowedSockets({
  unixSockets,
  view,
}: {
  readonly unixSockets: readonly AbsolutePath[];
  readonly view: DiskView;
}): readonly AllowedSocket[] {
  if (unixSockets.length === 0) return [];
  const datagram = new Set(view.datagramSockets());
  const paths = new Set(unixSockets.map((socket) => resolveLinks(socket, view).path));
  return [...paths].map((path) => ({ path, isDatagram: datagram.has(path) }));
}

/** Of every rule's path and the directories above it. */
function identitiesOf(rules: readonly PathRule[], view: DiskView): ReadonlyMap<AbsolutePath, FileIdentity> {
  const identities = new Map<AbsolutePath, FileIdentity>();
  const paths = new Set(rules.flatMap(({ path }) => [path, ...ancestorsOf(path)]));
  for (const path of paths) {
    const identity = view.status(path)?.identity;
    if (identity !== undefined) identities.set(path, identity);
  }
  return identities;
}

function sortedRules(rules: readonly PathRule[]): readonly PathRule[] {
  return [...rules].sort((a, b) => pathDepth(a.path) - pathDepth(b.path) || (a.path < b.path ? -1 : 1));
}

function resolveWorkspaceRoot(root: AbsolutePath, view: DiskView): AbsolutePath {
  const { path, target } = resolveLinks(root, view);
  if (target === 'directory') return path;
  throw new CordonError(
    'workspace-root-invalid',
    `Cannot use workspace root ${JSON.stringify(root)}: it ${target === 'file' ? 'is not a directory' : 'does not exist'}`,
    { details: { path: root } },
  );
}

function resolveCwd(
  { cwd, view }: { readonly cwd: AbsolutePath; readonly view: DiskView },
  policy: Omit<ManagedPolicy, 'cwd'>,
): AbsolutePath {
  const { path, target } = resolveLinks(cwd, view);
  const hidden =
    policy.fileSystem.kind === 'restricted' &&
    !createEvaluator(policy.fileSystem.ruleSet).evaluate('read', path).allowed;
  if (target !== 'directory') throw cwdNotVisible(cwd, NOT_THERE);
  if (hidden) throw cwdNotVisible(cwd, 'the profile does not let the command read it');
  return path;
}

function cwdNotVisible(cwd: AbsolutePath, problem: string): CordonError {
  return new CordonError('cwd-not-visible', `Cannot run in ${JSON.stringify(cwd)}: ${problem}`, {
    details: { cwd },
  });
}

const NOT_THERE = 'it is not an existing directory';

const PROC = parseAbsolutePath('/proc');
