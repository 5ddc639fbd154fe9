/**
 * Works around node-pty 1.1.0: the master it opens lacks FD_CLOEXEC (openpty(3) has no way to ask for it), and Node
 * has no fcntl(2) to add it. Every process started while a terminal is open would inherit the terminal's master: it
 * could type into it, and the terminal would not hang up while that process lives. So each process that this room
 * starts gets /dev/null under the master's number instead. May go when node-pty opens masters with O_CLOEXEC.
 *
 * The map mirrors a part of this process's descriptor table, which is as global as it is.
 */
const standIns = new Map<number, number>();

/** What a child may get as one of its descriptors. */
export type StdioEntry = 'pipe' | 'ignore' | 'ipc' | number;

/** All descriptors of a child, from 0. */
export type StdioList = [StdioEntry, StdioEntry, StdioEntry, ...StdioEntry[]];

/**
 * Notes a master that children must not inherit.
 *
 * @param masterFd - the master.
 * @param nullFd - a descriptor of /dev/null, open as long as the master is.
 */
export function withholdMaster(masterFd: number, nullFd: number): void {
  standIns.set(masterFd, nullFd);
}

/** Forgets a master that has been closed. */
export function forgetMaster(masterFd: number): void {
  standIns.delete(masterFd);
}

/**
 * Completes a child's descriptors so that it inherits no terminal's master.
 *
 * @param stdio - the descriptors it is to have, from 0.
 * @returns the same, with stand-ins behind them.
 */
export function withoutMasters(stdio: Readonly<StdioList>): StdioList {
  const complete: StdioList = [...stdio];
  for (const [master, standIn] of standIns) {
    /* A number that the child is given anyway does not reach the master. */
    if (master < stdio.length) continue;
    /* "ignore" above 2 leaves a descriptor as it is: closed at exec, as all but masters are. */
    while (complete.length <= master) complete.push('ignore');
    complete[master] = standIn;
  }
  return complete;
}
