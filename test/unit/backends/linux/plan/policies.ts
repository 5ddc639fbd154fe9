import fc from 'fast-check';
import { type RestrictedBinding } from '../../../../../src/binding/bound-policy.js';
import { type MountContext } from '../../../../../src/backends/linux/plan/mounts.js';
import { ancestorsOf, parseAbsolutePath } from '../../../../../src/paths/absolute-path.js';
import { type Access } from '../../../../../src/permissions/profile.js';
import { type PathRule, type RuleTarget } from '../../../../../src/permissions/rules.js';

/** What mounts are planned with here. */
export const CONTEXT: MountContext = { mask: { device: 1n, inode: 1n }, proc: { readOnly: [], hidden: [] } };

/** A rule that a profile has made. */
export function rule(access: Access, at: string, target: RuleTarget = 'directory'): PathRule {
  return { path: parseAbsolutePath(at), access, target, origin: { kind: 'profile', text: at } };
}

/** A bound file system with these rules; what they name exists, unless they say otherwise. */
export function bind(rules: readonly PathRule[], more: Partial<RestrictedBinding> = {}): RestrictedBinding {
  const existing = rules
    .filter(({ target }) => target !== 'missing')
    .flatMap(({ path }) => [path, ...ancestorsOf(path)]);
  return {
    kind: 'restricted',
    ruleSet: { rules, globs: [] },
    links: [],
    maskedSockets: [],
    allowedSockets: [],
    identities: new Map(
      [...new Set(existing)].map((path, index) => [path, { device: 8n, inode: BigInt(index) }]),
    ),
    ...more,
  };
}

const NAMES = ['/a', '/a/b', '/a/b/c', '/a/b/c/d', '/a/e', '/f', '/f/g', '/f/g/h'];

/** Few paths, so that rules meet. */
export const PATHS = NAMES.map(parseAbsolutePath);

/** Any rules about those and the root. */
export const ruleSets = fc
  .uniqueArray(fc.constantFrom('/', ...NAMES), { minLength: 1 })
  .chain((paths) =>
    fc.tuple(
      ...paths.map((at) =>
        fc.constantFrom<Access>('read', 'write', 'deny').map((access) => rule(access, at)),
      ),
    ),
  );
