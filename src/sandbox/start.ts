import { CordonError } from '../errors/cordon-error.js';
import { type SandboxedProcess } from '../backends/backend.js';
import { type PlanIsStale } from '../backends/linux/launch/launch.js';
import { type Machine } from './machine.js';
import { type PreparedCommand, prepareCommand } from './prepare.js';
import { type SandboxCommand } from './sandbox-command.js';

/** A started command with what it was prepared from. */
export interface StartedCommand {
  readonly prepared: PreparedCommand;
  readonly process: SandboxedProcess;
}

/** How often a launch is prepared anew because the disk changed in between; more often is an attack or a very busy tree. */
const MAX_ATTEMPTS = 25;

/** Milliseconds that are waited at most before the second attempt, and as many more before each further one. */
const PAUSE_MS = 2;

/**
 * Prepares and launches a command: bind, plan, launch. When the disk changed between looking and mounting, it is looked again.
 *
 * @param command - what to run.
 * @param machine - where.
 * @throws CordonError those of `prepareCommand` and of the backend; `setup-failed` when the disk keeps changing.
 */
export async function startCommand(command: SandboxCommand, machine: Machine): Promise<StartedCommand> {
  let last: CordonError | undefined;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const prepared = prepareCommand(command, machine);
    const launched = await launch(prepared, machine);
    if (!('kind' in launched)) return { prepared, process: launched };
    last = launched.because;
    /* Commands that start and end at the same moment in one workspace must not stay in step. */
    await new Promise((resolve) => setTimeout(resolve, Math.random() * PAUSE_MS * attempt));
  }
  throw new CordonError(
    'setup-failed',
    last?.message ?? 'Cannot set the sandbox up: the workspace keeps changing',
    {
      details: last?.details ?? {},
      hint: 'Something else is making and removing protected paths; run the command again when it is done.',
    },
  );
}

async function launch(
  { policy, command, cwd, stdio }: PreparedCommand,
  machine: Machine,
): Promise<SandboxedProcess | PlanIsStale> {
  if (policy.kind === 'unsandboxed') return machine.plainBackend().launch({ ...command, cwd }, stdio);
  const backend = machine.sandboxBackend();
  return backend.launch(backend.plan(policy, command), policy, stdio);
}
