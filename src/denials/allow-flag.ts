import {
  type AbsolutePath,
  ROOT_PATH,
  isWithin,
  parentPath,
  parseAbsolutePath,
} from '../paths/absolute-path.js';
import { type Decision, type FileOperation } from '../permissions/evaluate.js';
import { type AllowFlag } from './denial.js';
import { type JudgedPath, type PathJudge } from './evidence.js';

/** The command has a /proc of its own: entries for it are left out when a profile is bound. */
const PROC = parseAbsolutePath('/proc');

/** How many missing directories are climbed to one that exists; deeper is not worth the looking. */
const MAX_CLIMB = 16;

/** What was to be done with a path. `remove` covers renaming: it changes the directory that holds the name. */
export type RefusedUse = FileOperation | 'remove';

/**
 * The option that would allow a refused use: for the path itself, or, where a name is to be made, changed or removed, for the
 * nearest directory above it that exists. Nothing lifts a deny or a rule of cordon's own, nothing lets a rule's own path be removed
 * (it is a mount), and "/" is never suggested.
 *
 * @param use - what was refused.
 * @param judged - what the policy says of the path.
 * @param judge - is asked about the directories above it.
 */
export function allowFlagFor(use: RefusedUse, judged: JudgedPath, judge: PathJudge): AllowFlag | undefined {
  if (!isLiftable(judged.verdict.decision) || isWithin(judged.path, PROC)) return undefined;
  const value = use === 'read' ? nearestExisting(judged, judge) : writablePlace(use, judged, judge);
  if (value === undefined || value === ROOT_PATH) return undefined;
  const isMissing = !(value === judged.path ? judged.exists : judge('write', value).exists);
  return {
    flag: use === 'read' ? '--allow-read' : '--allow-write',
    value,
    ...(isMissing ? { isMissing } : {}),
  };
}

/**
 * The option that would let the command connect to a socket of the host.
 *
 * @param judged - what the policy says of the socket's path.
 * @returns nothing where a deny names this very path: the longest path decides.
 */
export function allowSocketFlagFor({ path, verdict }: JudgedPath): AllowFlag | undefined {
  const { decision } = verdict;
  const isDeniedByName =
    decision.kind === 'rule' && decision.rule.access === 'deny' && decision.rule.path === path;
  if (isDeniedByName || decision.kind === 'glob') return undefined;
  return { flag: '--allow-unix-socket', value: path };
}

function isLiftable(decision: Decision): boolean {
  if (decision.kind !== 'rule') return decision.kind === 'no-entry';
  const { access, origin } = decision.rule;
  if (origin.kind === 'protected-metadata') return true;
  return access !== 'deny' && (origin.kind === 'profile' || origin.kind === 'overlay');
}

function writablePlace(
  use: 'write' | 'remove',
  judged: JudgedPath,
  judge: PathJudge,
): AbsolutePath | undefined {
  const { decision } = judged.verdict;
  if (decision.kind !== 'rule') return placeOf(use, judged, judge);
  const { path, origin } = decision.rule;
  if (use === 'remove' && path === judged.path) return undefined;
  if (origin.kind === 'protected-metadata') return path;
  const place = placeOf(use, judged, judge);
  // A grant above the deciding rule would change nothing, for the longer path decides.
  return place !== undefined && !isWithin(place, path) ? path : place;
}

function placeOf(use: 'write' | 'remove', judged: JudgedPath, judge: PathJudge): AbsolutePath | undefined {
  return nearestExisting(use === 'remove' ? judge('write', parentPath(judged.path)) : judged, judge);
}

function nearestExisting(judged: JudgedPath, judge: PathJudge): AbsolutePath | undefined {
  let at = judged;
  for (let climbed = 0; !at.exists; climbed += 1) {
    if (climbed === MAX_CLIMB || at.path === ROOT_PATH) return undefined;
    at = judge('write', parentPath(at.path));
  }
  return at.path;
}
