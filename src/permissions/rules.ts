import { type AbsolutePath } from '../paths/absolute-path.js';
import { type Access } from './profile.js';

/** Why a rule exists; printed by `explain` and in denials. */
export type RuleOrigin =
  | { readonly kind: 'profile'; readonly text: string }
  | { readonly kind: 'overlay'; readonly text: string }
  | { readonly kind: 'glob'; readonly pattern: string }
  | { readonly kind: 'protected-metadata'; readonly root: AbsolutePath }
  | { readonly kind: 'built-in'; readonly reason: string };

/** What exists at a rule's path at bind time. */
export type RuleTarget = 'directory' | 'file' | 'missing';

/** One bound rule: an absolute, symlink-free path and what holds at and below it. */
export interface PathRule {
  readonly path: AbsolutePath;
  readonly access: Access;
  readonly target: RuleTarget;
  readonly origin: RuleOrigin;
}

/** A deny glob, bound to the directory it is searched below; covers files that did not exist at bind time. */
export interface GlobRule {
  readonly base: AbsolutePath;
  /** Relative to `base`, in the syntax of `compileGlob`. */
  readonly pattern: string;
}

/** Everything that decides a verdict. */
export interface RuleSet {
  readonly rules: readonly PathRule[];
  readonly globs: readonly GlobRule[];
}
