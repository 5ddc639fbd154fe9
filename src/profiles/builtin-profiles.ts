import { CordonError } from '../errors/cordon-error.js';
import { type AbsolutePath, joinPath } from '../paths/absolute-path.js';
import { documentNames, readDocumentText } from './document-source.js';

/**
 * Reads the built-in profiles from the package's directory `profiles`.
 *
 * @param directory - the directory.
 * @returns the text of each document by the profile's name, in the order of the names.
 * @throws CordonError `internal` when there is none: the package is broken.
 */
export function readBuiltinProfiles(directory: AbsolutePath): ReadonlyMap<string, string> {
  const profiles = new Map<string, string>();
  for (const name of documentNames(directory)) {
    const text = readDocumentText(joinPath(directory, `${name}.toml`));
    if (text !== undefined) profiles.set(name, text);
  }
  if (profiles.size > 0) return profiles;
  throw new CordonError('internal', `The package has no built-in profiles in ${JSON.stringify(directory)}`, {
    hint: 'Install cordon again.',
  });
}
