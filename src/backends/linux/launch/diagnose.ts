import { type ErrorCode } from '../../../errors/codes.js';
import { CordonError } from '../../../errors/cordon-error.js';

/** What a diagnosis needs to know of the machine. */
export interface DiagnosisFacts {
  readonly isWsl1: boolean;
  /** Whether AppArmor restricts user namespaces (Ubuntu). */
  readonly apparmorRestricts: boolean;
}

/** What a launcher says, and what it means; the first row that matches counts. Texts of bubblewrap 0.4 to 0.11, and of ours. */
const SENTENCES: readonly { readonly pattern: RegExp; readonly code: ErrorCode }[] = [
  { pattern: /unknown option/iu, code: 'launcher-too-old' },
  {
    pattern: /cordon-launcher: make the Landlock domain: Landlock|cordon-\w+: enter a domain for signals/iu,
    code: 'landlock-unavailable',
  },
  { pattern: /can't mount proc|cordon-launcher: mount proc on/iu, code: 'proc-masked' },
  { pattern: /cordon-launcher: listen on port/iu, code: 'listener-unavailable' },
  {
    pattern:
      /setting up uid map|setting up gid map|loopback: failed|map ids in the new user namespace|bring up the loopback/iu,
    code: 'user-namespaces-forbidden',
  },
  {
    pattern:
      /cordon-launcher: create namespaces|no permissions to creat\w* new namespace|creating new namespace failed|kernel does not support user namespaces|unprivileged user namespaces/iu,
    code: 'user-namespaces-forbidden',
  },
];

/**
 * Names why bubblewrap did not set up a sandbox.
 *
 * @param said - its message.
 * @param facts - of this machine.
 * @param fallback - the code when the message is of no known kind.
 */
export function diagnoseSetupFailure(said: string, facts: DiagnosisFacts, fallback: ErrorCode): CordonError {
  const found = SENTENCES.find(({ pattern }) => pattern.test(said))?.code ?? fallback;
  return new CordonError(
    refine(found, facts),
    `The sandbox cannot be set up: ${said === '' ? 'no message' : said}`,
    {
      details: { launcherSaid: said },
    },
  );
}

function refine(code: ErrorCode, facts: DiagnosisFacts): ErrorCode {
  if (code === 'launcher-too-old' || code === 'landlock-unavailable') return code;
  if (facts.isWsl1) return 'wsl1';
  return code === 'user-namespaces-forbidden' && facts.apparmorRestricts
    ? 'apparmor-forbids-user-namespaces'
    : code;
}
