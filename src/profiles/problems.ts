import { CordonError } from '../errors/cordon-error.js';
import { type ErrorCode } from '../errors/codes.js';
import { type KeyLines } from './key-lines.js';

/** One mistake in a profile document, with its place. */
export interface ProfileProblem {
  readonly code: ErrorCode;
  /** The document's path, or `built-in profile NAME`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1; only where the TOML parser tells it. */
  readonly column?: number;
  /** The keys from the top of the document down to the mistake; empty for the document as a whole. */
  readonly keys: readonly string[];
  /** What was probably meant. */
  readonly nearest?: string;
  /** The whole sentence: `FILE:LINE: what is wrong`. */
  readonly message: string;
}

/** What a check says about one place of a document. */
export interface Remark {
  readonly keys: readonly string[];
  /** What is wrong, without file and line; never the text of a value that may be secret. */
  readonly text: string;
  readonly nearest?: string | undefined;
}

/** Gathers what is wrong with one document and what is only odd, so that a person sees all of it at once. */
export interface ProblemLog {
  readonly file: string;
  readonly problems: readonly ProfileProblem[];
  readonly warnings: readonly string[];
  readonly lineOf: KeyLines;
  readonly problem: (remark: Remark) => void;
  readonly warn: (remark: Remark) => void;
}

/**
 * Makes the log of one document.
 *
 * @param file - how messages name the document.
 * @param lineOf - finds the line of a key; called only when there is something to say.
 * @returns an empty log.
 */
export function createProblemLog(file: string, lineOf: KeyLines): ProblemLog {
  const problems: ProfileProblem[] = [];
  const warnings: string[] = [];
  return {
    file,
    problems,
    warnings,
    lineOf,
    problem: (remark) => {
      problems.push(problemFrom(remark, file, lineOf(remark.keys)));
    },
    warn: (remark) => {
      warnings.push(`${file}:${String(lineOf(remark.keys))}: ${sentence(remark)}`);
    },
  };
}

/**
 * Makes the error that tells the first problem in its message and all of them in its details.
 *
 * @param problems - at least one.
 * @returns the error, with the code of the first problem.
 */
export function problemsError(problems: readonly [ProfileProblem, ...ProfileProblem[]]): CordonError {
  const [first, ...more] = problems;
  const rest = more.length === 0 ? '' : ` (and ${String(more.length)} more)`;
  return new CordonError(first.code, `${first.message}${rest}`, {
    details: {
      file: first.file,
      line: first.line,
      key: first.keys.join('.'),
      ...(first.column === undefined ? {} : { column: first.column }),
      ...(first.nearest === undefined ? {} : { nearest: first.nearest }),
      problems,
    },
  });
}

function problemFrom(remark: Remark, file: string, line: number): ProfileProblem {
  return {
    code: 'profile-invalid',
    file,
    line,
    keys: remark.keys,
    ...(remark.nearest === undefined ? {} : { nearest: remark.nearest }),
    message: `${file}:${String(line)}: ${sentence(remark)}`,
  };
}

function sentence({ text, nearest }: Remark): string {
  return nearest === undefined ? text : `${text}, did you mean ${JSON.stringify(nearest)}?`;
}
