import { existsSync } from 'node:fs';
import { type BoundFileSystem, type ManagedPolicy } from '../../binding/bound-policy.js';
import { CordonError } from '../../errors/cordon-error.js';
import { type HostFacts, apparmorRestrictsUserNamespaces, isWsl1 } from '../../host/host-facts.js';
import { type ProcEntries, readProcEntries } from '../../host/proc-entries.js';
import { type AbsolutePath, ROOT_PATH, isWithin, parseAbsolutePath } from '../../paths/absolute-path.js';
import { createEvaluator } from '../../permissions/evaluate.js';
import { Guards } from '../../process/guards.js';
import { type LauncherChoice, type SandboxedProcess, type StdioRequest } from '../backend.js';
import { GuardStarter } from './launch/guard-starter.js';
import { type PlanIsStale, launchPlan } from './launch/launch.js';
import { type SandboxStarter } from './launch/starter.js';
import { ZygoteStarter, canConnect } from './launch/zygote-starter.js';
import { MountPointJournal } from './mount-point-journal/journal.js';
import { type LinuxLaunchPlan } from './plan/launch-plan.js';
import { type PlannedCommand, planLinuxLaunch } from './plan/plan.js';
import { type PrintedLauncher } from './plan/print-plan.js';
import { builtinLauncher } from './setup/builtin-launcher.js';
import { type FoundExecutable, findBubblewrap } from './setup/find-bubblewrap.js';
import { type Launcher, chooseLauncher } from './setup/launcher.js';
import { type PrivateDirectory, openPrivateDirectory } from './setup/private-directory.js';
import { ProbeCache, type ProbeKey } from './setup/probe-cache.js';
import {
  type ProbeTools,
  cannotWatch,
  probeLauncher,
  probeOptions,
  watchProbeOptions,
} from './setup/probe.js';

const SLASH_TMP = parseAbsolutePath('/tmp');

/** What a backend is made with. */
export interface BackendOptions {
  readonly launcher: LauncherChoice;
  /** Whether a helper is kept ready for the next command. */
  readonly standby: boolean;
}

/** What a launcher is chosen for. */
export interface LauncherRequest {
  readonly plan: LinuxLaunchPlan;
  readonly policy: ManagedPolicy;
  /** The manager's when left out. */
  readonly choice?: LauncherChoice;
  /** True: probe now, whatever is remembered. */
  readonly isFresh?: boolean;
}

/** Linux by bubblewrap, or by cordon's own launcher. Holds what is the same for all commands of a manager. */
export class LinuxBackend {
  readonly #facts: HostFacts;
  readonly #options: BackendOptions;
  readonly #guards: Guards;
  #private: PrivateDirectory | undefined;
  #journal: MountPointJournal | undefined;
  #cache: ProbeCache | undefined;
  #zygote: ZygoteStarter | undefined;
  #proc: ProcEntries | undefined;
  /** Failures are not kept on disk; within one process the machine stays as it is. */
  #cannotWatch = false;

  /**
   * @param facts - of this machine.
   * @param options - what the manager was made with.
   */
  constructor(facts: HostFacts, options: BackendOptions) {
    this.#facts = facts;
    this.#options = options;
    this.#guards = new Guards(options.standby);
  }

