import { matchesName } from './name-pattern.js';

/** One group of variables, by the patterns of {@link matchesName}, and why it is in the table. */
export interface NameRow {
  readonly patterns: readonly string[];
  readonly reason: string;
}

/** What `inherit: "core"` lets through: what programs need to find the user, their tools and their language. */
export const CORE_NAMES: readonly NameRow[] = [
  {
    patterns: ['HOME', 'LOGNAME', 'USER', 'USERNAME', 'USERPROFILE', 'HOMEDRIVE', 'HOMEPATH'],
    reason: 'who runs the command and where their files are',
  },
  {
    patterns: ['PATH', 'PATHEXT', 'SHELL', 'COMSPEC', 'SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR'],
    reason: 'where programs are found',
  },
  { patterns: ['TMPDIR', 'TEMP', 'TMP'], reason: 'where temporary files go' },
  { patterns: ['LANG', 'LANGUAGE', 'LC_*', 'TZ'], reason: 'language and time zone of messages' },
  { patterns: ['TERM', 'COLORTERM', 'NO_COLOR'], reason: 'what the terminal can show' },
];

/** Names that look like a secret: left out unless the policy sets `ignoreDefaultExcludes`. */
export const SECRET_NAMES: readonly NameRow[] = [
  { patterns: ['*KEY*'], reason: 'API, access and signing keys' },
  { patterns: ['*SECRET*'], reason: 'client secrets and secret keys' },
  { patterns: ['*TOKEN*'], reason: 'bearer, session and registry tokens' },
  {
    patterns: ['*PASSWORD*', '*PASSWD*', '*PASSPHRASE*', 'SSHPASS', 'MYSQL_PWD'],
    reason: 'passwords; the last two are read by sshpass and the MySQL client',
  },
  { patterns: ['*CREDENTIAL*', 'NPM_CONFIG__AUTH'], reason: 'stored credentials' },
  { patterns: ['*PRIVATE*'], reason: 'private keys and private settings' },
  { patterns: ['GIT_CONFIG_VALUE_*'], reason: 'git settings from outside, commonly an Authorization header' },
];

/**
 * Names whose value makes a program run code that nobody asked for as it starts; left out unless the policy sets
 * `ignoreDefaultExcludes`.
 *
 * Not here, because ordinary work needs them and they act only when their program is used as such: LD_LIBRARY_PATH,
 * PYTHONPATH, PERL5LIB, GIT_SSH_COMMAND, EDITOR, PAGER. See {@link changesLoader} for processes outside a sandbox.
 */
export const START_UP_CODE_NAMES: readonly NameRow[] = [
  { patterns: ['LD_PRELOAD', 'LD_AUDIT'], reason: 'ld.so(8) loads the named objects into every program' },
  { patterns: ['DYLD_INSERT_LIBRARIES'], reason: 'dyld(1) loads the named libraries into every program' },
  { patterns: ['GCONV_PATH'], reason: 'glibc loads iconv modules, which are code, from there' },
  { patterns: ['BASH_ENV', 'ENV'], reason: 'bash(1) and sh(1) run the named file as they start' },
  {
    patterns: ['PROMPT_COMMAND', 'PS4'],
    reason: 'bash(1) runs it at a prompt, or expands it under "set -x"',
  },
  { patterns: ['BASH_FUNC_*'], reason: 'exported bash functions replace commands of the same name' },
  { patterns: ['ZDOTDIR'], reason: 'zsh(1) runs .zshenv of that directory as it starts' },
  { patterns: ['PERL5OPT', 'PERL5DB'], reason: 'perlrun(1): switches and debugger code of every perl' },
  { patterns: ['PYTHONSTARTUP'], reason: 'an interactive python(1) runs the named file' },
  { patterns: ['RUBYOPT'], reason: 'ruby(1): options, such as -r FILE, of every ruby' },
  { patterns: ['NODE_OPTIONS'], reason: 'node(1): options, such as --require FILE, of every node' },
  {
    patterns: ['JAVA_TOOL_OPTIONS', 'JDK_JAVA_OPTIONS', '_JAVA_OPTIONS'],
    reason: 'options, such as -javaagent, of every Java virtual machine',
  },
];

const LOADER_PATTERNS = ['LD_*', 'DYLD_*', 'GCONV_PATH', 'GLIBC_TUNABLES'];

/**
 * Whether a variable changes which native code the system's loader puts into a program. No process that starts
 * outside the sandbox, a launcher above all, may be given such a variable on behalf of a command: the file it names
 * may lie where the command can write.
 *
 * @param name - the name of a variable.
 */
export function changesLoader(name: string): boolean {
  return LOADER_PATTERNS.some((pattern) => matchesName(pattern, name));
}
