import { type ErrorCode } from '../errors/codes.js';
import { CordonError } from '../errors/cordon-error.js';
import { type AbsolutePath } from '../paths/absolute-path.js';
import { type CommandProfile } from '../permissions/profile.js';
import { type ChainRequest, type DocumentChain, readChain } from './extends-chain.js';
import { mergeDocuments } from './merge-documents.js';
import { type ProfileProblem, problemsError } from './problems.js';

/** Which profile to load, and where profiles are. */
export type LoadRequest = ChainRequest;

/** Where a profile comes from; a built-in one has no path. */
export interface ProfileSource {
  readonly kind: 'built-in' | 'user' | 'file';
  readonly path?: AbsolutePath;
}

/** A profile, ready to be bound. */
export interface LoadedProfile {
  readonly profile: CommandProfile;
  readonly source: ProfileSource;
  /** Whole sentences, with file and line, about what is odd but no mistake. */
  readonly warnings: readonly string[];
}

/** A failure that is not about one line of one document: not found, a circle, not readable. */
export interface ProfileFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

/** What a check of a profile has found. */
export type ProfileCheck =
  | ({ readonly kind: 'valid' } & LoadedProfile)
  | {
      readonly kind: 'invalid';
      /** At least one; those of the profile's own document first. */
      readonly problems: readonly (ProfileProblem | ProfileFailure)[];
      readonly warnings: readonly string[];
    };

/**
 * Loads a profile: reads its document and what that extends, checks all of it, lays one over the other.
 *
 * @param request - the profile; where profiles are; directories in which none may lie.
 * @returns the profile, where it comes from, and what to warn the user of.
 * @throws CordonError `profile-not-found`, `profile-in-workspace`, `profile-cycle`; `profile-syntax` and
 *   `profile-invalid`, with all mistakes in `details.problems`; `path-invalid` when the name holds NUL.
 */
export function loadProfile(request: LoadRequest): LoadedProfile {
  const { loaded, problems, failure } = readProfile(request);
  if (failure !== undefined) throw failure;
  const [first, ...more] = problems;
  if (first !== undefined) throw problemsError([first, ...more]);
  return loaded;
}

/**
 * Checks a profile wherever it lies, also in a workspace, and tells all that is wrong with it.
 *
 * @param request - as for {@link loadProfile}, but no place is forbidden.
 * @returns the profile or its problems; a mistake is never thrown.
 */
export function checkProfile(request: Omit<LoadRequest, 'forbiddenBelow'>): ProfileCheck {
  try {
    const { loaded, problems, failure } = readProfile({ ...request, forbiddenBelow: [] });
    const all = failure === undefined ? problems : [...problems, failureFrom(failure)];
    if (all.length === 0) return { kind: 'valid', ...loaded };
    return { kind: 'invalid', problems: all, warnings: loaded.warnings };
  } catch (error) {
    if (!(error instanceof CordonError)) throw error;
    return { kind: 'invalid', problems: [failureFrom(error)], warnings: [] };
  }
}

interface ProfileReading {
  /** Of use only without problems and failure. */
  readonly loaded: LoadedProfile;
  readonly problems: readonly ProfileProblem[];
  readonly failure?: CordonError;
}

function readProfile(request: LoadRequest): ProfileReading {
  const chain = readChain(request);
  const profile = mergeDocuments(chain.found.name, chain.links);
  const logs = chain.links.map(({ log }) => log);
  const problems = logs.flatMap((log) => log.problems);
  const warnings = [...chain.warnings, ...logs.flatMap((log) => log.warnings)];
  const loaded = { profile, source: sourceOf(chain), warnings };
  if (chain.end instanceof CordonError) return { loaded, problems, failure: chain.end };
  return { loaded, problems: chain.end === undefined ? problems : [...problems, chain.end] };
}

function failureFrom({ code, message, hint }: CordonError): ProfileFailure {
  return { code, message, hint };
}

function sourceOf({ found }: DocumentChain): ProfileSource {
  return found.kind === 'built-in' ? { kind: 'built-in' } : { kind: found.kind, path: found.path };
}
