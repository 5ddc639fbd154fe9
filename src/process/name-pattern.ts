/**
 * Compares a name with a pattern of `*` (any run of characters) and `?` (one character), ignoring case.
 * Nothing is compiled and nothing recurses: only the last star is ever tried again, so the worst case is the
 * product of both lengths.
 *
 * @param pattern - every character but `*` and `?` stands for itself.
 * @param name - the name of a variable.
 * @returns whether the whole name matches.
 */
export function matchesName(pattern: string, name: string): boolean {
  const wanted = pattern.toLowerCase();
  const given = name.toLowerCase();
  let at = 0;
  let star = -1;
  let retryFrom = 0;
  for (let read = 0; read < given.length;) {
    if (wanted[at] === '*') {
      star = at++;
      retryFrom = read;
    } else if (wanted[at] === '?' || wanted[at] === given[read]) {
      at++;
      read++;
    } else if (star >= 0) {
      at = star + 1;
      read = ++retryFrom;
    } else {
      return false;
    }
  }
  return isOnlyStars(wanted, at);
}

/**
 * Whether a name matches at least one of the patterns.
 *
 * @param patterns - see {@link matchesName}.
 * @param name - the name of a variable.
 */
export function matchesAnyName(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => matchesName(pattern, name));
}

function isOnlyStars(pattern: string, from: number): boolean {
  for (let at = from; at < pattern.length; at++) {
    if (pattern[at] !== '*') return false;
  }
  return true;
}
