import { parse, TomlError } from 'smol-toml';
import { type AbsolutePath } from '../paths/absolute-path.js';
import { type EnvironmentSection, readEnvironmentSection } from './environment-section.js';
import { type FileSystemSection, readFileSystemSection } from './filesystem-section.js';
import { locateKeys } from './key-lines.js';
import { type NetworkSection, readNetworkSection } from './network-section.js';
import { createProblemLog, type ProblemLog, type ProfileProblem } from './problems.js';
import { below, type Place, readTable, readText, readWord, refuseUnknownKeys, type Table } from './values.js';

/** Who enforces a profile: cordon, nobody, or somebody around cordon. */
export type Enforcement = 'managed' | 'disabled' | 'external';

/** The words of the `enforcement` key. */
export const ENFORCEMENT_WORDS: readonly Enforcement[] = ['managed', 'disabled', 'external'];

/** What one document says, before what it extends is looked at. */
export interface ProfileDocument {
  readonly description?: string | undefined;
  readonly extends?: string | undefined;
  readonly enforcement?: Enforcement | undefined;
  readonly filesystem?: FileSystemSection | undefined;
  readonly network?: NetworkSection | undefined;
  readonly environment?: EnvironmentSection | undefined;
}

/** The text of a document and what is needed to read it. */
export interface DocumentText {
  readonly text: string;
  /** How messages name the document. */
  readonly file: string;
  /** What `~` stands for. */
  readonly homeDir: AbsolutePath;
}

/** A document as far as it could be read, and what is wrong with it. */
export type DocumentReading =
  | { readonly kind: 'document'; readonly document: ProfileDocument; readonly log: ProblemLog }
  | { readonly kind: 'syntax'; readonly problem: ProfileProblem };

const KEYS = ['description', 'extends', 'enforcement', 'filesystem', 'network', 'environment'];

/** Real documents nest three deep; deeper ones only cost stack. */
const MAX_NESTING = 16;

/**
 * Parses and checks one profile document, all of it, so that every mistake is told at once.
 *
 * @param source - the text, its name, the home directory.
 * @returns the document with its log, or the place where it stops being TOML.
 */
export function parseDocument(source: DocumentText): DocumentReading {
  const parsed = parseToml(source);
  if ('problem' in parsed) return { kind: 'syntax', problem: parsed.problem };
  // Lines are looked for only when there is something to say.
  let lines: ReturnType<typeof locateKeys> | undefined;
  const log = createProblemLog(source.file, (keys) => (lines ??= locateKeys(source.text))(keys));
  const top: Place = { keys: [], log };
  const table = readTable(parsed.value, top) ?? new Map<string, unknown>();
  return { kind: 'document', document: readDocument(table, top, source.homeDir), log };
}

function readDocument(table: Table, top: Place, homeDir: AbsolutePath): ProfileDocument {
  refuseUnknownKeys(table, top, KEYS);
  const section = <Section>(
    key: string,
    read: (table: Table, place: Place) => Section,
  ): Section | undefined => {
    const found = readTable(table.get(key), below(top, key));
    return found === undefined ? undefined : read(found, below(top, key));
  };
  return {
    description: readText(table.get('description'), below(top, 'description')),
    extends: readText(table.get('extends'), below(top, 'extends')),
    enforcement: readWord(table.get('enforcement'), below(top, 'enforcement'), ENFORCEMENT_WORDS),
    filesystem: section('filesystem', (found, place) => readFileSystemSection(found, place, homeDir)),
    network: section('network', (found, place) => readNetworkSection(found, place, homeDir)),
    environment: section('environment', readEnvironmentSection),
  };
}

function parseToml({ text, file }: DocumentText): { value: unknown } | { problem: ProfileProblem } {
  try {
    return { value: parse(text, { maxDepth: MAX_NESTING, unsafeKeyBehaviour: 'throw' }) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return { problem: syntaxProblem(error, file) };
  }
}

/** The parser's message goes on with an excerpt of the document, which may hold secrets: only its first line is told. */
function syntaxProblem(error: TomlError, file: string): ProfileProblem {
  const { line, column } = error;
  const reason = (error.message.split('\n', 1)[0] ?? '').replace('Invalid TOML document: ', '');
  const message = `${file}:${String(line)}:${String(column)}: ${reason}`;
  return { code: 'profile-syntax', file, line, column, keys: [], message };
}
