import { chmodSync, chownSync, mkdirSync, mkdtempSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { CALLERS, type Caller } from './caller.js';
import { type FileTree, plantTree, removeTree } from './file-tree.js';
import { describeSandboxed } from './require-sandbox.js';
import { type StartedProgram } from './run-program.js';
import { type SandboxedOptions, type SandboxedRun, runSandboxed, startSandboxed } from './run-sandboxed.js';

/** What differs between runs on one stage. */
export type StageOptions = Partial<Omit<SandboxedOptions, 'caller' | 'home'>> & {
  /** Options of sandbox-run. */
  readonly options?: readonly string[];
  /** Words behind the script: its `$1`, `$2`, … */
  readonly args?: readonly string[];
};

/**
 * Defines tests once for each caller. Every test gets an empty workspace and an empty directory beside it, both the caller's
 * own, below /var/tmp, where nothing else is writable under workspace-write.
 *
 * @param name - what the tests are about.
 * @param define - defines them; what it is given is to be used inside of tests only.
 */
export function describeOnStage(name: string, define: (stage: Stage) => void): void {
  for (const caller of CALLERS) {
    describeSandboxed(`${name}, as ${caller.name}`, () => {
      const stage = new Stage(caller);
      beforeAll(() => {
        stage.open();
      });
      beforeEach(() => {
        stage.clear();
      });
      afterEach(() => {
        stage.endAll();
      });
      afterAll(() => {
        stage.close();
      });
      define(stage);
    });
  }
}

/** Directories of a caller, and commands run in them. */
export class Stage {
  readonly caller: Caller;
  #base = '/nonexistent';
  readonly #started = new Set<StartedProgram>();

  /** @param caller - who runs the commands. */
  constructor(caller: Caller) {
    this.caller = caller;
  }

  /** The caller's home directory, the same for all tests of a stage. */
  get home(): string {
    return path.join(this.#base, 'home');
  }

  /** The workspace root, and the working directory of commands. */
  get workspace(): string {
    return path.join(this.#base, 'workspace');
  }

  /** Beside the workspace: nothing of it is writable. */
  get outside(): string {
    return path.join(this.#base, 'outside');
  }

  /** Makes the stage. */
  open(): void {
    this.#base = mkdtempSync('/var/tmp/cordon-stage-');
    chmodSync(this.#base, 0o755);
    this.#makeOwn(this.home);
  }

  /** Empties workspace and outside. */
  clear(): void {
    for (const directory of [this.workspace, this.outside]) {
      removeTree(directory);
      this.#makeOwn(directory);
    }
  }

  /** Ends what a failed test may have left running. */
  endAll(): void {
    for (const { child } of this.#started) child.kill('SIGKILL');
    this.#started.clear();
  }

  /** Removes the stage. */
  close(): void {
    removeTree(this.#base);
  }

  /** Makes files in the workspace. */
  plant(tree: FileTree): void {
    plantTree(this.workspace, tree, this.caller);
  }

  /** Makes files outside of the workspace. */
  plantOutside(tree: FileTree): void {
    plantTree(this.outside, tree, this.caller);
  }

  /** Makes files in the home directory. */
  plantAtHome(tree: FileTree): void {
    plantTree(this.home, tree, this.caller);
  }

  /** Runs sandbox-run with these words. */
  async run(words: readonly string[], options: StageOptions = {}): Promise<SandboxedRun> {
    return runSandboxed(words, this.#complete(options));
  }

  /** Runs a shell script in a sandbox, its `$1`, `$2`, … being `args`. A sandbox that could not be set up fails the test. */
  async shell(script: string, options: StageOptions = {}): Promise<SandboxedRun> {
    return setUp(await this.run(shellWords(script, options), options));
  }

  /** The same for a script of Node's; its words begin at `process.argv[1]`. */
  async node(script: string, options: StageOptions = {}): Promise<SandboxedRun> {
    const { options: given = [], args = [] } = options;
    return setUp(
      await this.run(['--json', ...given, '--', process.execPath, '-e', script, '--', ...args], options),
    );
  }

  /** The code of the error by which a sandbox is not set up; the test fails when one is, or when the command ran. */
  async refusal(options: StageOptions = {}): Promise<string | undefined> {
    const run = await this.run(shellWords('echo ran', options), options);
    if (run.code === 125 && run.output === '') return run.errorCode;
    throw new Error(`expected no sandbox, and the command ran: ${run.output}${run.stderr}`);
  }

  /** Starts a shell script in a sandbox and leaves its input open. */
  start(script: string, options: StageOptions = {}): StartedProgram {
    const started = startSandboxed(shellWords(script, options), this.#complete(options));
    this.#started.add(started);
    return started;
  }

  #complete(options: StageOptions): SandboxedOptions {
    return { caller: this.caller, home: this.home, cwd: this.workspace, ...options };
  }

  #makeOwn(directory: string): void {
    mkdirSync(directory);
    chownSync(directory, this.caller.uid, this.caller.gid);
  }
}

function shellWords(script: string, { options = [], args = [] }: StageOptions): readonly string[] {
  return ['--json', ...options, '--', '/bin/sh', '-c', script, 'sh', ...args];
}

function setUp(run: SandboxedRun): SandboxedRun {
  if (run.code !== 125) return run;
  throw new Error(`the sandbox was not set up: ${run.stderr}`);
}
