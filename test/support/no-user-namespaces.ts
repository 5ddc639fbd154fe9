import { type Caller } from './caller.js';

/** The limit is that of the user namespace in which it is written (namespaces(7), /proc/sys/user). */
const FORBID = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"';

/**
 * A program that runs another where the kernel refuses user namespaces, as the same user and without capabilities of its own.
 *
 * @param caller - who runs it: root stays root, of a user namespace in which nobody can make another.
 */
export function withoutUserNamespaces({ uid }: Caller): readonly string[] {
  if (uid === 0) return ['unshare', '--user', '--map-root-user', '/bin/sh', '-c', FORBID, 'sh'];
  const drop = ['setpriv', '--ambient-caps', '-all', '--inh-caps', '-all'];
  return ['unshare', '--user', '--map-current-user', '--keep-caps', '/bin/sh', '-c', FORBID, 'sh', ...drop];
}
