import { type Options } from 'execa';
import { errnoOf } from './errno.js';

/** How a tool is run. */
export interface ToolOptions {
  /** After this long it is killed and its output is taken as it is, in milliseconds. */
  readonly timeoutMs: number;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** An absolute path. */
  readonly cwd: string;
  /** How much output is kept of each stream, in bytes; a tool that writes more is killed. Default 1 MiB. */
  readonly maxBytes?: number | undefined;
}

/** What a tool did. */
export interface ToolResult {
  /** Null when a signal ended it or it did not start. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** It wrote more than `maxBytes`. */
  readonly truncated: boolean;
  /** Why it did not start, for example `ENOENT`; undefined when it did. */
  readonly spawnError: string | undefined;
}

const DEFAULT_MAX_BYTES = 1024 * 1024;

/**
 * Runs a small, trusted tool to its end, with no input; for probes, never for a command (a terminal that is open
 * meanwhile leaks into it, see `terminal-masters-are-inheritable.ts`; execa's types allow no stand-in). Every outcome
 * is a value: nothing is thrown or rejected.
 *
 * @param file - an absolute path, or a name to be found by PATH of `options.env`.
 * @param args - its arguments.
 * @param options - time limit, environment, directory.
 */
export async function runTool(
  file: string,
  args: readonly string[],
  options: ToolOptions,
): Promise<ToolResult> {
  try {
    return await runToEnd(file, args, options);
  } catch (error) {
    /* execa throws for what Node refuses before asking the system, such as NUL in an argument. */
    return { ...NOTHING, spawnError: errnoOf(error) };
  }
}

const NOTHING: ToolResult = {
  exitCode: null,
  signal: null,
  stdout: '',
  stderr: '',
  timedOut: false,
  truncated: false,
  spawnError: undefined,
};

async function runToEnd(file: string, args: readonly string[], options: ToolOptions): Promise<ToolResult> {
  const { execa } = await import('execa');
  const subprocess = execa(file, args, settingsFor(options));
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    subprocess.kill('SIGKILL');
    /* execa's own time limit goes on waiting for children of the tool that hold its pipes. */
    subprocess.stdout?.destroy();
    subprocess.stderr?.destroy();
  }, options.timeoutMs);
  try {
    const result = await subprocess;
    return {
      exitCode: result.exitCode ?? null,
      signal: result.signal ?? null,
      stdout: textOf(result.stdout),
      stderr: textOf(result.stderr),
      timedOut,
      truncated: result.isMaxBuffer,
      spawnError: spawnErrorOf(result),
    };
  } finally {
    clearTimeout(timer);
  }
}

interface Ending {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly code?: string | undefined;
}

function spawnErrorOf({ exitCode, signal, code }: Ending): string | undefined {
  return exitCode === undefined && signal === undefined ? (code ?? 'UNKNOWN') : undefined;
}

function settingsFor(options: ToolOptions): Options & { encoding: 'buffer'; reject: false } {
  return {
    cwd: options.cwd,
    /* As in spawn.ts. */
    env: { NODE_V8_COVERAGE: undefined, ...options.env },
    extendEnv: false,
    reject: false,
    encoding: 'buffer',
    stripFinalNewline: false,
    maxBuffer: options.maxBytes ?? DEFAULT_MAX_BYTES,
    killSignal: 'SIGKILL',
    windowsHide: true,
    stdin: 'ignore',
  };
}

function textOf(output: unknown): string {
  return output instanceof Uint8Array ? new TextDecoder().decode(output) : '';
}
