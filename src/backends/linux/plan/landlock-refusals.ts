import { CordonError } from '../../../errors/cordon-error.js';
import { type AbsolutePath, parentPath } from '../../../paths/absolute-path.js';
import { quotePrintable } from '../../../paths/printable.js';
import { describeRule } from '../../../permissions/explain.js';
import { type Access } from '../../../permissions/profile.js';
import { type PathRule } from '../../../permissions/rules.js';

const OTHERWISE = 'or allow user namespaces on this machine ("sandbox-run doctor" says how)';

/**
 * A rule inside of a wider one.
 *
 * @param rule - the narrower.
 * @param above - what holds around it.
 */
export function cannotCloseInside(rule: PathRule, above: Access): CordonError {
  const wanted = rule.access === 'deny' ? 'hidden' : 'read-only';
  const around = above === 'write' ? 'writable' : 'readable';
  return refusal(`keep ${quotePrintable(rule.path)} ${wanted} inside of what is ${around}`, {
    details: { path: rule.path, access: rule.access, inside: parentPath(rule.path), insideAccess: above },
    because: describeRule(rule),
    hint: hintFor(rule),
  });
}

/**
 * A socket that the profile opens.
 *
 * @param socket - of the host.
 */
export function cannotConnect(socket: AbsolutePath): CordonError {
  return refusal(`open Unix socket ${quotePrintable(socket)} and no other`, {
    details: { path: socket },
    because: 'unix sockets',
    hint: `Run without the socket, ${OTHERWISE}.`,
  });
}

/**
 * A device beside the usual ones.
 *
 * @param device - its path.
 */
export function cannotOpenDevice(device: AbsolutePath): CordonError {
  return refusal(`open device ${quotePrintable(device)}: calls that control devices are refused`, {
    details: { path: device },
    because: 'devices',
    hint: `Run without the device, ${OTHERWISE}.`,
  });
}

/** The whole disk for writing. */
export function cannotOpenEverything(): CordonError {
  return refusal('keep kernel settings and devices closed where "/" is writable', {
    details: { path: '/', access: 'write' },
    because: '":root" = "write"',
    hint: `Name the directories to write instead of the root, ${OTHERWISE}.`,
  });
}

interface Reasons {
  readonly details: Readonly<Record<string, unknown>>;
  readonly because: string;
  readonly hint: string;
}

function refusal(what: string, { details, because, hint }: Reasons): CordonError {
  return new CordonError('landlock-cannot-express', `Landlock alone cannot ${what} (${because})`, {
    details: { ...details, rule: because },
    hint,
  });
}

function hintFor({ path, origin }: PathRule): string {
  if (origin.kind === 'protected-metadata')
    return `Let the profile write only in directories of everybody (":slash_tmp"), or make ${quotePrintable(path)} and open it by name ("write"), ${OTHERWISE}.`;
  return `List what may be opened beside ${quotePrintable(path)} instead of what holds it, ${OTHERWISE}.`;
}
