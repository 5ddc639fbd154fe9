import { type NetworkAccess } from '../../../../permissions/profile.js';
import { type SeccompArchitecture } from './architecture.js';
import { type SeccompRule, seccompRulesFor } from './policy.js';
import { rulesWithoutNamespaces } from './without-namespaces.js';

/** Which program is wanted. */
export interface SeccompProgramOptions {
  readonly architecture: SeccompArchitecture;
  readonly network: NetworkAccess;
  /** Whether the filter has to do what namespaces and mounts do elsewhere. */
  readonly hasNoNamespaces?: boolean;
}

/**
 * The rows of a program, in the order in which they decide.
 *
 * @param options - those of the program.
 */
export function seccompRules({
  network,
  hasNoNamespaces = false,
}: SeccompProgramOptions): readonly SeccompRule[] {
  return [...(hasNoNamespaces ? rulesWithoutNamespaces(network) : []), ...seccompRulesFor(network)];
}
