import { type CapturedOutcome } from './outcome.js';
import { captureStream } from './capture.js';
import { concludeWith } from './conclude.js';
import { type Machine } from './machine.js';
import { RunningCommand } from './running-command.js';
import { type SandboxCommand } from './sandbox-command.js';
import { startCommand } from './start.js';

/**
 * The way of a command, from intent to outcome.
 *
 * @param command - what to run.
 * @param machine - where.
 * @throws CordonError when the sandbox could not be set up; the command then did not run.
 */
export async function runCommand(command: SandboxCommand, machine: Machine): Promise<CapturedOutcome> {
  const started = await startCommand(command, machine); // bind, plan, launch
  const running = new RunningCommand(started.process, command, concludeWith(started));
  const stdout = captureStream(running.stdout, command.maxOutputBytes);
  const stderr = captureStream(running.stderr, command.maxOutputBytes);
  running.stdin?.end();
  await Promise.all([running.ended, stdout.ended, stderr.ended]);
  const said = running.stderr === undefined ? stdout : stderr;
  const outcome = await running.outcome(said.output().text); // classify
  return { ...outcome, stdout: stdout.output(), stderr: stderr.output() };
}
