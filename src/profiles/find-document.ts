import { existsSync } from 'node:fs';
import { CordonError } from '../errors/cordon-error.js';
import { type AbsolutePath, baseName, joinPath, parentPath, resolvePath } from '../paths/absolute-path.js';
import { documentName, documentNames, userDocumentPath } from './document-source.js';
import { expandHome } from './entry-path.js';
import { nearestOf } from './nearest.js';

/** Where profiles are looked for. */
export interface ProfilePlaces {
  /** What `~` stands for. */
  readonly homeDir: AbsolutePath;
  /** `$XDG_CONFIG_HOME/cordon`; its directory `profiles` holds the user's profiles. */
  readonly configDir: AbsolutePath | undefined;
  /** The text of each built-in profile by its name. */
  readonly builtins: ReadonlyMap<string, string>;
}

/** A document that has been found by its name or its path; the file need not exist. */
export type FoundDocument =
  | {
      readonly kind: 'built-in';
      readonly name: string;
      readonly text: string;
      readonly shadows?: AbsolutePath;
    }
  | { readonly kind: 'user' | 'file'; readonly name: string; readonly path: AbsolutePath };

/** Who asks for a document. */
export interface Asker {
  /** What relative paths start from; undefined for a built-in profile, which extends no file. */
  readonly directory: AbsolutePath | undefined;
  /** ` (extended by FILE:LINE)` for messages, empty for the first document; asked only when something is wrong. */
  readonly where: () => string;
}

/**
 * Finds the document that a name or a path stands for: text with `/` or that ends in `.toml` is a path, anything
 * else the name of a built-in profile or, after those, of one of the user's.
 *
 * @param text - the name or path.
 * @param asker - who asks.
 * @param places - where names are looked for.
 * @returns the document.
 * @throws CordonError `profile-not-found`, with the nearest name; `path-invalid`.
 */
export function findDocument(text: string, asker: Asker, places: ProfilePlaces): FoundDocument {
  if (text.includes('/') || text.endsWith('.toml')) return findFile(text, asker, places);
  const builtin = places.builtins.get(text);
  const path = userPath(text, places);
  const exists = path !== undefined && existsSync(path);
  if (builtin !== undefined) {
    return { kind: 'built-in', name: text, text: builtin, ...(exists ? { shadows: path } : {}) };
  }
  if (exists) return { kind: 'user', name: text, path };
  throw nameNotFound(text, asker, places);
}

/**
 * The error for a document that is not there.
 *
 * @param path - where it was looked for.
 * @param asker - who asked.
 * @returns the error; its hint is the nearest document of the same directory.
 */
export function fileNotFound(path: AbsolutePath, asker: Asker): CordonError {
  const directory = parentPath(path);
  const nearest = nearestOf(documentName(baseName(path)), documentNames(directory));
  const message = `Cannot find profile ${JSON.stringify(path)}${asker.where()}: there is no such file`;
  if (nearest === undefined)
    return new CordonError('profile-not-found', message, { details: { file: path } });
  const meant = joinPath(directory, `${nearest}.toml`);
  return new CordonError('profile-not-found', message, {
    details: { file: path, nearest: meant },
    hint: `Did you mean ${JSON.stringify(meant)}?`,
  });
}

function findFile(text: string, asker: Asker, places: ProfilePlaces): FoundDocument {
  if (asker.directory === undefined) {
    const message = `Cannot use profile ${JSON.stringify(text)}${asker.where()}: a built-in profile extends no file`;
    throw new CordonError('profile-invalid', message, { details: { name: text } });
  }
  const path = resolvePath(asker.directory, expandHome(text, places.homeDir));
  return { kind: 'file', name: documentName(baseName(path)), path };
}

function userPath(name: string, { configDir }: ProfilePlaces): AbsolutePath | undefined {
  return configDir === undefined || name === '' ? undefined : userDocumentPath(configDir, name);
}

function nameNotFound(name: string, asker: Asker, places: ProfilePlaces): CordonError {
  const own = places.configDir === undefined ? [] : documentNames(joinPath(places.configDir, 'profiles'));
  const names = [...new Set([...places.builtins.keys(), ...own])].sort();
  const nearest = nearestOf(name, names);
  const listed = names.map((known) => JSON.stringify(known)).join(', ');
  return new CordonError('profile-not-found', `Cannot find profile ${JSON.stringify(name)}${asker.where()}`, {
    details: { name, names, ...(nearest === undefined ? {} : { nearest }) },
    hint: nearest === undefined ? `The profiles are ${listed}.` : `Did you mean ${JSON.stringify(nearest)}?`,
  });
}
