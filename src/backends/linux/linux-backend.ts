import { existsSync } from 'node:fs';
import { type BindRequest } from '../../binding/bind.js';
import { type BoundFileSystem, type ManagedPolicy } from '../../binding/bound-policy.js';
import { CordonError } from '../../errors/cordon-error.js';
import {
  type HostFacts,
  apparmorRestrictsUserNamespaces,
  isWsl1,
  userNamespaceSettings,
} from '../../host/host-facts.js';
import { type ProcEntries, readProcEntries } from '../../host/proc-entries.js';
import { type AbsolutePath, ROOT_PATH, isWithin, parseAbsolutePath } from '../../paths/absolute-path.js';
import { createEvaluator } from '../../permissions/evaluate.js';
import { Guards } from '../../process/guards.js';
import { type ListenerWay, ListenerWays } from '../../process/listener-ways.js';
import { type LauncherChoice, type SandboxedProcess, type StdioRequest } from '../backend.js';
import { GuardStarter } from './launch/guard-starter.js';
import { type PlanIsStale, launchPlan } from './launch/launch.js';
import { type SandboxStarter } from './launch/starter.js';
import { ZygoteStarter, canConnect } from './launch/zygote-starter.js';
import { MountPointJournal } from './mount-point-journal/journal.js';
import { type LinuxLaunchPlan } from './plan/launch-plan.js';
import { type PrintedLauncher } from './plan/print-plan.js';
import { type PlannedCommand, planLandlockLaunch, planLinuxLaunch, withCommand } from './plan/plan.js';
import { builtinLauncher } from './setup/builtin-launcher.js';
import { type FoundExecutable, findBubblewrap } from './setup/find-bubblewrap.js';
import { type Launcher, chooseLauncher, launcherWithListeners } from './setup/launcher.js';
import { type PrivateDirectory, openPrivateDirectory } from './setup/private-directory.js';
import { ProbeCache, type ProbeKey } from './setup/probe-cache.js';
import {
  type ProbeTools,
  LANDLOCK_PROBE_OPTIONS,
  cannotWatch,
  landlockAbi,
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
  /** How listening sockets in sandboxes come to us. */
  readonly listenerWay: ListenerWay;
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
  #ways: ListenerWays | undefined;
  #proc: ProcEntries | undefined;
  /** A bound policy that is the same object has the same plan, but for the command. */
  readonly #plans = new WeakMap<ManagedPolicy, LinuxLaunchPlan>();
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

  /**
   * What a policy is bound with because of this backend: directories of cordon's own that no command may see, which are made when
   * they are not there, and whether each connection to a Unix socket can be decided about when it is made, as far as is known.
   */
  ownNeeds(): Pick<BindRequest, 'privatePaths' | 'supervisesSockets'> {
    const { launcher } = this.#options;
    return {
      privatePaths: [this.#privateDirectory().path],
      supervisesSockets: (launcher === 'builtin' || launcher === 'zygote') && !this.#cannotWatch,
    };
  }

  /**
   * Plans a launch.
   *
   * @param policy - what the command may do.
   * @param command - what is to run.
   */
  plan(policy: ManagedPolicy, command: PlannedCommand): LinuxLaunchPlan {
    return this.#options.launcher === 'landlock'
      ? planLandlockLaunch(policy, command, this.#facts.architecture)
      : this.planNamespaces(policy, command);
  }

  /**
   * Plans a launch by namespaces and mounts, whatever the manager's launcher.
   *
   * @param policy - what the command may do.
   * @param command - what is to run.
   */
  planNamespaces(policy: ManagedPolicy, command: PlannedCommand): LinuxLaunchPlan {
    const known = this.#plans.get(policy);
    if (known !== undefined) return withCommand(known, policy, command);
    this.#proc ??= readProcEntries();
    const mask = this.#privateDirectory().deniedIdentity;
    const plan = planLinuxLaunch(policy, command, {
      mask,
      proc: this.#proc,
      architecture: this.#facts.architecture,
    });
    this.#plans.set(policy, plan);
    return plan;
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
    /* It has just been found out that connections cannot be decided about: bind again, with masks. */
    if (!launcher.canWatch && reliesOnSupervision(policy)) return { kind: 'stale' };
    const { deniedFile } = this.#privateDirectory();
    const starter = this.#starterOf(launcher, guard);
    return launchPlan(this.#planFor(launcher, plan, policy), stdio, {
      starter,
      launcher,
      deniedFile,
      diagnosis,
      journal: this.#openJournal(),
      policyKey: policy,
      openListeners: (ports) => this.#listenerWays().open(ports),
    });
  }

  /**
   * Chooses what is to make a plan's sandbox, by its probe.
   *
   * @param request - the plan of the command that is to run, and its policy: bubblewrap is looked for where no command of this
   *   workspace can write.
   * @throws CordonError those of `findBubblewrap` and of a probe; `builtin-missing`; `listener-unavailable`; `evidence-unavailable`.
   */
  async chooseLauncher(request: LauncherRequest): Promise<Launcher> {
    const choice = request.choice ?? this.#options.launcher;
    const hasListeners = request.plan.listeners.length > 0;
    const needsWatch = request.plan.watch?.changes === true;
    const wanted = needsWatch && choice === 'auto' ? 'builtin' : choice;
    const launcher = await chooseLauncher(hasListeners ? launcherWithListeners(wanted) : wanted, {
      bubblewrap: () => this.#probedBubblewrap(request),
      builtin: () => this.#probedBuiltin(request),
      landlock: () => this.#probedLandlock(request),
    });
    if (needsWatch && !launcher.canWatch) throw cannotReport(launcher);
    return launcher;
  }

  /** The launcher that would be chosen if each passed its probe, for printing. */
  async likelyLauncher(policy: ManagedPolicy): Promise<PrintedLauncher> {
    const { launcher, searchPath } = this.#facts;
    const choice = this.#options.launcher;
    const own = { path: launcher, isOwn: true, canWatch: choice !== 'landlock' };
    if (choice !== 'auto' && choice !== 'bwrap') return own;
    const bubblewrap = { isOwn: false, canWatch: false };
    try {
      return { ...bubblewrap, path: (await findBubblewrap(searchPath, this.#distrust(policy))).path };
    } catch (error) {
      if (!(error instanceof CordonError)) throw error;
      return choice === 'auto' && existsSync(launcher) ? own : { ...bubblewrap, path: 'bwrap' };
    }
  }

  /**
   * The version of the kernel's Landlock; 0 where there is none.
   *
   * @throws CordonError `builtin-missing`.
   */
  landlockAbi(): Promise<number> {
    return landlockAbi(builtinLauncher(this.#facts.launcher).path);
  }

  /** The unreadable file that masks are made of. */
  deniedFile(): AbsolutePath {
    return this.#privateDirectory().deniedFile;
  }

  /** Removes mount points that a killed cordon left on the host. */
  async sweep(): Promise<void> {
    await this.#openJournal().sweep();
  }

  /** Without namespaces all is done in another way; what that cannot do is refused here. */
  #planFor({ kind }: Launcher, plan: LinuxLaunchPlan, policy: ManagedPolicy): LinuxLaunchPlan {
    if (kind !== 'landlock' || plan.landlock !== undefined) return plan;
    return planLandlockLaunch(policy, plan.command, this.#facts.architecture);
  }

  #starterOf({ kind, path }: Launcher, guard: AbsolutePath): SandboxStarter {
    if (kind === 'zygote') return (this.#zygote ??= new ZygoteStarter(path, this.#options.standby));
    return new GuardStarter(this.#guards, { guard, launcher: path, hasDomain: kind === 'landlock' });
  }

  async #probedBubblewrap({ plan, policy, isFresh }: LauncherRequest): Promise<AbsolutePath> {
    const { searchPath, kernelRelease } = this.#facts;
    const settings = userNamespaceSettings();
    const key = { searchPath, kernelRelease, settings, options: probeOptions(plan) };
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

  async #probedLandlock(request: LauncherRequest): Promise<AbsolutePath> {
    await this.#passBuiltinProbe(LANDLOCK_PROBE_OPTIONS, request);
    return this.#facts.launcher;
  }

  /** Its place is protected from every command. */
  async #passBuiltinProbe(options: readonly string[], { isFresh }: LauncherRequest): Promise<void> {
    const { launcher, kernelRelease } = this.#facts;
    const executable = builtinLauncher(launcher);
    const settings = userNamespaceSettings();
    const key = { searchPath: launcher, kernelRelease, settings, options };
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

  #listenerWays(): ListenerWays {
    return (this.#ways ??= new ListenerWays(this.#options.listenerWay, {
      launcher: this.#facts.launcher,
      privateDirectory: () => this.#privateDirectory().path,
    }));
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

function reliesOnSupervision({ fileSystem }: ManagedPolicy): boolean {
  return fileSystem.kind === 'restricted' && fileSystem.maskedSockets === undefined;
}

/** A zygote makes pipes and takes terminals, and cannot be given a descriptor of ours: for those its program is started by itself. */
function suited(launcher: Launcher, stdio: StdioRequest): Launcher {
  return launcher.kind === 'zygote' && !canConnect(stdio) ? { ...launcher, kind: 'builtin' } : launcher;
}
