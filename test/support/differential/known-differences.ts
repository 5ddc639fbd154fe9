import path from 'node:path';
import { type Plan } from './plan.js';
import { type Observation } from './run-plan.js';

/** Where cordon's launcher means to do something else; `cordon-launcher --help` names each of them. */
export interface Difference {
  readonly reason: string;
  /**
   * What bubblewrap would have been seen to do if it did the same, for what this difference is about; undefined when it does not
   * matter to this run.
   */
  readonly level: (plan: Plan, bubblewrap: Observation, own: Observation) => Observation | undefined;
}

/** All of them. */
export const DIFFERENCES: readonly Difference[] = [
  {
    reason: 'directories made on the way have permissions 0755, as bwrap(1) says, and not 0700',
    level: (_plan, bubblewrap, own) =>
      levelLines(bubblewrap, own, (line) =>
        decides(own, placeOf(line))
          ? line
          : line.replace(/ 04([0-3])700 /u, ' 04$1755 ').replace(/" 4 ([1-3]?)700 /u, '" 4 $1755 '),
      ),
  },
  {
    reason: 'what is machine-wide in --proc is read-only for whom it belongs to, too',
    level: (_plan, bubblewrap, own) =>
      levelLines(bubblewrap, own, (line) =>
        line
          .replace(/^(proc \S+\/(?:sys|sysrq-trigger|irq|bus) works) rw /u, '$1 mount ro ')
          .replace(/^(proc \S+\/sys\/kernel\/hostname works) rw /u, '$1 ro ')
          .replace(/^(open \S+\/sys\/kernel\/hostname) works$/u, '$1 Read-only file system'),
      ),
  },
  {
    reason: 'links and ".." in DEST lead to what they would inside',
    level: (_plan, bubblewrap, own) => (leadsAway(own) ? withoutFiles(bubblewrap, own) : undefined),
  },
  {
    reason: '--mqueue has no programs, devices and set-id bits',
    level: (_plan, bubblewrap, own) =>
      levelLines(bubblewrap, own, (line) =>
        line.replace(/ (r[ow]) (?:nosuid nodev )?( type 19800202 )/u, ' $1 nosuid nodev noexec $2'),
      ),
  },
  {
    reason: 'a --lock-file that cannot be locked is found before the command starts',
    level: (_plan, bubblewrap, own) =>
      bubblewrap.code === 1 && /^bwrap: Unable to (?:open )?lock file/mu.test(bubblewrap.said)
        ? own
        : undefined,
  },
  {
    reason: '--dev makes no second user namespace: /dev/pts belongs to nobody where nobody is root',
    level: (_plan, bubblewrap, own) =>
      own.facts.includes('uid 0 0 0') && own.facts.includes('gid 0 0 0')
        ? undefined
        : withFactsOf(bubblewrap, own, /\/pts(?:\/ptmx)?$/u),
  },
  {
    reason: 'what --cap-drop takes is taken from the bounding set as well',
    level: (_plan, bubblewrap, own) =>
      changesCapabilities(own) ? withLinesOf(bubblewrap, own, /^bounding /u) : undefined,
  },
  {
    reason: '--cap-add ALL gives what the caller has, where bubblewrap fails to for a caller who lacks one',
    level: (_plan, bubblewrap, own) =>
      own.words.includes('--cap-add') && own.words.includes('ALL')
        ? withLinesOf(bubblewrap, own, /^(?:effective|permitted|inheritable|ambient) /u)
        : undefined,
  },
  {
    reason: 'a descriptor that is not open is refused',
    level: (_plan, _bubblewrap, own) =>
      isRefusal(own, /^cordon-launcher: use descriptor \d+: Bad file descriptor/u) ? own : undefined,
  },
  {
    reason:
      'PWD is where the command begins, as an absolute path without links, and not the word behind --chdir',
    level: (_plan, bubblewrap, own) =>
      own.words.includes('--chdir') && tellsItsDirectory(own)
        ? withLinesOf(bubblewrap, own, /^variable PWD=/u)
        : undefined,
  },
  {
    reason:
      '--disable-userns is taken wherever a user namespace is made, also when an ordinary user did not ask for one',
    level: (_plan, bubblewrap, own) =>
      own.end !== 'refused' && isRefusal(bubblewrap, /^bwrap: --disable-userns requires --unshare-user/u)
        ? own
        : undefined,
  },
  {
    reason: '--uid and --gid need a user namespace also where they change nothing',
    level: (_plan, _bubblewrap, own) =>
      isRefusal(own, /usage: --[ug]id needs --unshare-user/u) && own.words.includes('0') ? own : undefined,
  },
  {
    reason: 'that "/" cannot be entered is told before the command is tried',
    level: (_plan, bubblewrap, own) =>
      bubblewrap.end === 'not executed' && isRefusal(own, /change directory to \/: /u) ? own : undefined,
  },
  {
    reason: 'an empty source is refused, also behind -try',
    level: (_plan, _bubblewrap, own) =>
      isRefusal(own, /usage: --\S*bind-try cannot take the value ""/u) ? own : undefined,
  },
  {
    reason: 'nothing is made behind a link to nowhere',
    level: (_plan, _bubblewrap, own) =>
      isRefusal(own, /^cordon-launcher: (?:create \w+|copy data to) (?:\S+\/)?r[/:]/u) ? own : undefined,
  },
  {
    reason: '--dir keeps the set-id bits of --perms',
    level: (_plan, bubblewrap, own) =>
      levelLines(bubblewrap, own, (line) => {
        const ours = modeOfOurs(line, own);
        return withoutSetId(ours) === line ? ours : line;
      }),
  },
  {
    reason: 'what is open by --bind-fd may be shown where a link leads to',
    level: (_plan, bubblewrap, own) =>
      own.end !== 'refused' && isRefusal(bubblewrap, /^bwrap: Race condition binding dirfd/u)
        ? own
        : undefined,
  },
  {
    reason: 'no descriptor of an option reaches the command, also when a later one takes its place',
    level: (_plan, bubblewrap, own) =>
      bubblewrap.facts.some(isOfOption) && !own.facts.some(isOfOption)
        ? { ...bubblewrap, facts: bubblewrap.facts.filter((line) => !isOfOption(line)) }
        : undefined,
  },
  {
    reason: 'trying whether user namespaces are disabled takes a process number',
    level: (_plan, bubblewrap, own) =>
      levelLines(bubblewrap, own, (line) =>
        triesUserNamespaces(own) ? line.replace(/^pid 2$/u, 'pid 3') : line,
      ),
  },
  {
    reason: 'a source is looked up when its turn comes, and not before everything else',
    level: (_plan, bubblewrap, own) =>
      own.end !== 'refused' && isRefusal(bubblewrap, /^bwrap: Can't find source path/u) ? own : undefined,
  },
  {
    reason: '--as-pid-1 and --sync-fd exclude each other: nobody would keep the descriptor',
    level: (_plan, _bubblewrap, own) =>
      isRefusal(own, /--as-pid-1 and --sync-fd exclude each other/u) ? own : undefined,
  },
  {
    reason:
      'before a refusal, other steps may have been taken; bubblewrap makes directories for --remount-ro, too',
    level: (_plan, bubblewrap, own) =>
      bubblewrap.end === 'refused' && own.end === 'refused' ? { ...bubblewrap, host: own.host } : undefined,
  },
];

/** The same line with the permissions that we gave. */
function modeOfOurs(line: string, own: Observation): string {
  const mode = / 04\d{4} |" 4 \d+ /u;
  const rest = line.replace(mode, '');
  return [...own.facts, ...own.host].find((one) => mode.test(one) && one.replace(mode, '') === rest) ?? line;
}

function withoutSetId(line: string): string {
  return line.replace(/ 04[2-7](\d{3}) /u, ' 040$1 ').replace(/" 4 [2-7](\d{3}) /u, '" 4 $1 ');
}

function tellsItsDirectory({ facts }: Observation): boolean {
  const cwd = facts.find((line) => line.startsWith('cwd '))?.slice('cwd '.length);
  return cwd !== undefined && facts.includes(`variable PWD=${cwd}`);
}

function isOfOption(line: string): boolean {
  return /^descriptor (?:[3-9]|\d\d) /u.test(line);
}

function changesCapabilities({ words }: Observation): boolean {
  return words.includes('--cap-drop') || words.includes('--cap-add');
}

function triesUserNamespaces({ words }: Observation): boolean {
  return words.includes('--disable-userns') || words.includes('--assert-userns-disabled');
}

/** Links that lead away, up, round or nowhere have such names; those that stay are called r. */
const AWAY = /(?:^|\/)(?:l|up|loop|gone)(?:\/|$)/u;

function leadsAway(own: Observation): boolean {
  const all = madeBy(own);
  const links = all.filter(({ option }) => option === '--symlink').map(({ target }) => `${target}/`);
  return all.some(
    ({ option, target, word }) =>
      AWAY.test(target) ||
      word.split('/').includes('..') ||
      (option !== '--symlink' && links.some((link) => `${target}/`.startsWith(link))),
  );
}

/** What both say of the command's process stays compared. */
function withoutFiles(bubblewrap: Observation, own: Observation): Observation {
  if (bubblewrap.end !== 'ran' || own.end !== 'ran') return own;
  const isOfProcess = (line: string): boolean => OF_PROCESS.test(line);
  const facts = [...bubblewrap.facts.filter(isOfProcess), ...own.facts.filter((line) => !isOfProcess(line))];
  return { ...bubblewrap, facts, host: own.host };
}

const OF_PROCESS =
  /^(?:argv0|uid|gid|group|effective|permitted|inheritable|bounding|ambient|pid|parent|session|process-group|signal|umask|seccomp|hostname|namespace|descriptor|no-new-privileges) /u;

function withFactsOf(bubblewrap: Observation, own: Observation, places: RegExp): Observation | undefined {
  return withOurs(bubblewrap, own, (line) => places.test(placeOf(line)));
}

function withLinesOf(bubblewrap: Observation, own: Observation, lines: RegExp): Observation | undefined {
  return withOurs(bubblewrap, own, (line) => lines.test(line));
}

/** What some lines tell stays uncompared. */
function withOurs(
  bubblewrap: Observation,
  own: Observation,
  isAbout: (line: string) => boolean,
): Observation | undefined {
  if (!own.facts.some(isAbout)) return undefined;
  const facts = [...bubblewrap.facts.filter((line) => !isAbout(line)), ...own.facts.filter(isAbout)];
  return { ...bubblewrap, facts };
}

function isRefusal({ end, said }: Observation, reason: RegExp): boolean {
  return end === 'refused' && reason.test(said);
}

/** Changes lines of bubblewrap's where that makes them ours. */
function levelLines(
  bubblewrap: Observation,
  own: Observation,
  change: (line: string) => string,
): Observation | undefined {
  const facts = bubblewrap.facts.map(becoming(new Set(own.facts), change));
  const host = bubblewrap.host.map(becoming(new Set(own.host), change));
  const isSame = [facts, bubblewrap.facts, host, bubblewrap.host].map((lines) => lines.join('\n'));
  return isSame[0] === isSame[1] && isSame[2] === isSame[3] ? undefined : { ...bubblewrap, facts, host };
}

function becoming(ours: ReadonlySet<string>, change: (line: string) => string): (line: string) => string {
  return (line) => {
    const changed = change(line);
    return !ours.has(line) && ours.has(changed) ? changed : line;
  };
}

/** The path that a line of the probe, or of the host's description, is about. */
function placeOf(line: string): string {
  const [, inside, onHost] = /^(?:\w+ (\S+)|"((?:[^"\\]|\\.)*)") /u.exec(line) ?? [];
  return inside ?? onHost ?? '';
}

/** Options that make something at a path. */
const MAKES =
  /^--(?:(?:ro-|dev-)?bind(?:-try|-fd|-data)?|proc|dev|mqueue|symlink|remount-ro|dir|tmpfs|file|chmod)$/u;

/** bubblewrap gives what it makes for a mount, and all that lies above, the permissions of nothing. */
const WITH_OWN_PERMISSIONS = /^--(?:dir|tmpfs|chmod)$/u;

const TAKES_PERMISSIONS = /^--(?:dir|tmpfs|file|(?:ro-)?bind-data)$/u;

const WITH_TWO_VALUES = /bind|file|symlink|chmod/u;

interface Made {
  readonly option: string;
  readonly target: string;
  /** As it is written. */
  readonly word: string;
  /** undefined: none were given, and the option has none of its own. */
  readonly permissions: 'given' | 'usual' | undefined;
}

function madeBy({ words }: Observation): readonly Made[] {
  return words.flatMap((word, index) => {
    const match = MAKES.exec(word);
    if (match === null) return [];
    const written = words[index + (WITH_TWO_VALUES.test(word) ? 2 : 1)] ?? '';
    const target = path.resolve('/', written);
    const isGiven =
      TAKES_PERMISSIONS.test(word) &&
      (words[index - 2] === '--perms' || (words[index - 2] === '--size' && words[index - 4] === '--perms'));
    const hasOwn = WITH_OWN_PERMISSIONS.test(word) ? ('usual' as const) : undefined;
    return [{ option: word, target, word: written, permissions: isGiven ? ('given' as const) : hasOwn }];
  });
}

/** Whether options decide the permissions of a directory, which nothing else may have made. */
function decides(own: Observation, place: string): boolean {
  const all = madeBy(own);
  const above = all.filter(({ target }) => isBelow(target, place));
  if (above.some(({ permissions }) => permissions === undefined)) return false;
  return (
    above.some(({ permissions }) => permissions === 'given') ||
    all.some(({ target, permissions }) => permissions !== undefined && isAt(target, place))
  );
}

/** A place on the host is told relative to the run. */
function isAt(target: string, place: string): boolean {
  return place.startsWith('/') ? target === place : target.endsWith(`/${place}`);
}

function isBelow(target: string, place: string): boolean {
  const parent = `${path.dirname(target)}/`;
  return place.startsWith('/') ? parent.startsWith(`${place}/`) : parent.includes(`/${place}/`);
}
