import { parse } from 'smol-toml';

/** Tells on which line (from 1) of a document a key stands; an unknown key gets the line of the nearest table above it. */
export type KeyLines = (keys: readonly string[]) => number;

/**
 * Finds the lines of all keys of a TOML document, which the parser does not tell: tables, dotted and quoted keys,
 * keys of inline tables, elements of arrays (by their index). Source: https://toml.io/en/v1.1.0.
 *
 * @param text - a document that the parser has accepted; of other text the lines are wrong.
 * @returns the lookup from the path of a key to its line.
 */
export function locateKeys(text: string): KeyLines {
  const scan: Scan = { text, at: 0, countedTo: 0, line: 1, lines: new Map() };
  let table: readonly string[] = [];
  while (skipBlank(scan)) {
    if (scan.text[scan.at] === '[') table = readHeader(scan);
    else readKeyAndValue(scan, table);
  }
  return (keys) => lookUp(scan.lines, keys);
}

interface Scan {
  readonly text: string;
  at: number;
  /** Lines have been counted up to here, so that a whole document is counted once. */
  countedTo: number;
  line: number;
  readonly lines: Map<string, number>;
}

const BLANK = /(?:\s|#[^\n]*)*/y;
const SPACE = /[ \t]*/y;
const BARE_KEY = /[^\s=.[\]{},#"']+/y;
const STRING = /"""(?:\\[^]|(?!""")[^])*"{3,5}|'''(?:(?!''')[^])*'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'/y;
const PLAIN_VALUE = /[^\n,\]}#]*/y;

function lookUp(lines: ReadonlyMap<string, number>, keys: readonly string[]): number {
  for (let length = keys.length; length > 0; length -= 1) {
    const line = lines.get(nameOf(keys.slice(0, length)));
    if (line !== undefined) return line;
  }
  return 1;
}

function readHeader(scan: Scan): readonly string[] {
  const start = scan.at;
  take(scan, /\[{1,2}/y);
  const keys = readKeys(scan);
  record(scan, keys, start);
  take(scan, /[ \t]*\]{1,2}/y);
  return keys;
}

function readKeyAndValue(scan: Scan, prefix: readonly string[]): void {
  const start = scan.at;
  const keys = [...prefix, ...readKeys(scan)];
  record(scan, keys, start);
  take(scan, /[ \t]*=[ \t]*/y);
  readValue(scan, keys);
  // Text that is no TOML must not stop the scan at one place.
  if (scan.at === start) scan.at += 1;
}

function readKeys(scan: Scan): readonly string[] {
  const keys: string[] = [];
  do {
    take(scan, SPACE);
    const quoted = take(scan, STRING);
    keys.push(quoted === '' ? take(scan, BARE_KEY) : decode(quoted));
    take(scan, SPACE);
  } while (take(scan, /\./y) !== '');
  return keys;
}

function readValue(scan: Scan, keys: readonly string[]): void {
  if (take(scan, STRING) !== '') return;
  if (take(scan, /\[/y) !== '') readArray(scan, keys);
  else if (take(scan, /\{/y) !== '') readInlineTable(scan, keys);
  else take(scan, PLAIN_VALUE);
}

function readArray(scan: Scan, keys: readonly string[]): void {
  for (let index = 0; skipBlank(scan) && take(scan, /\]/y) === ''; index += 1) {
    const start = scan.at;
    const element = [...keys, String(index)];
    record(scan, element, start);
    readValue(scan, element);
    skipBlank(scan);
    take(scan, /,/y);
    if (scan.at === start) scan.at += 1;
  }
}

function readInlineTable(scan: Scan, keys: readonly string[]): void {
  while (skipBlank(scan) && take(scan, /\}/y) === '') {
    readKeyAndValue(scan, keys);
    skipBlank(scan);
    take(scan, /,/y);
  }
}

function record(scan: Scan, keys: readonly string[], at: number): void {
  for (; scan.countedTo < at; scan.countedTo += 1) if (scan.text[scan.countedTo] === '\n') scan.line += 1;
  for (let length = 1; length <= keys.length; length += 1) {
    const name = nameOf(keys.slice(0, length));
    // A table is made where its first key stands, unless it has a line already.
    if (!scan.lines.has(name)) scan.lines.set(name, scan.line);
  }
}

function nameOf(keys: readonly string[]): string {
  return JSON.stringify(keys);
}

/** Skips white space, line ends and comments; false at the end of the document. */
function skipBlank(scan: Scan): boolean {
  take(scan, BLANK);
  return scan.at < scan.text.length;
}

function take(scan: Scan, pattern: RegExp): string {
  pattern.lastIndex = scan.at;
  const found = pattern.exec(scan.text)?.[0] ?? '';
  scan.at += found.length;
  return found;
}

/** TOML's escapes are not JSON's, so that the parser itself reads a quoted key that has any. */
function decode(quoted: string): string {
  if (!quoted.startsWith('"') || !quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    const { key } = parse(`key = ${quoted}`);
    return typeof key === 'string' ? key : quoted;
  } catch {
    return quoted;
  }
}
