import { type HostFacts, readHostFacts } from '../host/host-facts.js';
import { packageRoot } from '../host/package-root.js';
import { type BackendOptions, LinuxBackend } from '../backends/linux/linux-backend.js';
import { PlainBackend } from '../backends/none/plain-backend.js';
import { Bindings } from '../binding/bindings.js';
import { CordonError } from '../errors/cordon-error.js';
import { joinPath } from '../paths/absolute-path.js';
import { type LoadedProfile } from '../profiles/load-profile.js';
import { readBuiltinProfiles } from '../profiles/builtin-profiles.js';

/** This machine, as a manager sees it. */
export interface Machine {
  readonly facts: HostFacts;
  /** Where commands' environments come from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Built-in profiles: name to TOML text. */
  readonly builtinProfiles: () => ReadonlyMap<string, string>;
  /** Built-in profiles that have been read already. */
  readonly knownProfiles: Map<string, LoadedProfile>;
  readonly bindings: Bindings;
  /** What enforces managed profiles here. Throws `backend-unavailable` where nothing does. */
  readonly sandboxBackend: () => LinuxBackend;
  /** What runs commands whose profile is disabled or enforced by someone else. */
  readonly plainBackend: () => PlainBackend;
}

/**
 * Opens this machine. Looks at little: what a command needs is read when it is needed.
 *
 * @param environment - this process's, or what is to be taken for it.
 * @param options - for the backend.
 */
export function openMachine(
  environment: Readonly<Record<string, string | undefined>>,
  options: BackendOptions,
): Machine {
  const facts = readHostFacts(environment);
  let profiles: ReadonlyMap<string, string> | undefined;
  let backend: LinuxBackend | undefined;
  let plain: PlainBackend | undefined;
  return {
    facts,
    environment,
    builtinProfiles: () => (profiles ??= readBuiltinProfiles(joinPath(packageRoot(), 'profiles'))),
    knownProfiles: new Map(),
    bindings: new Bindings(),
    sandboxBackend: () => (backend ??= openBackend(facts, options)),
    plainBackend: () => (plain ??= new PlainBackend(facts)),
  };
}

function openBackend(facts: HostFacts, options: BackendOptions): LinuxBackend {
  if (facts.platform === 'linux') return new LinuxBackend(facts, options);
  throw new CordonError('backend-unavailable', `Cannot sandbox on ${facts.platform} yet`, {
    details: { platform: facts.platform },
  });
}
