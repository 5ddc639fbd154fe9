import { type AbsolutePath } from '../paths/absolute-path.js';
import { type Access, type PermissionEntry } from '../permissions/profile.js';
import { readEntryPath } from './entry-path.js';
import { below, type Place, readBoolean, readWord, type Table } from './values.js';

/** One entry of a document, with what it is overridden by. */
export interface DocumentEntry {
  /** Equal for entries about the same path. */
  readonly identity: string;
  readonly entry: PermissionEntry;
}

/** The `filesystem` table of one document. */
export type FileSystemSection =
  | { readonly kind: 'unrestricted' }
  | {
      readonly kind: 'restricted';
      readonly entries: readonly DocumentEntry[];
      /** Directories; at least 1. */
      readonly globScanMaxDepth?: number;
    };

/** What an entry may grant, in the order in which messages list it. */
export const ACCESS_WORDS: readonly Access[] = ['read', 'write', 'deny'];

/**
 * Reads the `filesystem` table: entries by path, or `unrestricted = true` alone.
 *
 * @param table - the parsed table.
 * @param place - where it stands.
 * @param homeDir - what `~` stands for.
 * @returns what could be read; everything else is a problem in the log.
 */
export function readFileSystemSection(table: Table, place: Place, homeDir: AbsolutePath): FileSystemSection {
  const unrestricted = readBoolean(table.get('unrestricted'), below(place, 'unrestricted'));
  if (unrestricted === true) {
    refuseCompany(table, place);
    return { kind: 'unrestricted' };
  }
  const entries: DocumentEntry[] = [];
  for (const [text, value] of table) {
    if (text === 'unrestricted' || text === 'glob_scan_max_depth') continue;
    const entry = readEntry(text, below(place, text), { value, homeDir });
    if (entry !== undefined) entries.push(entry);
  }
  warnOfTwins(entries, place);
  const globScanMaxDepth = readDepth(table.get('glob_scan_max_depth'), below(place, 'glob_scan_max_depth'));
  return { kind: 'restricted', entries, ...(globScanMaxDepth === undefined ? {} : { globScanMaxDepth }) };
}

interface EntryValue {
  readonly value: unknown;
  readonly homeDir: AbsolutePath;
}

function readEntry(text: string, place: Place, { value, homeDir }: EntryValue): DocumentEntry | undefined {
  const reading = readEntryPath(text, homeDir);
  const access = readWord(value, place, ACCESS_WORDS);
  if (reading.kind === 'problem') {
    place.log.problem({ keys: place.keys, text: reading.text });
    return undefined;
  }
  if (access === undefined) return undefined;
  const { path, identity, warning, nearest } = reading;
  if (warning !== undefined) place.log.warn({ keys: place.keys, text: warning, nearest });
  if (path.type === 'glob_pattern' && access !== 'deny') {
    place.log.problem({
      keys: place.keys,
      text: `${JSON.stringify(text)} is a glob, and a glob can only deny`,
    });
    return undefined;
  }
  return { identity, entry: entryFor(path, access) };
}

/** A denied path need not exist: that `~/.aws` is missing today is no reason to refuse the command. */
function entryFor(path: PermissionEntry['path'], access: Access): PermissionEntry {
  return access === 'deny' ? { path, access, missing_path_behavior: 'skip' } : { path, access };
}

function readDepth(value: unknown, place: Place): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value;
  place.log.problem({ keys: place.keys, text: '"glob_scan_max_depth" must be a whole number of at least 1' });
  return undefined;
}

function refuseCompany(table: Table, place: Place): void {
  for (const key of table.keys()) {
    if (key === 'unrestricted') continue;
    const text = `${JSON.stringify(key)} cannot stand beside "unrestricted = true", which no entry restricts`;
    place.log.problem({ keys: [...place.keys, key], text });
  }
}

/** Two texts for one path are kept, because precedence decides between them; but hardly anybody means it. */
function warnOfTwins(entries: readonly DocumentEntry[], place: Place): void {
  const seen = new Map<string, Access>();
  for (const { identity, entry } of entries) {
    const other = seen.get(identity);
    if (other !== undefined && other !== entry.access) {
      const text = `two entries name the same path (${identity}), as "${other}" and as "${entry.access}": deny outranks write, write outranks read`;
      place.log.warn({ keys: place.keys, text });
    }
    seen.set(identity, entry.access);
  }
}
