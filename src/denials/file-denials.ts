import { type AbsolutePath, isWithin, parseAbsolutePath, resolvePath } from '../paths/absolute-path.js';
import { type FileOperation } from '../permissions/evaluate.js';
import { fileDenialAt, socketDenialAt } from './denial-at.js';
import { type Denial } from './denial.js';
import { type JudgedPath, type PathJudge } from './evidence.js';
import { type Attempts, readAttempts } from './operations.js';
import { type PathMention, mentionsAtEnd, pathMentions } from './path-mentions.js';
import { type RefusalText, readRefusal } from './refusal-text.js';

/** What a line's paths are judged with. */
export interface FileContext {
  /** What relative names start from. */
  readonly cwd: AbsolutePath;
  readonly judge: PathJudge;
}

/** The text of a line can make a denial no more than likely, though the policy agrees. */
const STANDING = { certainty: 'likely', source: 'policy' } as const;

/** The command has a /proc of its own; what the host has under the same name says nothing about it. */
const PROC = parseAbsolutePath('/proc');

/** How far apart, in lines, npm and Cargo print an error and the path it is about. */
const NEIGHBOUR_LINES = 3;

/**
 * The denials that one line of output tells of: it has the errno text of a refusal, it or a line beside it names a path,
 * and the policy refuses that operation at that path.
 *
 * @param lines - the output.
 * @param index - the line.
 * @param context - the working directory and the policy.
 */
export function fileDenialsOf(
  lines: readonly string[],
  index: number,
  context: FileContext,
): readonly Denial[] {
  const refusal = readRefusal(lines[index] ?? '');
  if (refusal === undefined) return [];
  const own = pathMentions(refusal);
  const mentions = own.length > 0 ? own : neighbourMentions(lines, index);
  const attempts = readAttempts(refusal, mentions);
  return mentions.flatMap((mention, place) => {
    const operations = attempts.operations[place] ?? [];
    return denialOfMention(mention, { operations, line: { refusal, attempts }, context }) ?? [];
  });
}

interface Line {
  readonly refusal: RefusalText;
  readonly attempts: Attempts;
}

interface Question {
  readonly operations: readonly FileOperation[];
  readonly line: Line;
  readonly context: FileContext;
}

/** "npm error code EACCES", "npm error path /a"; "failed to open: /a", "Caused by:", "Read-only file system (os error 30)". */
function neighbourMentions(lines: readonly string[], index: number): readonly PathMention[] {
  const near = lines.slice(Math.max(0, index - NEIGHBOUR_LINES), index + NEIGHBOUR_LINES + 1);
  const npmPath = near
    .map((line) => /^npm (?:error|ERR!) path (?=\/)/u.exec(line))
    .find((match) => match !== null);
  if (npmPath != null) return [{ text: npmPath.input.slice(npmPath[0].length), form: 'absolute' }];
  const before = near.slice(0, Math.min(index, NEIGHBOUR_LINES));
  const failure = before.findLast((line) => /^\s{0,8}(?:error: )?failed to /u.test(line));
  return failure === undefined ? [] : mentionsAtEnd(failure);
}

function denialOfMention(mention: PathMention, { operations, line, context }: Question): Denial | undefined {
  const path = resolvePath(context.cwd, mention.text);
  if (isWithin(path, PROC)) return undefined;
  for (const operation of operations) {
    const judged = context.judge(operation, path);
    if (judged.isSocket && operation === 'read') {
      if (isClosedSocket(judged, line.refusal)) return socketDenialAt(judged, STANDING);
    } else if (!judged.verdict.allowed && isBelievable(judged, mention, line)) {
      const change = operation === 'write' && line.attempts.isAboutRemoving ? 'remove' : operation;
      return fileDenialAt(change, judged, { ...STANDING, judge: context.judge });
    }
  }
  return undefined;
}

/** A socket whose name is hidden is missing; one whose name can be seen is masked (EACCES), unless it is allowed by name. */
function isClosedSocket({ verdict, path, exists }: JudgedPath, { cause }: RefusalText): boolean {
  if (!verdict.allowed) return exists;
  const isNamed = verdict.decision.kind === 'rule' && verdict.decision.rule.path === path;
  return cause === 'permission' && !isNamed;
}

/** Whether the sandbox, refusing this, would have made just this error. */
function isBelievable(judged: JudgedPath, mention: PathMention, line: Line): boolean {
  switch (line.refusal.cause) {
    case 'missing':
      return judged.exists;
    case 'busy':
      return isMountPoint(judged);
    case 'read-only':
    case 'permission':
    case 'not-permitted':
      return (
        mention.form !== 'plain' ||
        judged.exists ||
        (line.attempts.isAboutWriting && !mention.text.includes(' '))
      );
  }
}

/** Only what is mounted upon itself is busy when it is renamed or removed (rename(2)): the very path of a rule or of a glob's match. */
function isMountPoint({ verdict, path }: JudgedPath): boolean {
  const { decision } = verdict;
  if (decision.kind === 'rule') return decision.rule.path === path;
  return decision.kind === 'glob' && decision.path === path;
}
