import { printable } from '../../paths/printable.js';
import { type SandboxOutcome } from '../../sandbox/outcome.js';
import { nearestOf } from '../../profiles/nearest.js';
import { subcommandWords } from '../options.js';
import { type RunOptions } from '../parse-arguments.js';
import { writeText } from './descriptor-stream.js';
import { toJsonLine } from '../to-json.js';

/**
 * Tells on standard error what is not to be seen from the command itself: that it was not found, ran out of time, or was
 * refused something.
 *
 * @param outcome - of the command.
 * @param options - `json`: one line of JSON, always; `quiet`: nothing.
 */
export function reportOutcome(outcome: SandboxOutcome, options: Pick<RunOptions, 'json' | 'quiet'>): void {
  if (options.json) {
    writeText(2, toJsonLine(outcome));
    return;
  }
  if (options.quiet) return;
  const lines = [
    ...outcome.warnings.map((warning) => `warning: ${warning}`),
    ...statusLines(outcome),
    ...outcome.hints,
  ];
  writeText(2, lines.map((line) => `sandbox-run: ${printable(line)}\n`).join(''));
}

function statusLines({ status, durationMs }: SandboxOutcome): readonly string[] {
  if (status.kind === 'timeout') return [`time limit: ended after ${(durationMs / 1000).toFixed(1)} s`];
  if (status.kind !== 'not-executed') return [];
  const program = JSON.stringify(status.program);
  if (status.code === 126) return [`${program}: cannot be executed`];
  const nearest = status.program.includes('/') ? undefined : nearestOf(status.program, subcommandWords());
  return [
    `${program}: command not found${nearest === undefined ? '' : `; did you mean "sandbox-run ${nearest}"?`}`,
  ];
}
