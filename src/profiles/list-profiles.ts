import { CordonError } from '../errors/cordon-error.js';
import { type AbsolutePath, joinPath, ROOT_PATH } from '../paths/absolute-path.js';
import { documentNames, readDocumentText, userDocumentPath } from './document-source.js';
import { type ProfilePlaces } from './find-document.js';
import { type ProfileSource } from './load-profile.js';
import { parseDocument } from './parse-document.js';

/** One profile that has a name. */
export interface ProfileListing {
  readonly name: string;
  /** Empty when the document gives none. */
  readonly description: string;
  readonly source: ProfileSource;
  /** Why the document cannot be read, in one sentence; `checkProfile` tells everything that is wrong. */
  readonly problem?: string;
}

/**
 * Lists the profiles that have a name: the built-in ones, then the user's. A user's document that has the name
 * of a built-in profile is left out, as it is never used.
 *
 * @param places - the built-in profiles, and the directory of the user's.
 * @returns name, description and source of each; a document that cannot be read is listed with the reason.
 */
export function listProfiles(
  places: Pick<ProfilePlaces, 'builtins' | 'configDir'>,
): readonly ProfileListing[] {
  const { builtins, configDir } = places;
  const listed = [...builtins].map(([name, text]) => listing(name, { kind: 'built-in' }, () => text));
  if (configDir === undefined) return listed;
  const own = documentNames(joinPath(configDir, 'profiles')).filter((name) => !builtins.has(name));
  return [...listed, ...own.map((name) => userListing(name, userDocumentPath(configDir, name)))];
}

function userListing(name: string, path: AbsolutePath): ProfileListing {
  return listing(name, { kind: 'user', path }, () => readDocumentText(path) ?? '');
}

function listing(name: string, source: ProfileSource, read: () => string): ProfileListing {
  try {
    // Only the description is used, so that any directory will do for "~".
    const reading = parseDocument({ text: read(), file: source.path ?? name, homeDir: ROOT_PATH });
    if (reading.kind === 'syntax') return { name, description: '', source, problem: reading.problem.message };
    return { name, description: reading.document.description ?? '', source };
  } catch (error) {
    if (!(error instanceof CordonError)) throw error;
    return { name, description: '', source, problem: error.message };
  }
}
