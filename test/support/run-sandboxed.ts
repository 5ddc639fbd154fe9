import path from 'node:path';
import { inject } from 'vitest';
import {
  type ProgramOptions,
  type ProgramRun,
  type StartedProgram,
  runProgram,
  startProgram,
} from './run-program.js';

/** How sandbox-run is started. */
export interface SandboxedOptions extends Omit<ProgramOptions, 'env'> {
  readonly home: string;
  /** Laid over an environment of HOME, PATH and LANG. */
  readonly env?: Readonly<Record<string, string>>;
  /** A program that is to start sandbox-run, whose words are appended to it. */
  readonly launcher?: readonly string[];
  /** The directory of the cordon to run; the one that was installed for the tests when left out. */
  readonly installation?: string;
}

/** A run of sandbox-run. */
export interface SandboxedRun extends ProgramRun {
  /** The last line of standard error, where it is JSON: with `--json` the outcome or the error. */
  readonly json: unknown;
  /** The code of the error in it, if it is one. */
  readonly errorCode: string | undefined;
}

/** Runs the executable as installed: `sandbox-run ARGS…`. */
export async function runSandboxed(
  args: readonly string[],
  options: SandboxedOptions,
): Promise<SandboxedRun> {
  return withJson(await runProgram(commandLine(args, options), programOptions(options)));
}

/** Starts it and leaves its input open. */
export function startSandboxed(args: readonly string[], options: SandboxedOptions): StartedProgram {
  return startProgram(commandLine(args, options), programOptions(options));
}

/** The words that start the executable of an installation, that for the tests when left out. */
export function sandboxRunCommand(installation = inject('installation')): readonly [string, string] {
  return [process.execPath, path.join(installation, 'dist/bin/sandbox-run.cjs')];
}

function commandLine(
  args: readonly string[],
  { launcher = [], installation }: SandboxedOptions,
): readonly [string, ...string[]] {
  const [file, ...rest] = [...launcher, ...sandboxRunCommand(installation), ...launcherChoice(args), ...args];
  return [file ?? '', ...rest];
}

/** The launcher that all runs of a project use, if it names one. */
export const TEST_LAUNCHER = process.env['CORDON_TEST_LAUNCHER'];

/** The option for it, for words that begin with options. */
export function launcherChoice([first]: readonly string[]): readonly string[] {
  const choice = TEST_LAUNCHER;
  return choice !== undefined && first?.startsWith('-') === true ? ['--launcher', choice] : [];
}

function programOptions({ home, env, ...options }: SandboxedOptions): ProgramOptions {
  const path = process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
  return { ...options, env: { HOME: home, PATH: path, LANG: 'C.UTF-8', ...env } };
}

function withJson(run: ProgramRun): SandboxedRun {
  const json = parseLastLine(run.stderr);
  return { ...run, json, errorCode: textAt(json, ['error', 'code']) };
}

function parseLastLine(text: string): unknown {
  const last = text.trimEnd().split('\n').at(-1) ?? '';
  try {
    return JSON.parse(last);
  } catch {
    return undefined;
  }
}

function textAt(value: unknown, keys: readonly string[]): string | undefined {
  let at = value;
  for (const key of keys) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = new Map<string, unknown>(Object.entries(at)).get(key);
  }
  return typeof at === 'string' ? at : undefined;
}
