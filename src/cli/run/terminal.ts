import { type RunningCommand } from '../../sandbox/running-command.js';
import { type SandboxManager } from '../../sandbox/sandbox-manager.js';

/** End of input for a terminal in canonical mode (termios(3), VEOF). */
const END_OF_INPUT = '\u0004';

/** The size of our own terminal; 24 x 80 when we have none. */
export function terminalSize(): { readonly rows: number; readonly columns: number } {
  const [columns, rows] = process.stdout.isTTY ? process.stdout.getWindowSize() : [80, 24];
  return { rows: rows || 24, columns: columns || 80 };
}

/**
 * Connects our terminal to the command's: keys go through uninterpreted, and a change of size is passed on.
 *
 * @param running - a command with a terminal.
 * @param manager - makes our terminal raw.
 * @returns gives our terminal back as it was.
 */
export function connectTerminal(running: RunningCommand, manager: SandboxManager): () => void {
  const { stdin, stdout } = process;
  const resize = (): void => {
    const { rows, columns } = terminalSize();
    running.resize(rows, columns);
  };
  const restore = manager.makeTerminalRaw();
  stdout.on('resize', resize);
  stdin.on('data', (chunk: Buffer) => {
    if (running.stdin?.write(chunk) === false) {
      stdin.pause();
      running.stdin.once('drain', () => stdin.resume());
    }
  });
  stdin.on('end', () => running.stdin?.write(END_OF_INPUT));
  return () => {
    stdout.off('resize', resize);
    stdin.destroy();
    restore?.();
  };
}
