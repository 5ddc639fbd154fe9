import { CordonError } from '../errors/cordon-error.js';
import { type AbsolutePath, parentPath } from '../paths/absolute-path.js';
import { isMissing, readDocumentText, userDocumentPath } from './document-source.js';
import {
  type Asker,
  fileNotFound,
  findDocument,
  type FoundDocument,
  type ProfilePlaces,
} from './find-document.js';
import { parseDocument, type ProfileDocument } from './parse-document.js';
import { type ProblemLog, type ProfileProblem } from './problems.js';
import { refuseDocumentWithin } from './workspace-guard.js';

/** More documents than this one above the other are a mistake, or a circle through symbolic links. */
const MAX_DOCUMENTS = 16;

/** What to read. */
export interface ChainRequest extends ProfilePlaces {
  /** The name of a profile, or the path of a document. */
  readonly nameOrFile: string;
  /** What a relative path of the caller starts from. */
  readonly cwd: AbsolutePath;
  /** Directories that commands may write: no document may lie in one. */
  readonly forbiddenBelow: readonly AbsolutePath[];
}

/** One document of a chain. */
export interface ChainLink {
  readonly found: FoundDocument;
  readonly document: ProfileDocument;
  readonly log: ProblemLog;
}

/** A profile's document and what it extends, the profile's own first. */
export interface DocumentChain {
  readonly found: FoundDocument;
  readonly links: readonly ChainLink[];
  readonly warnings: readonly string[];
  /** Why the reading ended before the last document: one is no TOML, or cannot be had at all. */
  readonly end?: ProfileProblem | CordonError;
}

/**
 * Reads a document and, one after the other, what it extends.
 *
 * @param request - what to read, and where profiles are.
 * @returns the documents, each with the log of its mistakes. When one cannot be had (codes as below) `end` says
 *   why, so that the mistakes of those before it are not lost.
 * @throws CordonError for the first document: `profile-not-found`, `profile-in-workspace`, and `profile-invalid`
 *   or `profile-syntax` for a file that holds no text.
 */
export function readChain(request: ChainRequest): DocumentChain {
  const asker: Asker = { directory: request.cwd, where: () => '' };
  const found = findDocument(request.nameOrFile, asker, request);
  const links: ChainLink[] = [];
  const warnings: string[] = [];
  try {
    const end = readLinks({ found, asker }, request, { links, warnings });
    return { found, links, warnings, ...(end === undefined ? {} : { end }) };
  } catch (error) {
    if (links.length === 0 || !(error instanceof CordonError)) throw error;
    return { found, links, warnings, end: error };
  }
}

interface Wanted {
  readonly found: FoundDocument;
  readonly asker: Asker;
}

interface Gathered {
  readonly links: ChainLink[];
  readonly warnings: string[];
}

function readLinks(
  first: Wanted,
  request: ChainRequest,
  { links, warnings }: Gathered,
): ProfileProblem | undefined {
  for (let wanted = first; ;) {
    const { found } = wanted;
    refuseCircle(wanted, links);
    warnings.push(...shadowWarnings(found, request));
    const text = textOf(wanted, request);
    const reading = parseDocument({ text, file: labelOf(found), homeDir: request.homeDir });
    if (reading.kind === 'syntax') return reading.problem;
    const link = { found, document: reading.document, log: reading.log };
    links.push(link);
    if (link.document.extends === undefined) return undefined;
    const asker = askerFrom(link);
    wanted = { found: findDocument(link.document.extends, asker, request), asker };
  }
}

function refuseCircle({ found, asker }: Wanted, links: readonly ChainLink[]): void {
  const label = labelOf(found);
  const labels = links.map((link) => labelOf(link.found));
  if (labels.includes(label)) {
    const circle = [...labels.slice(labels.indexOf(label)), label];
    throw new CordonError('profile-cycle', `Profiles extend each other in a circle: ${circle.join(' -> ')}`, {
      details: { circle },
    });
  }
  if (labels.length < MAX_DOCUMENTS) return;
  const message = `Cannot use profile ${JSON.stringify(label)}${asker.where()}: more than ${String(MAX_DOCUMENTS)} documents extend each other`;
  throw new CordonError('profile-cycle', message, {
    details: { chain: labels },
    hint: 'Extend fewer documents, one above the other.',
  });
}

function textOf({ found, asker }: Wanted, request: ChainRequest): string {
  if (found.kind === 'built-in') return found.text;
  if (isMissing(found.path)) throw fileNotFound(found.path, asker);
  refuseDocumentWithin(found.path, request.forbiddenBelow, request.configDir);
  const text = readDocumentText(found.path);
  if (text === undefined) throw fileNotFound(found.path, asker);
  return text;
}

function shadowWarnings(found: FoundDocument, { builtins, configDir }: ChainRequest): readonly string[] {
  if (found.kind === 'file' && configDir !== undefined && builtins.has(found.name)) {
    if (found.path !== userDocumentPath(configDir, found.name)) return [];
    const name = JSON.stringify(found.name);
    return [`${found.path} is used by its path only: ${name} is the name of a built-in profile`];
  }
  if (found.kind !== 'built-in' || found.shadows === undefined) return [];
  return [`${found.shadows} is not used: ${JSON.stringify(found.name)} is the name of a built-in profile`];
}

function askerFrom({ found, log }: ChainLink): Asker {
  return {
    directory: found.kind === 'built-in' ? undefined : parentPath(found.path),
    where: () => ` (extended by ${log.file}:${String(log.lineOf(['extends']))})`,
  };
}

function labelOf(found: FoundDocument): string {
  return found.kind === 'built-in' ? `built-in profile ${found.name}` : found.path;
}
