import { type ManagedPolicy } from '../binding/bound-policy.js';
import { resolveLinks } from '../binding/resolve-links.js';
import { type Denial } from '../denials/denial.js';
import { type EvidenceOfExit } from '../denials/evidence.js';
import { RefusedCalls, withExact } from '../denials/refused-calls.js';
import { type AbsolutePath, resolvePath } from '../paths/absolute-path.js';
import { type SandboxedProcess } from '../backends/backend.js';
import { unreachable } from '../errors/cordon-error.js';
import { type StartedCommand } from './start.js';
import { judgeOf } from './judge.js';
import { type Enforcement, type SandboxOutcome } from './outcome.js';
import { type PreparedCommand } from './prepare.js';
import { type CommandEnd, type Conclude } from './running-command.js';

/**
 * How the outcome of a prepared command is made.
 *
 * @param started - what was run.
 */
export function concludeWith({ prepared, process }: StartedCommand): Conclude {
  const refused = watchCalls(prepared, process);
  return async (end, outputTail) => {
    const calls = await refused;
    return {
      status: end.status,
      exitCode: end.status.code,
      durationMs: end.durationMs,
      enforcement: enforcementOf(prepared, process),
      warnings: [...prepared.warnings, ...warningsOf(process), ...droppedWarning(calls?.dropped ?? 0)],
      ...(await denialsOf(prepared, { end, calls }, outputTail)),
    };
  };
}

/** From now on: the command waits while nobody takes what is reported. Resolves when there comes no more. */
async function watchCalls(
  { policy }: PreparedCommand,
  { calls }: SandboxedProcess,
): Promise<RefusedCalls | undefined> {
  if (calls === undefined || policy.kind !== 'managed') return undefined;
  const refused = new RefusedCalls(policy);
  await calls.forEach((call) => {
    refused.take(call);
  });
  return refused;
}

function droppedWarning(count: number): readonly string[] {
  return count === 0 ? [] : [`${String(count)} more calls were refused than are listed`];
}

function enforcementOf({ policy }: PreparedCommand, process: SandboxedProcess): Enforcement {
  if (policy.kind !== 'managed') return { kind: 'none', reason: policy.reason };
  const { landlockAbi, gaps } = process;
  const launcher = process.launcher ?? unreachable('a managed command runs without a launcher');
  return gaps.length === 0
    ? { kind: 'full', launcher, landlockAbi }
    : { kind: 'partial', launcher, landlockAbi, gaps };
}

function warningsOf({ gaps }: SandboxedProcess): readonly string[] {
  if (gaps.length === 0) return [];
  const names = gaps.map(({ name }) => name).join(', ');
  return [`held by Landlock alone, without namespaces; weaker: ${names} ("sandbox-run doctor" tells more)`];
}

/** How a command ended, and what was seen of its calls, if anybody looked. */
interface Seen {
  readonly end: CommandEnd;
  readonly calls: RefusedCalls | undefined;
}

/** Words are looked at only where the command failed, and only then is the code that does it loaded. */
async function denialsOf(
  prepared: PreparedCommand,
  { end, calls }: Seen,
  output: string,
): Promise<Pick<SandboxOutcome, 'denials' | 'hints'>> {
  const { policy } = prepared;
  if (policy.kind !== 'managed') return { denials: [], hints: [] };
  const judge = judgeOf(policy.fileSystem);
  const exact = calls?.denials(judge) ?? [];
  if (end.status.code === 0) return { denials: exact, hints: [] };
  const [{ classifyDenials }, { hintLines }] = await Promise.all([
    import('../denials/classify.js'),
    import('../denials/hint-text.js'),
  ]);
  const exit = exitEvidence(end, prepared, policy);
  const told = classifyDenials({ exit, output, cwd: policy.cwd, judge, network: policy.network });
  const denials: readonly Denial[] = withExact(exact, told);
  return { denials, hints: hintLines(denials) };
}

function exitEvidence(
  { exit }: CommandEnd,
  { command }: PreparedCommand,
  policy: ManagedPolicy,
): EvidenceOfExit {
  if (exit.kind === 'exited') return exit;
  const { program, reason } = exit;
  return {
    kind: 'not-executed',
    program,
    reason,
    candidate: findOnHost(program, command.environment['PATH'], policy.cwd),
  };
}

/** Where the program is on this machine, whether or not the command may see it. */
function findOnHost(
  program: string,
  searchPath: string | undefined,
  cwd: AbsolutePath,
): AbsolutePath | undefined {
  const directories = program.includes('/') ? [''] : (searchPath ?? '/bin:/usr/bin').split(':');
  for (const directory of directories) {
    const path = resolvePath(cwd, directory === '' ? program : `${directory}/${program}`);
    if (resolveLinks(path).target === 'file') return path;
  }
  return undefined;
}
