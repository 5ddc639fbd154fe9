import { nearestOf } from './nearest.js';
import { type ProblemLog } from './problems.js';

/** Where a value stands: the keys from the top of the document, and the log for what is wrong there. */
export interface Place {
  readonly keys: readonly string[];
  readonly log: ProblemLog;
}

/** A table of a document as a map, so that no key can be mistaken for something every object has. */
export type Table = ReadonlyMap<string, unknown>;

/** The place one key further down. */
export function below(place: Place, key: string | number): Place {
  return { keys: [...place.keys, String(key)], log: place.log };
}

/**
 * Reads a table.
 *
 * @param value - the parsed value; undefined stands for a missing key.
 * @param place - where it stands.
 * @returns the table; undefined when it is missing, or is none, which is then a problem.
 */
export function readTable(value: unknown, place: Place): Table | undefined {
  if (value === undefined) return undefined;
  if (isTable(value)) return new Map(Object.entries(value));
  mustBe('a table', value, place);
  return undefined;
}

/** Reads true or false, as {@link readTable} reads a table. */
export function readBoolean(value: unknown, place: Place): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  mustBe('true or false', value, place);
  return undefined;
}

/** Reads text without NUL, as {@link readTable} reads a table. */
export function readText(value: unknown, place: Place): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && !value.includes('\0')) return value;
  mustBe('text in quotes, without NUL', value, place);
  return undefined;
}

/** Reads a list of text; elements that are none are problems and left out; a missing list is empty. */
export function readTextList(value: unknown, place: Place): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    mustBe('a list of text', value, place);
    return [];
  }
  const elements: readonly unknown[] = value;
  return elements
    .map((element, index) => readText(element, below(place, index)))
    .filter((element) => element !== undefined);
}

/**
 * Reads one word out of a few.
 *
 * @param value - the parsed value; undefined stands for a missing key.
 * @param place - where it stands.
 * @param words - the words that are allowed.
 * @returns the word; undefined when it is missing or wrong, which is then a problem.
 */
export function readWord<Word extends string>(
  value: unknown,
  place: Place,
  words: readonly Word[],
): Word | undefined {
  if (value === undefined) return undefined;
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  const allowed = words.map((word) => JSON.stringify(word)).join(' or ');
  if (typeof value !== 'string') {
    mustBe(allowed, value, place);
    return undefined;
  }
  const text = `${nameOf(place)} must be ${allowed}, not ${JSON.stringify(value)}`;
  place.log.problem({ keys: place.keys, text, nearest: nearestOf(value, words) });
  return undefined;
}

/** Makes a problem of every key of a table that is not among the known ones. */
export function refuseUnknownKeys(table: Table, place: Place, known: readonly string[]): void {
  for (const key of table.keys()) {
    if (known.includes(key)) continue;
    place.log.problem({
      keys: [...place.keys, key],
      text: `unknown key ${JSON.stringify(key)}`,
      nearest: nearestOf(key, known),
    });
  }
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** Tells the kind of a wrong value and never the value, which may be a secret. */
function mustBe(expected: string, value: unknown, place: Place): void {
  place.log.problem({ keys: place.keys, text: `${nameOf(place)} must be ${expected}, not ${kindOf(value)}` });
}

function nameOf(place: Place): string {
  return JSON.stringify(place.keys.at(-1) ?? '');
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return 'a date';
  const kinds: Readonly<Record<string, string>> = {
    string: 'text',
    boolean: 'true or false',
    object: 'a table',
  };
  return kinds[typeof value] ?? 'a number';
}
