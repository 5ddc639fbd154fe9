import { type FileOperation } from '../permissions/evaluate.js';
import { type PathMention } from './path-mentions.js';
import { type RefusalText } from './refusal-text.js';

/** Words that only stand where something is changed. A program's name does as well: `mkdir:`, `tee:`. */
const WRITING =
  /\b(?:create|creating|touch|mkdir|mkdtemp|mkstemp|mkfifo|mknod|tee|write|writing|writeFile|remove|removing|delete|deleting|unlink|unlinking|rmdir|move|moving|rename|renaming|chmod|chown|utime|utimes|permissions of|ownership of|times of|symlink|link|lock|truncate|ftruncate|append|saving|copyfile|temporary file|listen|bind)\b/iu;

/** Words for what changes the directory that holds a name; "A -> B" is a renaming where no other word says otherwise. */
const REMOVING =
  /\b(?:remove|removing|delete|deleting|unlink|unlinking|rmdir|move|moving|rename|renaming)\b| -> /iu;

/** Words that only stand where something is read. */
const READING =
  /\b(?:for reading|reading|scandir|opendir|readdir|open directory|read directory|readlink|cannot access|cannot stat|cannot change to|lstat|cd|spawn|spawnSync)\b/iu;

/** Two names in one message: of a copy the first is read, of a link it is not touched at all. */
const COPYING = /\b(?:copy|copyfile)\b/iu;
const LINKING = /\b(?:link|symlink)\b/iu;

/** EPERM about something that is no file, although a path is named. */
const NO_FILE_CALL = /\b(?:u?mount|kill|ptrace|chroot|setns|unshare)\b/iu;

/** A name this short is hardly one of the words above, in UTF-16 units. */
const MAX_SHORT_NAME = 3;

/** What a line tells of the operations that were tried. */
export interface Attempts {
  /** For each mention the operations to ask the policy about, in turn. */
  readonly operations: readonly (readonly FileOperation[])[];
  /** Whether the line says, in words or by the kind of error, that something was to be changed. */
  readonly isAboutWriting: boolean;
  /** Whether the names themselves were to be removed or changed. */
  readonly isAboutRemoving: boolean;
}

/**
 * What a command tried to do with each path that a line mentions: the operations to ask the policy about, in turn. Where the words
 * tell nothing, EACCES asks about reading alone: that the policy refuses writing to a file does not explain why it could not be
 * read. EPERM asks about both, for sandboxes that answer everything with it.
 *
 * @param refusal - the line.
 * @param mentions - its paths, in order.
 */
export function readAttempts(refusal: RefusalText, mentions: readonly PathMention[]): Attempts {
  const words = withoutMentions(refusal.line, mentions);
  const ofLast = operationsOf(refusal, words);
  const ofOthers = operationsOfOthers(refusal, words) ?? ofLast;
  const operations = mentions.map((_, index) => (index === mentions.length - 1 ? ofLast : ofOthers));
  const isAboutRemoving = REMOVING.test(words) && !COPYING.test(words) && !LINKING.test(words);
  return { operations, isAboutWriting: isAboutWriting(refusal, words), isAboutRemoving };
}

/** A name may hold any word. A short one is left where it is: it would be taken out of the middle of words. */
function withoutMentions(line: string, mentions: readonly PathMention[]): string {
  return mentions
    .filter(({ text }) => text.length > MAX_SHORT_NAME)
    .reduce((rest, { text }) => rest.replaceAll(text, ' '), line);
}

function operationsOfOthers({ cause }: RefusalText, words: string): readonly FileOperation[] | undefined {
  if (COPYING.test(words)) return cause === 'permission' ? ['read'] : [];
  return LINKING.test(words) ? [] : undefined;
}

function operationsOf(refusal: RefusalText, words: string): readonly FileOperation[] {
  if (refusal.cause === 'missing') return ['read'];
  if (isAboutWriting(refusal, words)) return ['write'];
  if (refusal.cause !== 'not-permitted' || READING.test(words)) return ['read'];
  return NO_FILE_CALL.test(words) ? [] : ['read', 'write'];
}

function isAboutWriting({ cause }: RefusalText, words: string): boolean {
  if (cause === 'read-only' || cause === 'busy') return true;
  return !READING.test(words) && WRITING.test(words);
}
