/** Something that a sandbox of namespaces does and this one does not. */
export interface EnforcementGap {
  /** Permanent, for programs. */
  readonly name: 'metadata' | 'hidden-names' | 'host-proc' | 'device-nodes' | 'double-kill';
  /** In a sentence, for people. */
  readonly text: string;
}

/** What is weaker wherever Landlock alone holds a command. Content, writing, the network and signals are not. */
export const LANDLOCK_GAPS: readonly EnforcementGap[] = [
  {
    name: 'metadata',
    text: 'Of every path that the user could reach, the command can ask whether it exists, its size, times, owner and permissions, and where a link points.',
  },
  {
    name: 'host-proc',
    text: 'The /proc of this machine shows the names, arguments and state of other processes, connections and what the kernel tells of itself; not the environment, memory or files of others.',
  },
  {
    name: 'device-nodes',
    text: 'A device node that lies outside of /dev, where the profile lets the command read, can be read as far as the user may.',
  },
  {
    name: 'double-kill',
    text: 'Should somebody outside kill cordon-guard and the process above the command at one moment with SIGKILL, what the command left in the background runs on, confined as before.',
  },
];

/** The same where the root is readable. */
export const NAMES_GAP: EnforcementGap = {
  name: 'hidden-names',
  text: 'The names of files in directories that cordon hides by itself (/run, /dev, its own) can be listed; their content cannot be read.',
};
