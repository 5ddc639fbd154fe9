import { type IPty, spawn } from '@lydell/node-pty';
import { onTestFinished } from 'vitest';
import { launcherChoice, sandboxRunCommand } from './run-sandboxed.js';
import { type Stage } from './stage.js';
import { until } from './integration-until.js';

/** A terminal of ours with sandbox-run in it, as a user would see it. */
export interface TerminalSession {
  readonly pid: number;
  /** Everything that has been written to the terminal so far. */
  readonly output: () => Buffer;
  /** The same as text. */
  readonly text: () => string;
  readonly type: (keys: string) => void;
  readonly resize: (rows: number, columns: number) => void;
  /** Waits until the output matches. */
  readonly shows: (pattern: RegExp) => Promise<void>;
  /** Resolves to the exit status, 128 + n for signal n. */
  readonly ended: Promise<number>;
  /** The terminal goes away, as when its window is closed. */
  readonly hangUp: () => void;
}

/**
 * Starts `sandbox-run WORDS…` in a terminal of 30 rows and 100 columns.
 *
 * @param stage - whose caller, home and workspace.
 * @param words - behind the name of the executable.
 */
export function openSession(stage: Stage, words: readonly string[]): TerminalSession {
  return startInTerminal(stage, [...sandboxRunCommand(), ...launcherChoice(words), ...words]);
}

/**
 * Starts any program in such a terminal.
 *
 * @param stage - whose caller, home and workspace.
 * @param argv - the program, by its absolute path, and its arguments.
 */
export function startInTerminal(
  stage: Stage,
  [file, ...args]: readonly [string, ...string[]],
): TerminalSession {
  const { caller } = stage;
  const pty = spawn(file, args, {
    name: 'xterm',
    cols: 100,
    rows: 30,
    cwd: stage.workspace,
    env: { HOME: stage.home, PATH: process.env['PATH'], LANG: 'C.UTF-8', TERM: 'xterm' },
    encoding: null,
    ...(caller.uid === process.getuid?.() ? {} : { uid: caller.uid, gid: caller.gid }),
  });
  onTestFinished(() => {
    killIfRunning(pty.pid);
  });
  const output = collect(pty);
  const text = (): string => output().toString('utf8');
  return {
    pid: pty.pid,
    output,
    text,
    type: (keys) => {
      pty.write(keys);
    },
    resize: (rows, columns) => {
      pty.resize(columns, rows);
    },
    shows: async (pattern) => {
      await until(`the terminal shows ${String(pattern)}`, () => pattern.test(text())).catch(
        (cause: unknown) => {
          throw new Error(`the terminal shows ${JSON.stringify(text().slice(-2000))}`, { cause });
        },
      );
    },
    ended: new Promise((resolve) => {
      pty.onExit(({ exitCode, signal }) => {
        resolve(signal === undefined || signal === 0 ? exitCode : 128 + signal);
      });
    }),
    hangUp: () => {
      pty.kill('SIGHUP');
    },
  };
}

/** A session that a failed test left open. */
function killIfRunning(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    /* It has ended, as it should. */
  }
}

/** With `encoding: null` data comes as bytes, whatever the type says. */
function collect(pty: IPty): () => Buffer {
  const chunks: Buffer[] = [];
  pty.onData((data: string | Uint8Array) => {
    chunks.push(Buffer.from(data as Uint8Array));
  });
  return () => Buffer.concat(chunks);
}
