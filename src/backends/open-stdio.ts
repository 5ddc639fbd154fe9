import { type GuardStart } from '../process/guarded-process.js';
import { type Terminal, openTerminal } from '../process/terminal.js';
import { type StdioRequest } from './backend.js';

/** What a guard's streams are, and the terminal behind them if there is one. */
export interface OpenedStdio {
  readonly terminal: Terminal | undefined;
  readonly streams: Pick<GuardStart, 'stdin' | 'stdout' | 'stderr'>;
}

/**
 * Opens what a command's standard streams are to be.
 *
 * @param stdio - how they are to be connected.
 * @returns the caller closes the terminal, its slave once the guard runs.
 * @throws CordonError `terminal-unavailable`.
 */
export async function openStdio(stdio: StdioRequest): Promise<OpenedStdio> {
  if (stdio.kind === 'pipes') {
    const { stdin, stdout, stderr } = stdio;
    return { terminal: undefined, streams: { stdin, stdout, stderr } };
  }
  const terminal = await openTerminal({ rows: stdio.rows, cols: stdio.columns });
  const slave = { fd: terminal.slaveFd };
  return { terminal, streams: { stdin: slave, stdout: slave, stderr: slave } };
}
