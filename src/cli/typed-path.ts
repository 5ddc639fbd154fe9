import { existsSync } from 'node:fs';
import { CordonError } from '../errors/cordon-error.js';
import { homeDirOf } from '../host/host-facts.js';
import { type AbsolutePath, resolvePath } from '../paths/absolute-path.js';
import { isGlobPattern } from '../paths/glob.js';
import { expandHome, expandHomeInGlob, holdsVariable } from '../profiles/entry-path.js';
import { type OptionName } from './options.js';

/**
 * Makes the path of an option absolute. A leading `~` is the home directory: a shell does not expand one that is quoted, or
 * that stands behind `=`.
 *
 * @param option - the path's option, for the error.
 * @param text - as it was typed.
 * @param cwd - what a relative path starts from.
 * @throws CordonError `usage-invalid` for the home directory of somebody else; `path-invalid`.
 */
export function typedPath(option: OptionName, text: string, cwd: AbsolutePath): AbsolutePath {
  refuseForeignHome(option, text);
  return resolvePath(cwd, text.startsWith('~') ? expandHome(text, homeDirOf(process.env)) : text);
}

/**
 * The same for an option that takes no glob: taken for a path, a glob would mean nothing.
 *
 * @throws CordonError `usage-invalid` for a glob, too.
 */
export function typedPathNoGlob(option: OptionName, text: string, cwd: AbsolutePath): AbsolutePath {
  const path = typedPath(option, text, cwd);
  if (!isGlobPattern(text) || existsSync(path)) return path;
  throw new CordonError('usage-invalid', `Option --${option} takes no glob: ${JSON.stringify(text)}`, {
    details: { option: `--${option}`, value: text },
    hint: 'Name the files or their directory; only --deny-read takes globs.',
  });
}

/**
 * The pattern of an option. A relative one stays relative.
 *
 * @param option - the pattern's option, for the error.
 * @param text - as it was typed.
 * @throws CordonError `usage-invalid` for the home directory of somebody else, and for a variable that no shell has replaced:
 *   its braces would make a glob that matches nothing.
 */
export function typedGlob(option: OptionName, text: string): string {
  refuseForeignHome(option, text);
  if (holdsVariable(text)) throw unreplacedVariable(option, text);
  return text.startsWith('~') ? expandHomeInGlob(text, homeDirOf(process.env)) : text;
}

function refuseForeignHome(option: OptionName, text: string): void {
  if (!/^~[^/]/u.test(text)) return;
  throw new CordonError(
    'usage-invalid',
    `Option --${option} expects a path, and only "~/" stands for a home directory, not ${JSON.stringify(text)}`,
    {
      details: { option: `--${option}`, value: text },
      hint: `Write the directory out, or ${JSON.stringify(`./${text}`)} for a file of that name here.`,
    },
  );
}

function unreplacedVariable(option: OptionName, text: string): CordonError {
  return new CordonError(
    'usage-invalid',
    `Option --${option} expects a path, and no shell has replaced the variable in ${JSON.stringify(text)}`,
    {
      details: { option: `--${option}`, value: text },
      hint: 'Write "~/" for the home directory, or take the single quotes away.',
    },
  );
}