  /** Directories of cordon's own that no command may see. Makes them when they are not there. */
  privatePaths(): readonly AbsolutePath[] {
    return [this.#privateDirectory().path];
  }

  /**
   * Plans a launch.
   *
   * @param policy - what the command may do.
   * @param command - what is to run.
   */
  plan(policy: ManagedPolicy, command: PlannedCommand): LinuxLaunchPlan {
    this.#proc ??= readProcEntries();
    const mask = this.#privateDirectory().deniedIdentity;
    return planLinuxLaunch(policy, command, {
      mask,
      proc: this.#proc,
      architecture: this.#facts.architecture,
    });
  }

  /**
   * Launches a plan.
   *
   * @param plan - made by `plan`.
   * @param policy - for finding bubblewrap where no command of this workspace can write.
   * @param stdio - how the command's streams are connected.
   * @throws CordonError `guard-missing`, `launcher-missing`, those of a probe, those of `launchPlan`.
   */
  async launch(
    plan: LinuxLaunchPlan,
    policy: ManagedPolicy,
    stdio: StdioRequest,
  ): Promise<SandboxedProcess | PlanIsStale> {
    const { guard, diagnosis } = this.#diagnosisTools();
    const launcher = suited(await this.chooseLauncher({ plan, policy }), stdio);
    const { deniedFile } = this.#privateDirectory();
    const starter = this.#starterOf(launcher, guard);
    return launchPlan(plan, stdio, {
      starter,
      launcher,
      deniedFile,
      diagnosis,
      journal: this.#openJournal(),
    });
  }

  /**
   * Chooses what is to make a plan's sandbox, by its probe.
   *
   * @param request - the plan of the command that is to run, and its policy: bubblewrap is looked for where no command of this
   *   workspace can write.
   * @throws CordonError those of `findBubblewrap` and of a probe; `builtin-missing`; `evidence-unavailable`.
   */
  async chooseLauncher(request: LauncherRequest): Promise<Launcher> {
    const choice = request.choice ?? this.#options.launcher;
    const needsWatch = request.plan.watch?.changes === true;
    const launcher = await chooseLauncher(needsWatch && choice === 'auto' ? 'builtin' : choice, {
      bubblewrap: () => this.#probedBubblewrap(request),
      builtin: () => this.#probedBuiltin(request),
    });
    if (needsWatch && !launcher.canWatch) throw cannotReport(launcher);
    return launcher;
  }

  /** The launcher that would be chosen if each passed its probe, for printing. */
  async likelyLauncher(policy: ManagedPolicy): Promise<PrintedLauncher> {
    const { launcher, searchPath } = this.#facts;
    const choice = this.#options.launcher;
    const own = { path: launcher, canWatch: true };
    if (choice !== 'auto' && choice !== 'bwrap') return own;
    try {
      return { path: (await findBubblewrap(searchPath, this.#distrust(policy))).path, canWatch: false };
    } catch (error) {
      if (!(error instanceof CordonError)) throw error;
      return choice === 'auto' && existsSync(launcher) ? own : { path: 'bwrap', canWatch: false };
    }
  }

  /** The unreadable file that masks are made of. */
  deniedFile(): AbsolutePath {
    return this.#privateDirectory().deniedFile;
  }

  /** Removes mount points that a killed cordon left on the host. */
  async sweep(): Promise<void> {
    await this.#openJournal().sweep();
  }

  #starterOf({ kind, path }: Launcher, guard: AbsolutePath): SandboxStarter {
    if (kind === 'zygote') return (this.#zygote ??= new ZygoteStarter(path));
    return new GuardStarter(this.#guards, { guard, launcher: path });
  }

  async #probedBubblewrap({ plan, policy, isFresh }: LauncherRequest): Promise<AbsolutePath> {
    const { searchPath, kernelRelease } = this.#facts;
    const key = { searchPath, kernelRelease, options: probeOptions(plan) };
    const known = isFresh === true ? undefined : this.#probeCache().find(key);
    if (known !== undefined && !this.#distrust(policy)(known.path)) return known.path;
    const executable = await findBubblewrap(searchPath, this.#distrust(policy));
    await this.#passProbe(key, executable);
    return executable.path;
  }

  /** Where calls cannot be supervised, sockets are masked when the command starts, as with bubblewrap. */
  async #probedBuiltin(request: LauncherRequest): Promise<Omit<Launcher, 'kind'>> {
    const { launcher: path } = this.#facts;
    const options = probeOptions(request.plan);
    const watches = request.plan.watch !== undefined && (request.isFresh === true || !this.#cannotWatch);
    try {
      await this.#passBuiltinProbe(
        [...(watches ? watchProbeOptions(request.plan) : []), ...options],
        request,
      );
      return { path, canWatch: watches };
    } catch (error) {
      if (!watches || !(error instanceof CordonError) || !cannotWatch(error)) throw error;
      this.#cannotWatch = true;
      await this.#passBuiltinProbe(options, request);
      return { path, canWatch: false };
    }
  }

  /** Its place is protected from every command. */
  async #passBuiltinProbe(options: readonly string[], { isFresh }: LauncherRequest): Promise<void> {
    const { launcher, kernelRelease } = this.#facts;
    const executable = builtinLauncher(launcher);
    const key = { searchPath: launcher, kernelRelease, options };
    if (isFresh === true || this.#probeCache().find(key) === undefined)
      await this.#passProbe(key, executable);
  }

  async #passProbe(key: ProbeKey, executable: FoundExecutable): Promise<void> {
    const failure = await probeLauncher(key.options, {
      ...this.#diagnosisTools(),
      launcher: executable.path,
    });
    if (failure !== undefined) throw failure;
    this.#probeCache().add(key, executable);
  }

  #probeCache(): ProbeCache {
    return (this.#cache ??= new ProbeCache(this.#privateDirectory().path));
  }

  /**
   * Whether a command may have put something at a path: this one, by its policy, or one that ran in this workspace before, under
   * whatever profile. npm puts the workspace's own node_modules/.bin first on PATH.
   */
  #distrust(policy: ManagedPolicy): (path: AbsolutePath) => boolean {
    const { tmpDir } = this.#facts;
    const places = [
      ...policy.workspaceRoots,
      policy.cwd,
      SLASH_TMP,
      ...(tmpDir === undefined ? [] : [tmpDir]),
    ].filter((place) => place !== ROOT_PATH);
    const isWritable = writability(policy.fileSystem);
    return (path) =>
      path.includes('/node_modules/') || places.some((place) => isWithin(path, place)) || isWritable(path);
  }

  #diagnosisTools(): Pick<ProbeTools, 'guard' | 'diagnosis'> {
    const { guard } = this.#facts;
    if (!existsSync(guard)) {
      throw new CordonError('guard-missing', `cordon's native helper is missing: ${JSON.stringify(guard)}`, {
        details: { path: guard },
      });
    }
    return {
      guard,
      diagnosis: () => ({
        isWsl1: isWsl1(this.#facts),
        apparmorRestricts: apparmorRestrictsUserNamespaces(),
      }),
    };
  }

  #privateDirectory(): PrivateDirectory {
    this.#private ??= openPrivateDirectory(this.#facts.stateDir, this.#facts.userId);
    return this.#private;
  }

  #openJournal(): MountPointJournal {
    this.#journal ??= new MountPointJournal(this.#privateDirectory().path);
    return this.#journal;
  }
}

function cannotReport({ kind }: Launcher): CordonError {
  const reason =
    kind === 'bwrap'
      ? 'bubblewrap cannot report calls'
      : 'this kernel does not let anybody supervise calls, or somebody supervises ours already';
  return new CordonError('evidence-unavailable', `Cannot tell exactly what is refused: ${reason}`, {
    details: { launcher: kind },
  });
}

/** A profile that opens the whole disk for writing leaves no place outside; there the system's own directories are trusted. */
function writability(fileSystem: BoundFileSystem): (path: AbsolutePath) => boolean {
  if (fileSystem.kind === 'unrestricted') return () => false;
  const rules = fileSystem.ruleSet.rules.filter((rule) => rule.path !== ROOT_PATH);
  const evaluator = createEvaluator({ rules, globs: [] });
  return (path) => evaluator.accessAt(path) === 'write';
}

/** A zygote makes pipes, and cannot be given a terminal or a descriptor of ours: for those its program is started by itself. */
function suited(launcher: Launcher, stdio: StdioRequest): Launcher {
  return launcher.kind === 'zygote' && !canConnect(stdio) ? { ...launcher, kind: 'builtin' } : launcher;
}
