import { type DoctorCheck, type DoctorReport } from '../../sandbox/inspection.js';
import { type SandboxManager } from '../../sandbox/sandbox-manager.js';
import { columns, type CommandResult, jsonResult, textResult } from './result.js';

/**
 * Tells what this machine can enforce.
 *
 * @param manager - does the looking.
 * @param options - `json`: for programs.
 * @returns exit code 0 when sandboxes can be made here, 1 when not.
 */
export async function doctorCommand(
  manager: Pick<SandboxManager, 'doctor'>,
  options: { readonly json: boolean },
): Promise<CommandResult> {
  const report = await manager.doctor();
  const exitCode = report.canSandbox ? 0 : 1;
  return options.json ? jsonResult(report, exitCode) : textResult(linesOf(report), exitCode);
}

function linesOf(report: DoctorReport): readonly string[] {
  return [
    ...columns([
      ['system', `${report.platform} ${report.kernelRelease}, user ${String(report.userId)}`],
      ['launcher', report.launcher ?? 'none'],
    ]),
    '',
    ...columns(report.checks.map(({ isOk, name, detail }) => [isOk ? 'ok' : 'FAILED', name, detail])),
    ...remedyLines(report.checks.filter(({ isOk }) => !isOk)),
    '',
    report.canSandbox
      ? 'Commands can be sandboxed here.'
      : 'Commands cannot be sandboxed here: a run would be refused.',
  ];
}

/** Checks that fail for one reason need one remedy. */
function remedyLines(failed: readonly DoctorCheck[]): readonly string[] {
  const namesByRemedy = new Map<string, string[]>();
  for (const { name, code = 'no code', remedy = 'none known' } of failed) {
    const key = `  hint: ${remedy}\n  code: ${code}`;
    namesByRemedy.set(key, [...(namesByRemedy.get(key) ?? []), name]);
  }
  return [...namesByRemedy].flatMap(([remedy, names]) => ['', names.join(', '), remedy]);
}
