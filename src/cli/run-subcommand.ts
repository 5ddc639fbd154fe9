import { CordonError } from '../errors/cordon-error.js';
import { type SandboxManager } from '../sandbox/sandbox-manager.js';
import { type CommandResult } from './commands/result.js';
import { type LauncherChoice, type ParsedArguments } from './parse-arguments.js';
import { workingDirectory } from './working-directory.js';

/** Everything that is asked for but running a command. */
export type SubcommandRequest = Exclude<ParsedArguments, { readonly kind: 'run' }>;

/**
 * Carries a subcommand out and prints what it comes to.
 *
 * @param request - from the command line.
 * @returns the exit code.
 * @throws CordonError those of the subcommand.
 */
export async function runSubcommand(request: SubcommandRequest): Promise<number> {
  const { output, exitCode } = await resultOf(request);
  await print(output);
  return exitCode;
}

/** Each subcommand is loaded when it is asked for: none of them needs what the others need. */
async function resultOf(request: SubcommandRequest): Promise<CommandResult> {
  switch (request.kind) {
    case 'help':
      return (await import('./commands/help.js')).helpCommand(request.topic);
    case 'version':
      return (await import('./commands/version.js')).versionCommand();
    case 'completion':
      return (await import('./commands/completion.js')).completionCommand(request.shell);
    case 'doctor':
      return (await import('./commands/doctor.js')).doctorCommand(
        await newManager(request.launcher),
        request,
      );
    case 'profiles': {
      const { profilesCommand } = await import('./commands/profiles.js');
      return profilesCommand(await newManager(), request, workingDirectory());
    }
    case 'explain': {
      const { explainCommand } = await import('./commands/explain.js');
      return explainCommand(await newManager(), request, workingDirectory());
    }
  }
}

async function newManager(launcher?: LauncherChoice): Promise<SandboxManager> {
  const { SandboxManager } = await import('../sandbox/sandbox-manager.js');
  return new SandboxManager({ standby: false, launcher });
}

/** Resolves when the text has left us. A reader that has gone away (`| head -1`) has had enough: no error. */
function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const { stdout } = process;
    stdout.once('error', () => undefined);
    stdout.write(text, (error) => {
      if (error === undefined || error === null || isBrokenPipe(error)) resolve();
      else reject(unwritable(error));
    });
  });
}

function unwritable(cause: Error): CordonError {
  return new CordonError('usage-invalid', `Cannot write to standard output: ${cause.message}`, {
    cause,
    hint: 'Check where the output goes.',
  });
}

function isBrokenPipe(error: Error): boolean {
  return 'code' in error && error.code === 'EPIPE';
}
