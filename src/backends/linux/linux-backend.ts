import { existsSync } from 'node:fs';
import { type BoundFileSystem, type ManagedPolicy } from '../../binding/bound-policy.js';
import { CordonError } from '../../errors/cordon-error.js';
import { type HostFacts, apparmorRestrictsUserNamespaces, isWsl1 } from '../../host/host-facts.js';
import { type ProcEntries, readProcEntries } from '../../host/proc-entries.js';
import { type AbsolutePath, ROOT_PATH, isWithin, parseAbsolutePath } from '../../paths/absolute-path.js';
import { createEvaluator } from '../../permissions/evaluate.js';
import { Guards } from '../../process/guards.js';
import { type SandboxedProcess, type StdioRequest } from '../backend.js';
import { type LaunchTools, type PlanIsStale, launchPlan } from './launch/launch.js';
import { MountPointJournal } from './mount-point-journal/journal.js';
import { type LinuxLaunchPlan } from './plan/launch-plan.js';
import { type PlannedCommand, planLinuxLaunch } from './plan/plan.js';
import { type FoundExecutable, findBubblewrap } from './setup/find-bubblewrap.js';
import { type PrivateDirectory, openPrivateDirectory } from './setup/private-directory.js';
import { ProbeCache } from './setup/probe-cache.js';
import { probeBubblewrap, probeOptions } from './setup/probe.js';

const SLASH_TMP = parseAbsolutePath('/tmp');

/** Linux by system bubblewrap. Holds what is the same for all commands of a manager. */
export class LinuxBackend {
  readonly #facts: HostFacts;
  readonly #guards: Guards;
  #private: PrivateDirectory | undefined;
  #journal: MountPointJournal | undefined;
  #cache: ProbeCache | undefined;
  #proc: ProcEntries | undefined;

  /**
   * @param facts - of this machine.
   * @param keepsStandby - whether more than one command is to come.
   */
  constructor(facts: HostFacts, keepsStandby: boolean) {
    this.#facts = facts;
    this.#guards = new Guards(keepsStandby);
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
    const tools = await this.#probedTools(plan, policy);
    return launchPlan(plan, stdio, tools);
  }

  /** Where system bubblewrap is, for a policy. */
  findLauncher(policy: ManagedPolicy): Promise<FoundExecutable> {
    return findBubblewrap(this.#facts.searchPath, this.#distrust(policy));
  }

  /** Runs the probe of a plan now, whatever is remembered. Resolves to why it fails, or nothing. */
  async probe(plan: LinuxLaunchPlan, bubblewrap: AbsolutePath): Promise<CordonError | undefined> {
    return probeBubblewrap(probeOptions(plan), { ...this.#diagnosisTools(), bubblewrap });
  }

  /** The unreadable file that masks are made of. */
  deniedFile(): AbsolutePath {
    return this.#privateDirectory().deniedFile;
  }

  /** Removes mount points that a killed cordon left on the host. */
  async sweep(): Promise<void> {
    await this.#openJournal().sweep();
  }

  async #probedTools(plan: LinuxLaunchPlan, policy: ManagedPolicy): Promise<LaunchTools> {
    const tools = this.#diagnosisTools();
    const bubblewrap = await this.#probedLauncher(plan, policy);
    const { deniedFile } = this.#privateDirectory();
    return { ...tools, guards: this.#guards, bubblewrap, deniedFile, journal: this.#openJournal() };
  }

  async #probedLauncher(plan: LinuxLaunchPlan, policy: ManagedPolicy): Promise<AbsolutePath> {
    const { searchPath, kernelRelease } = this.#facts;
    const key = { searchPath, kernelRelease, options: probeOptions(plan) };
    this.#cache ??= new ProbeCache(this.#privateDirectory().path);
    const known = this.#cache.find(key);
    if (known !== undefined && !this.#distrust(policy)(known.path)) return known.path;
    const executable = await this.findLauncher(policy);
    const failure = await this.probe(plan, executable.path);
    if (failure !== undefined) throw failure;
    this.#cache.add(key, executable);
    return executable.path;
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

  #diagnosisTools(): Pick<LaunchTools, 'guard' | 'diagnosis'> {
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

/** A profile that opens the whole disk for writing leaves no place outside; there the system's own directories are trusted. */
function writability(fileSystem: BoundFileSystem): (path: AbsolutePath) => boolean {
  if (fileSystem.kind === 'unrestricted') return () => false;
  const rules = fileSystem.ruleSet.rules.filter((rule) => rule.path !== ROOT_PATH);
  const evaluator = createEvaluator({ rules, globs: [] });
  return (path) => evaluator.accessAt(path) === 'write';
}
