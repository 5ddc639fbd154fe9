import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { CALLERS, type Caller } from './caller.js';
import { describeSandboxed } from './require-sandbox.js';
import { type ProgramRun, type StartedProgram, runProgram, startProgram } from './run-program.js';

const CHECKOUT = path.join(import.meta.dirname, '../..');
const BUILT = path.join(CHECKOUT, 'native/linux/build');

/** The launcher in the ways it is built: as released, with sanitizers, and so that it takes the kernel for an old one. */
const BUILDS = {
  released: 'cordon-launcher',
  sanitized: 'sanitized/cordon-launcher',
  'for old kernels': 'sanitized/cordon-launcher-old-mounts',
  'with Landlock ABI 1': 'sanitized/cordon-launcher-landlock-1',
  'with Landlock ABI 2': 'sanitized/cordon-launcher-landlock-2',
  'with Landlock ABI 5': 'sanitized/cordon-launcher-landlock-5',
} as const;

/** The name of a build. */
export type Build = keyof typeof BUILDS;

/** What differs between runs. */
export interface LaunchOptions {
  /** What can be read from descriptors 3, 4, … */
  readonly inputs?: readonly (string | Uint8Array)[];
  /** A sandbox without the read-only root that all others get. */
  readonly isBare?: boolean;
  /** Added to the environment, which is otherwise PATH. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Defines tests of the launcher once for each caller and build. Each test gets an empty directory of the caller's own.
 *
 * @param name - what the tests are about.
 * @param builds - those that matter.
 * @param define - defines them; what it is given is to be used inside of tests only.
 */
export function describeLauncher(
  name: string,
  builds: readonly Build[],
  define: (stage: LauncherStage) => void,
): void {
  for (const caller of CALLERS)
    for (const build of builds)
      describeSandboxed(`${name}, ${build}, as ${caller.name}`, () => {
        const stage = new LauncherStage(caller, build);
        beforeAll(() => {
          stage.open();
        }, 120_000);
        beforeEach(() => {
          stage.clear();
        });
        afterAll(() => {
          stage.close();
        });
        define(stage);
      });
}

/** A launcher that its caller can execute, and a directory for it to work in. */
export class LauncherStage {
  readonly caller: Caller;
  /** How it was built. */
  readonly build: Build;
  #base = '/nonexistent';

  /**
   * @param caller - who runs the launcher.
   * @param build - which one.
   */
  constructor(caller: Caller, build: Build) {
    this.caller = caller;
    this.build = build;
  }

  /** The launcher. */
  get launcher(): string {
    return path.join(this.#base, 'cordon-launcher');
  }

  /** The caller's own directory, where commands run. */
  get directory(): string {
    return path.join(this.#base, 'work');
  }

  /** Makes the stage; compiles what is missing. */
  open(): void {
    this.#base = mkdtempSync('/var/tmp/cordon-launcher-');
    chmodSync(this.#base, 0o755);
    if (this.build !== 'released') buildSanitized();
    copyFileSync(path.join(BUILT, BUILDS[this.build]), this.launcher);
    chmodSync(this.launcher, 0o755);
  }

  /** Empties the directory. */
  clear(): void {
    rmSync(this.directory, { recursive: true, force: true });
    this.makeDirectory('');
  }

  /** Removes the stage. */
  close(): void {
    rmSync(this.#base, { recursive: true, force: true });
  }

  /** Makes a directory of the caller's own below the stage's; returns its path. */
  makeDirectory(name: string): string {
    const made = path.join(this.directory, name);
    mkdirSync(made, { recursive: true });
    chownSync(made, this.caller.uid, this.caller.gid);
    return made;
  }

  /** Makes a file of the caller's own; returns its path. */
  makeFile(name: string, content: string): string {
    const made = path.join(this.directory, name);
    writeFileSync(made, content);
    chownSync(made, this.caller.uid, this.caller.gid);
    return made;
  }

  /** Runs the launcher with these words. */
  async run(words: readonly string[], options: LaunchOptions = {}): Promise<ProgramRun> {
    const inputs = (options.inputs ?? []).map((content, index) => this.#input(content, index));
    try {
      return await runProgram([this.launcher, ...words], this.#programOptions(options, inputs));
    } finally {
      inputs.forEach((fd) => {
        closeSync(fd);
      });
    }
  }

  /** Runs a shell script in a sandbox with a read-only root and these options; what went wrong is part of the output. */
  async shell(options: readonly string[], script: string, more: LaunchOptions = {}): Promise<string> {
    const root = more.isBare === true ? [] : ['--ro-bind', '/', '/'];
    const { output, stderr } = await this.run([...root, ...options, '--', '/bin/sh', '-c', script], more);
    return (output + stderr).trim();
  }

  /** Starts any program as the caller; its descriptors 3, 4, … are pipes or ours. */
  startProgram(
    argv: readonly [string, ...string[]],
    descriptors: readonly (number | 'pipe')[] = [],
  ): StartedProgram {
    const started = startProgram(argv, this.#programOptions({}, descriptors));
    started.firstLine.catch(() => undefined);
    return started;
  }

  #input(content: string | Uint8Array, index: number): number {
    const file = path.join(this.#base, `input-${String(index)}`);
    writeFileSync(file, content);
    return openSync(file, 'r');
  }

  #programOptions({ env = {} }: LaunchOptions, descriptors: readonly (number | 'pipe')[]) {
    return {
      caller: this.caller,
      cwd: this.directory,
      env: { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', ...env },
      descriptors,
    };
  }
}

let isBuilt = false;

function buildSanitized(): void {
  if (isBuilt) return;
  const script = path.join(CHECKOUT, 'scripts/build-native.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, '--sanitize'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the sanitized launcher was not built: ${stderr}`);
  isBuilt = true;
}
