import { unreachable } from '../../errors/cordon-error.js';
import { bashCompletion } from '../completion/bash.js';
import { fishCompletion } from '../completion/fish.js';
import { zshCompletion } from '../completion/zsh.js';
import { type CommandResult } from './result.js';

/**
 * The completion script for a shell.
 *
 * @param shell - one of those in the table of subcommands.
 */
export function completionCommand(shell: string): CommandResult {
  return { output: scriptFor(shell), exitCode: 0 };
}

function scriptFor(shell: string): string {
  switch (shell) {
    case 'bash':
      return bashCompletion();
    case 'zsh':
      return zshCompletion();
    case 'fish':
      return fishCompletion();
    default:
      return unreachable(`the table names the shell ${JSON.stringify(shell)}, which has no script`);
  }
}
