/** Which characters close a quotation, by the one that opens it. The GNU tools write 'a', ‘a’ or `a'. */
const CLOSING: Readonly<Record<string, string>> = { "'": "'", '"': '"', '`': "`'", '‘': '’', '“': '”' };

/** A name with control characters, as the GNU tools write it: 'a'$'\n''b'. */
const SHELL_ESCAPE = "'$'";

/**
 * The quoted parts of a line, in their order. An apostrophe inside a word neither opens nor closes; what is not closed, and
 * names written with shell escapes, are left out. One pass.
 *
 * @param line - bounded by `outputLines`.
 * @param limit - the most parts to return.
 */
export function quotedTexts(line: string, limit: number): readonly string[] {
  const found: string[] = [];
  let opened: { readonly closing: string; readonly start: number } | undefined;
  for (let at = 0; at < line.length && found.length < limit; at += 1) {
    const character = line.charAt(at);
    if (opened === undefined) {
      const closing = CLOSING[character];
      if (closing !== undefined && !isWordCharacter(line.charAt(at - 1))) opened = { closing, start: at + 1 };
    } else if (opened.closing.includes(character) && mayClose(character, line.charAt(at + 1))) {
      const text = line.slice(opened.start, at);
      if (text !== '' && !text.includes(SHELL_ESCAPE)) found.push(text);
      opened = undefined;
    }
  }
  return found;
}

/** An apostrophe closes only where a word may end; other marks have no second use. */
function mayClose(character: string, next: string): boolean {
  return character !== "'" || next === '' || ' \t:,;.)]>}"='.includes(next);
}

function isWordCharacter(character: string): boolean {
  return /^[\p{L}\p{N}_]$/u.test(character);
}
