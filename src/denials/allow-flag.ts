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

/**
 * The option that would allow a refused operation: for the path itself, or, where something is to be created, for the
 * nearest directory above it that exists. Nothing lifts a deny or a rule of cordon's own, and "/" is never suggested.
 *
 * @param operation - what was refused.
 * @param judged - what the policy says of the path.
 * @param judge - is asked about the directories above it.
 */
export function allowFlagFor(
  operation: FileOperation,
  judged: JudgedPath,
  judge: PathJudge,
): AllowFlag | undefined {
  if (!isLiftable(judged.verdict.decision) || isWithin(judged.path, PROC)) return undefined;
  const value = operation === 'read' ? judged.path : writablePlace(judged, judge);
  if (value === undefined || value === ROOT_PATH) return undefined;
  return { flag: operation === 'read' ? '--allow-read' : '--allow-write', value };
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

/** A grant above the deciding rule would change nothing, for the longer path decides: then the rule's own path is the place. */
function writablePlace(judged: JudgedPath, judge: PathJudge): AbsolutePath | undefined {
  const { decision } = judged.verdict;
  const rule = decision.kind === 'rule' ? decision.rule : undefined;
  if (rule?.origin.kind === 'protected-metadata') return rule.path;
  const place = nearestExisting(judged, judge);
  return place !== undefined && rule !== undefined && !isWithin(place, rule.path) ? rule.path : place;
}

function nearestExisting(judged: JudgedPath, judge: PathJudge): AbsolutePath | undefined {
  let at = judged;
  for (let climbed = 0; !at.exists; climbed += 1) {
    if (climbed === MAX_CLIMB || at.path === ROOT_PATH) return undefined;
    at = judge('write', parentPath(at.path));
  }
  return at.path;
}
