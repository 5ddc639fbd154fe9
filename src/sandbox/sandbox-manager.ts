import { parseAbsolutePath } from '../paths/absolute-path.js';
import { type ProfileListing, listProfiles } from '../profiles/list-profiles.js';
import {
  type LoadRequest,
  type LoadedProfile,
  type ProfileCheck,
  checkProfile,
  loadProfile,
} from '../profiles/load-profile.js';
import { type ListenerWay } from '../process/listener-ways.js';
import { makeTerminalRaw } from '../process/raw-terminal.js';
import { checkCommand, checkManagerOptions, checkProfileName, checkQuestion } from './check-command.js';
import { examine } from './doctor.js';
import { type ExplainQuestion, explainPath } from './explain.js';
import { type DoctorReport, type Explanation, type PlanPreview } from './inspection.js';
import { previewCommand } from './preview.js';
import { type CapturedOutcome } from './outcome.js';
import { type LauncherChoice } from '../backends/backend.js';
import { type Machine, openMachine } from './machine.js';
import { runCommand } from './run-command.js';
import { RunningCommand } from './running-command.js';
import { type SandboxCommand } from './sandbox-command.js';
import { startCommand } from './start.js';
import { concludeWith } from './conclude.js';

/** What a manager is made with. */
export interface SandboxManagerOptions {
  /** Where HOME, TMPDIR, PATH, the XDG variables and the commands' environments come from; `process.env` by default. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** What enters the sandbox; by default system bubblewrap if it can, else cordon's own launcher. */
  readonly launcher?: LauncherChoice | undefined;
  /**
   * Whether a helper for the next command is started while one runs: true by default; false for who runs one command only.
   * It waits for a minute at most, ends with this process, and does not keep it from ending.
   */
  readonly standby?: boolean | undefined;
  /** How a command's `listeners` come to this process; by default over a channel of Node's if this Node does it, else by a relay. */
  readonly listenerWay?: ListenerWay | undefined;
}

/**
 * Runs commands in sandboxes. One manager serves any number of commands at once and needs no closing.
 */
export class SandboxManager {
  readonly #machine: Machine;

  /**
   * @param options - all may be left out.
   * @throws CordonError `usage-invalid` for a wrong key or value.
   */
  constructor(options: SandboxManagerOptions = {}) {
    checkManagerOptions(options);
    this.#machine = openMachine(options.environment ?? process.env, {
      launcher: options.launcher ?? 'auto',
      standby: options.standby ?? true,
      listenerWay: options.listenerWay ?? 'auto',
    });
  }

  /**
   * Runs a command to its end and keeps its output within bounds.
   *
   * @param command - what to run; its pipes are ours.
   * @throws CordonError when the sandbox could not be set up; the command then did not run.
   */
  async run(command: SandboxCommand): Promise<CapturedOutcome> {
    checkCommand(command);
    return runCommand(command, this.#machine);
  }

  /**
   * Starts a command whose streams the caller reads and writes.
   *
   * @param command - what to run.
   * @throws CordonError when the command cannot be prepared; what fails later rejects `ended`.
   */
  async spawn(command: SandboxCommand): Promise<RunningCommand> {
    checkCommand(command);
    const started = await startCommand(command, this.#machine);
    return new RunningCommand(started.process, command, concludeWith(started));
  }

  /**
   * What a command would be launched with; starts nothing.
   *
   * @param command - what would run.
   * @throws CordonError when the command cannot be prepared.
   */
  async preview(command: SandboxCommand): Promise<PlanPreview> {
    checkCommand(command);
    return previewCommand(command, this.#machine);
  }

  /**
   * Whether a command could read or write a path, and which entry decides.
   *
   * @param question - the command's profile, the operation, an absolute path.
   * @throws CordonError when the command cannot be prepared.
   */
  explain(question: ExplainQuestion): Explanation {
    checkQuestion(question);
    return explainPath(question, this.#machine);
  }

  /**
   * Makes the terminal at our standard input raw, for a command with a terminal of its own to stand in its place.
   *
   * @returns gives the terminal its settings back; undefined when there is no terminal.
   */
  makeTerminalRaw(): (() => void) | undefined {
    return makeTerminalRaw(this.#machine.facts.guard);
  }

  /** What this machine can enforce, by trying it; also removes mount points that killed runs left. */
  doctor(): Promise<DoctorReport> {
    return examine(this.#machine);
  }

  /** The profiles that can be named, built in and the user's. */
  listProfiles(): readonly ProfileListing[] {
    return listProfiles({
      builtins: this.#machine.builtinProfiles(),
      configDir: this.#machine.facts.configDir,
    });
  }

  /**
   * Reads a profile without binding it.
   *
   * @param nameOrFile - a name, or a file below no particular directory.
   * @throws CordonError `profile-not-found`, `profile-syntax`, `profile-invalid`, `profile-cycle`.
   */
  showProfile(nameOrFile: string): LoadedProfile {
    return loadProfile({ ...this.#profileRequest(nameOrFile), forbiddenBelow: [] });
  }

  /** Like `showProfile`, but with every mistake as a value. */
  checkProfile(nameOrFile: string): ProfileCheck {
    return checkProfile(this.#profileRequest(nameOrFile));
  }

  #profileRequest(nameOrFile: string): Omit<LoadRequest, 'forbiddenBelow'> {
    checkProfileName(nameOrFile);
    const { homeDir, configDir } = this.#machine.facts;
    const cwd = parseAbsolutePath(process.cwd());
    return { nameOrFile, homeDir, configDir, cwd, builtins: this.#machine.builtinProfiles() };
  }
}
