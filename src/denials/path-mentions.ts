import { quotedTexts } from './quoted-text.js';
import { type RefusalText } from './refusal-text.js';

/** A text in a line that may be a path. `plain`: nothing but its place in the sentence says so. */
export interface PathMention {
  readonly text: string;
  readonly form: 'quoted' | 'absolute' | 'plain';
}

/** The most paths one message is about: two, and a program's own name and a quoted reason beside them. */
const MAX_MENTIONS = 4;

/** PATH_MAX of Linux (limits.h). */
const MAX_PATH_LENGTH = 4096;

/** Sentences that end in a name: "cannot create NAME" (dash), "open NAME" (Go). Others in its place are the bare name. */
const SENTENCE =
  /^(?:cannot|can't|could not|couldn't|unable|failed|error|open|mkdir|remove|unlink|rename|chmod|stat|lstat) /iu;

/** A program's word for what it was doing, after the name: "tar: NAME: Cannot open", "dial unix PATH: connect". */
const AFTERTHOUGHT = /^(?:connect|Cannot [^/]*)$/u;

/**
 * Finds the paths that a refusal is about: quoted ones, else the one before or after the errno text, and addresses of Unix sockets.
 *
 * @param refusal - the line, taken apart.
 * @returns at most four, in the order of the line.
 */
export function pathMentions(refusal: RefusalText): readonly PathMention[] {
  const quoted = quotedTexts(refusal.line, MAX_MENTIONS).map((text) => ({ text, form: 'quoted' }) as const);
  const named = quoted.length > 0 ? quoted : plainMentions(refusal);
  return [...socketAddresses(refusal.line), ...named].filter(isUsable).slice(0, MAX_MENTIONS);
}

/**
 * Finds the path at the end of a text that stands where an errno text would follow: `failed to open: /a/b`.
 *
 * @param text - a line, or its part before the errno text.
 */
export function mentionsAtEnd(text: string): readonly PathMention[] {
  const trimmed = text.trimEnd();
  const isNumbered = /\(\d{1,3}:$/u.test(trimmed.slice(-6));
  const sentence = isNumbered ? trimmed.slice(0, trimmed.lastIndexOf('(')) : trimmed;
  const segments = withoutTrailing(sentence, ' :,(').split(': ');
  const isAfterthought = segments.length > 1 && AFTERTHOUGHT.test(segments.at(-1) ?? '');
  const segment = (segments.at(isAfterthought ? -2 : -1) ?? '').trim();
  const isDirect = trimmed.endsWith(':') && !isNumbered;
  return absoluteMentions(segment, isDirect) ?? relativeMentions(segment, segments.length > 1);
}

function plainMentions({ before, after }: RefusalText): readonly PathMention[] {
  const behind = mentionAtStart(after);
  return behind === undefined ? mentionsAtEnd(before) : [behind];
}

/** "permission denied: PATH" (zsh), "connect ENOENT PATH" (Node.js). */
function mentionAtStart(after: string): PathMention | undefined {
  const text = after.startsWith(': ') ? after.slice(2) : after.startsWith(' /') ? after.slice(1) : '';
  const token = withoutTrailing(firstToken(text), '.,;:)');
  if (text.startsWith('/')) return { text: token, form: 'absolute' };
  return token !== '' && token === text.trim() ? { text: token, form: 'plain' } : undefined;
}

/** A name may have spaces where the errno text follows at once; Go writes two paths with a space between. */
function absoluteMentions(segment: string, isDirect: boolean): readonly PathMention[] | undefined {
  if (segment.startsWith('/')) return [{ text: isDirect ? segment : firstToken(segment), form: 'absolute' }];
  const [, ...paths] = segment.split(' /');
  if (paths.length === 0) return undefined;
  return paths.map((path) => ({ text: `/${isDirect ? path : firstToken(path)}`, form: 'absolute' }));
}

function relativeMentions(segment: string, hasProgram: boolean): readonly PathMention[] {
  if (SENTENCE.test(segment)) {
    const words = segment.split(' ');
    const name = words.at(-1) ?? '';
    const isName = /[/.]/u.test(name) || words.at(-2) === 'file' || isShortSentence(words);
    return isName ? [{ text: name, form: 'plain' }] : [];
  }
  return hasProgram && !/(?:error|exception|warning)$/iu.test(segment)
    ? [{ text: segment, form: 'plain' }]
    : [];
}

/** "cannot create NAME", "cannot open NAME", "open NAME". */
function isShortSentence(words: readonly string[]): boolean {
  return words.length === (/^(?:create|open)$/u.test(words[1] ?? '') ? 3 : 2);
}

/** `unix:///run/a.sock`, `unix:/run/a.sock`, `dial unix /run/a.sock:`. */
function socketAddresses(line: string): readonly PathMention[] {
  const found = line.matchAll(/\bunix(?::\/\/|:| )(?=\/)/giu);
  const texts = [...found]
    .slice(0, MAX_MENTIONS)
    .map((match) => withoutTrailing(firstToken(line.slice(match.index + match[0].length)), '.,;:)\'"'));
  return [...new Set(texts)].map((text) => ({ text, form: 'absolute' }));
}

function isUsable({ text }: PathMention): boolean {
  return (
    text !== '' &&
    text.length <= MAX_PATH_LENGTH &&
    !text.includes('\0') &&
    !text.includes('://') &&
    !text.startsWith('~')
  );
}

function firstToken(text: string): string {
  const end = text.search(/\s/u);
  return end === -1 ? text : text.slice(0, end);
}

function withoutTrailing(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
