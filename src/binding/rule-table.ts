import { type AbsolutePath } from '../paths/absolute-path.js';
import { createEvaluator, stricterAccess } from '../permissions/evaluate.js';
import { type Access } from '../permissions/profile.js';
import { type PathRule, type RuleOrigin } from '../permissions/rules.js';
import { type ExpandedEntry } from './expand-entries.js';
import { type SymbolicLink } from './bound-policy.js';
import { type ResolvedPath } from './resolve-links.js';

/** A link that leads to a restricted path, and the rule there. */
export interface RestrictedLink {
  readonly rule: PathRule;
  readonly link: SymbolicLink;
}

/** The rules while they are being gathered: one per path, the strictest of the profile's and overlay's own. */
export class RuleTable {
  readonly #rules = new Map<AbsolutePath, PathRule>();
  readonly #links = new Map<AbsolutePath, SymbolicLink>();
  readonly #named = new Set<AbsolutePath>();
  readonly #restrictedLinks: RestrictedLink[] = [];

  /** Adds an entry of the profile or overlay; an overlay's `write` raises the profile's `read` of the same path. */
  addEntry(entry: ExpandedEntry): void {
    const { path, target } = entry.resolved;
    this.#named.add(entry.named);
    const known = this.#rules.get(path);
    const access = known === undefined ? entry.access : stricterOrRaised(known, entry);
    this.#add({ path, target, access, origin: entry.origin }, entry.resolved.links);
  }

  /** Adds a rule of cordon's own, unless an entry names the path. */
  addUnlessNamed(resolved: ResolvedPath, access: Access, origin: RuleOrigin): void {
    if (this.#rules.has(resolved.path)) return;
    this.#add({ path: resolved.path, target: resolved.target, access, origin }, resolved.links);
  }

  /** Makes a path read-only where it could be written; gives nothing where it could not be read. */
  takeWriteAway(resolved: ResolvedPath, origin: RuleOrigin): void {
    const evaluator = createEvaluator({ rules: this.rules(), globs: [] });
    if (evaluator.accessAt(resolved.path) !== 'write') return;
    this.#add({ path: resolved.path, target: resolved.target, access: 'read', origin }, resolved.links);
  }

  /** Denies a path, whatever was said of it. `origin` is a glob's: its links are not themselves protected. */
  addDenial(resolved: ResolvedPath, origin: RuleOrigin): void {
    this.#rules.set(resolved.path, { path: resolved.path, target: resolved.target, access: 'deny', origin });
  }

  /** Whether there is a rule for exactly this path, or an entry names it. */
  names(path: AbsolutePath): boolean {
    return this.#named.has(path) || this.#rules.has(path);
  }

  /** All rules, in no order. */
  rules(): readonly PathRule[] {
    return [...this.#rules.values()];
  }

  /** Every symbolic link that was followed. */
  links(): readonly SymbolicLink[] {
    return [...this.#links.values()];
  }

  /** The links that lead to what the command may not write. */
  restrictedLinks(): readonly RestrictedLink[] {
    return this.#restrictedLinks;
  }

  #add(rule: PathRule, links: readonly SymbolicLink[]): void {
    this.#rules.set(rule.path, rule);
    for (const link of links) {
      this.#links.set(link.path, link);
      if (rule.access !== 'write') this.#restrictedLinks.push({ rule, link });
    }
  }
}

/** Profile entries: the strictest. An overlay's grant adds to a grant. */
function stricterOrRaised(known: PathRule, entry: ExpandedEntry): Access {
  const raises = entry.origin.kind === 'overlay' && entry.access === 'write' && known.access === 'read';
  return raises ? 'write' : stricterAccess(known.access, entry.access);
}
