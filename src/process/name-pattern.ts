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
 * Makes one question out of many patterns. Most are plain names, `*PART*` or `START*`, and are answered without the general
 * comparison: an environment is looked through at every launch.
 *
 * @param patterns - see {@link matchesName}.
 * @returns whether a name matches at least one of them.
 */
export function compileNames(patterns: readonly string[]): (name: string) => boolean {
  const names = new Set<string>();
  const parts: string[] = [];
  const starts: string[] = [];
  const others: string[] = [];
  for (const pattern of patterns.map((text) => text.toLowerCase())) {
    if (!/[*?]/u.test(pattern)) names.add(pattern);
    else if (/^\*[^*?]+\*$/u.test(pattern)) parts.push(pattern.slice(1, -1));
    else if (/^[^*?]+\*$/u.test(pattern)) starts.push(pattern.slice(0, -1));
    else others.push(pattern);
  }
  return (name) => {
    const given = name.toLowerCase();
    return (
      names.has(given) ||
      parts.some((part) => given.includes(part)) ||
      starts.some((start) => given.startsWith(start)) ||
      others.some((pattern) => matchesName(pattern, given))
    );
  };
}

/**
 * Whether a name matches at least one of the patterns.
 *
 * @param patterns - see {@link matchesName}.
 * @param name - the name of a variable.
 */
export function matchesAnyName(patterns: readonly string[], name: string): boolean {
  return compileNames(patterns)(name);
}

function isOnlyStars(pattern: string, from: number): boolean {
  for (let at = from; at < pattern.length; at++) {
    if (pattern[at] !== '*') return false;
  }
  return true;
}
