/** One row of the table of error codes. */
export interface ErrorCodeRow {
  /** When the code is used, in one sentence for the README. */
  readonly when: string;
  /** What to do about it, unless the place that throws knows better. */
  readonly hint: string;
}

/** Every code that cordon's errors carry. Codes are contract and never change; messages are not. */
export const ERROR_CODES = {
  'path-invalid': {
    when: 'A path is relative where an absolute one is needed, or holds NUL or "..".',
    hint: 'Give an absolute path.',
  },
  'uri-invalid': {
    when: 'A profile names a path by something that is not a local file: URI.',
    hint: 'Write the path as file:///absolute/path, percent-encoded.',
  },
  'glob-invalid': {
    when: 'A glob pattern cannot be compiled.',
    hint: 'Use *, **, ?, [abc] and {a,b}; extended globs are off.',
  },
  'profile-not-found': {
    when: 'No built-in or user profile has the name, or the file does not exist.',
    hint: 'Run "sandbox-run profiles list" to see the profiles.',
  },
  'profile-syntax': {
    when: 'A profile document is not TOML.',
    hint: 'Mend the line that the message names.',
  },
  'profile-invalid': {
    when: 'A profile or permission object has a wrong key, type or value.',
    hint: 'Mend the place that the message names; "sandbox-run profiles check FILE" checks again.',
  },
  'profile-cycle': {
    when: 'Profiles extend each other in a circle.',
    hint: 'Take one of the "extends" keys out.',
  },
  'profile-in-workspace': {
    when: 'A profile document lies inside a workspace root.',
    hint: 'Move it out, for example to ~/.config/cordon/profiles/: a workspace must not widen its own permissions.',
  },
  'overlay-widens-deny': {
    when: 'Additional permissions would open a path that the profile denies.',
    hint: 'Change the profile itself if the path is to be readable.',
  },
  'legacy-lossy': {
    when: 'A conversion between a profile and a legacy policy would lose something.',
    hint: 'Use the profile as it is; the legacy shape cannot say it.',
  },
  'usage-invalid': {
    when: 'The command line or an option of the library is wrong.',
    hint: 'Run "sandbox-run --help".',
  },
  'workspace-root-invalid': {
    when: 'A workspace root does not exist, is no directory, or is "/" without having been named.',
    hint: 'Name an existing directory with --workspace-root.',
  },
  'entry-path-missing': {
    when: 'An entry grants a path that does not exist.',
    hint: 'Create the path first, or take the entry out.',
  },
  'cwd-not-visible': {
    when: 'The working directory does not exist or the profile hides it.',
    hint: 'Choose a directory that the profile lets the command read, with --cwd.',
  },
  'protected-path-is-symlink': {
    when: 'A path that must be protected is a symbolic link in a directory that the command may write.',
    hint: 'Replace the link by what it points to, or allow writing to it by name.',
  },
  'bind-failed': {
    when: 'A path of the profile cannot be looked up.',
    hint: 'Check the path and its parents.',
  },
  'glob-scan-limit': {
    when: 'A deny glob covers more files or directories than can be searched or masked.',
    hint: 'Narrow the glob, deny the directory instead, or set glob_scan_max_depth.',
  },
  'private-directory-unavailable': {
    when: 'There is no place for the files cordon needs at run time.',
    hint: 'Set XDG_STATE_HOME to a directory of yours that the command may not write.',
  },
  'backend-unavailable': {
    when: 'This system has no sandbox that cordon can use yet.',
    hint: 'Run on Linux; macOS and Windows come later.',
  },
  'launcher-missing': {
    when: 'bubblewrap is not installed, or only inside a place that the command may write.',
    hint: 'Install the package "bubblewrap" (apt install bubblewrap, dnf install bubblewrap).',
  },
  'launcher-too-old': {
    when: 'The installed bubblewrap lacks an option that the plan needs.',
    hint: 'Install bubblewrap 0.5 or newer.',
  },
  'launcher-probe-failed': {
    when: 'bubblewrap is there but cannot make a sandbox, for a reason that has no code of its own.',
    hint: 'Run "sandbox-run doctor".',
  },
  'evidence-unavailable': {
    when: 'Exact evidence was asked for, and the launcher or the kernel cannot report calls.',
    hint: 'Use the launcher "builtin" or "zygote" on Linux 5.6 or newer, or the evidence "text".',
  },
  'user-namespaces-forbidden': {
    when: 'The kernel or a container refuses user namespaces.',
    hint: 'Allow them: sysctl user.max_user_namespaces (and kernel.unprivileged_userns_clone=1 on Debian kernels), or run the container with them.',
  },
  'apparmor-forbids-user-namespaces': {
    when: "Ubuntu's AppArmor rule refuses user namespaces to bubblewrap.",
    hint: 'Load an AppArmor profile for bwrap with "userns," or set sysctl kernel.apparmor_restrict_unprivileged_userns=0.',
  },
  'proc-masked': {
    when: 'A container masks parts of /proc, so that no new /proc can be mounted.',
    hint: 'Run the container with an unmasked /proc (docker: --security-opt systempaths=unconfined).',
  },
  'landlock-unavailable': {
    when: 'A command is to be held by Landlock alone, and the kernel has none, or one before ABI 6 (Linux 6.12).',
    hint: 'Allow user namespaces, or use Linux 6.12 or newer with "landlock" among its security modules (lsm=).',
  },
  'landlock-cannot-express': {
    when: 'Landlock alone cannot enforce a rule of the profile, such as a closed path inside an open one.',
    hint: 'Allow user namespaces, or take the rule out that the message names.',
  },
  wsl1: {
    when: 'This is WSL 1, whose kernel has no namespaces.',
    hint: 'Convert the distribution: wsl --set-version NAME 2.',
  },
  'builtin-missing': {
    when: "cordon's own launcher was not built when the package was installed, and is needed.",
    hint: 'Install a C compiler (apt install gcc libc6-dev) and run "npm rebuild cordon", or install bubblewrap.',
  },
  'guard-missing': {
    when: "cordon's own native helper was not built when the package was installed.",
    hint: 'Install a C compiler and run "npm rebuild cordon" (in a checkout: "npm ci").',
  },
  'plan-too-large': {
    when: 'The sandbox needs more mounts or arguments than the launcher takes.',
    hint: 'Deny whole directories instead of many files.',
  },
  'mount-point-unavailable': {
    when: 'A missing path must be protected, but no mount point can be made there.',
    hint: 'Create the path, or take the entry out.',
  },
  'mount-point-foreign': {
    when: "An empty directory that another user's sandbox made stands where a path must be protected.",
    hint: 'Wait until that command has ended; if none runs, remove the empty directory.',
  },
  'setup-failed': {
    when: 'The launcher could not set the sandbox up; the command did not run.',
    hint: 'Run "sandbox-run doctor"; the details hold what the launcher said.',
  },
  'listener-unavailable': {
    when: 'A port inside the sandbox that this process is to answer at cannot be listened at.',
    hint: 'It takes launcher "builtin" or "zygote", a profile without network, and each port once.',
  },
  'launcher-died': {
    when: 'The process that makes sandboxes ended while a command ran; the command ended with it.',
    hint: 'Somebody killed it, or memory ran out; the next command starts a new one.',
  },
  'terminal-unavailable': {
    when: 'No pseudo-terminal can be made.',
    hint: 'Run with --no-tty, or install the optional package @lydell/node-pty.',
  },
  internal: {
    when: 'Something that cannot happen has happened: a defect of cordon.',
    hint: 'Report it with the message; nothing was run with more than its profile allows.',
  },
} as const satisfies Record<string, ErrorCodeRow>;

/** A permanent name of one kind of failure. */
export type ErrorCode = keyof typeof ERROR_CODES;
