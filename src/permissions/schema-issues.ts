import { type z } from 'zod';
import { CordonError } from '../errors/cordon-error.js';

/** One thing that is wrong with an object from outside. */
interface SchemaIssue {
  /** Where: `file_system.entries[2].access`; empty for the object itself. */
  readonly path: string;
  /** What was expected there and what is there. */
  readonly message: string;
}

/** How many issues the message names; the details name all. */
const ISSUES_IN_MESSAGE = 3;
/** How much of a wrong text is shown, in UTF-16 units: enough to find it, too little to fill a terminal. */
const SHOWN_TEXT_LENGTH = 80;

/**
 * Parses an object from outside with a schema whose issues read `expected …`.
 *
 * @param schema - the schema.
 * @param input - anything.
 * @param what - how messages call the object: `permissions`.
 * @returns what the schema makes of it.
 * @throws CordonError `profile-invalid` that names place, expectation and value; `details.issues` has them all.
 */
export function parseWithIssues<T>(schema: z.ZodType<T>, input: unknown, what: string): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => ({
    path: placeText(path),
    message: `${message}, got ${describe(valueAt(input, path))}`,
  }));
  throw new CordonError('profile-invalid', `Cannot use ${what}: ${summary(issues)}`, { details: { issues } });
}

/**
 * Writes a place inside an object the way a program would.
 *
 * @param path - member names and array indexes, outermost first.
 */
export function placeText(path: readonly PropertyKey[]): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${String(step)}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./u, '');
}

function summary(issues: readonly SchemaIssue[]): string {
  const shown = issues
    .slice(0, ISSUES_IN_MESSAGE)
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  const rest = issues.length - shown.length;
  return shown.join('; ') + (rest > 0 ? `; and ${String(rest)} more` : '');
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let at = input;
  for (const step of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = Object.getOwnPropertyDescriptor(at, step)?.value;
  }
  return at;
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') {
    const cut = value.length > SHOWN_TEXT_LENGTH;
    return JSON.stringify(cut ? `${value.slice(0, SHOWN_TEXT_LENGTH)}…` : value);
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}
