import { spawnSync } from 'node:child_process';

/**
 * Makes the terminal at our standard input raw. Node's own raw mode goes on turning line feeds into carriage returns and line
 * feeds (libuv, UV_TTY_MODE_RAW), which garbles what full-screen programs draw.
 *
 * @param guard - the native helper's path.
 * @returns gives the terminal its settings back; undefined when there is no terminal.
 */
export function makeTerminalRaw(guard: string): (() => void) | undefined {
  const { status, stdout } = spawnSync(guard, ['--raw-terminal'], {
    stdio: ['inherit', 'pipe', 'ignore'],
    encoding: 'latin1',
  });
  if (status !== 0) return undefined;
  return () => {
    spawnSync(guard, ['--restore-terminal', stdout], { stdio: ['inherit', 'ignore', 'ignore'] });
  };
}
