import { describe, expect, it } from 'vitest';
import { parseAbsolutePath } from '../../../src/paths/absolute-path.js';
import { classify, summaries } from './world.js';

/** What programs print when the sandbox refuses them, as taken from runs in one; only the paths are those of these tests. */
const REFUSED_WRITES: readonly (readonly [program: string, output: string, denials: readonly string[]])[] = [
  ['bash', 'bash: line 1: /etc/x: Read-only file system', ['write /etc/x']],
  ['bash, relative', 'bash: line 1: sub/x: Read-only file system', ['write /ro/sub/x']],
  ['bash, a space', 'bash: line 1: /etc/with space: Read-only file system', ['write /etc/with space']],
  ['dash', 'dash: 1: cannot create /etc/x: Read-only file system', ['write /etc/x']],
  ['sh', '/bin/sh: 1: cannot create out: Read-only file system', ['write /ro/out']],
  ['zsh', 'zsh:1: read-only file system: /etc/x', ['write /etc/x']],
  ['touch', "touch: cannot touch '/etc/x': Read-only file system", ['write /etc/x']],
  [
    'touch, an apostrophe',
    'touch: cannot touch "it\'s a name": Read-only file system',
    ["write /ro/it's a name"],
  ],
  ['mkdir', 'mkdir: cannot create directory ‘/etc/a:b’: Read-only file system', ['write /etc/a:b']],
  ['mkdir -p', 'mkdir: cannot create directory ‘a’: Read-only file system', ['write /ro/a']],
  ['rm', "rm: cannot remove 'f': Read-only file system", ['write /ro/f']],
  ['rmdir', "rmdir: failed to remove 'sub': Read-only file system", ['write /ro/sub']],
  ['mv', "mv: cannot move 'f' to 'g': Read-only file system", ['write /ro/f', 'write /ro/g']],
  ['mv out', "mv: cannot move '/ws/f' to '/etc/f': Read-only file system", ['write /etc/f']],
  ['cp', "cp: cannot create regular file '/etc/f': Read-only file system", ['write /etc/f']],
  ['ln', "ln: failed to create symbolic link 'b': Read-only file system", ['write /ro/b']],
  ['chmod', "chmod: changing permissions of 'f': Read-only file system", ['write /ro/f']],
  ['dd', "dd: failed to open 'g': Read-only file system", ['write /ro/g']],
  ['tee', 'tee: g: Read-only file system', ['write /ro/g']],
  ['truncate', "truncate: cannot open 'f' for writing: Read-only file system", ['write /ro/f']],
  ['sed', "sed: couldn't open temporary file ./sedVGv4ZL: Read-only file system", ['write /ro/sedVGv4ZL']],
  ['tar', 'tar: x.tar: Cannot open: Read-only file system', ['write /ro/x.tar']],
  ['sort', 'sort: open failed: g: Read-only file system', ['write /ro/g']],
  [
    'patch',
    "patch: **** Can't create temporary file /etc/ppCylGYz : Read-only file system",
    ['write /etc/ppCylGYz'],
  ],
  ['gcc', 'Cannot create temporary file in ./: Read-only file system', ['write /ro']],
  ['ld', '/usr/bin/ld: cannot open output file /etc/x: Read-only file system', ['write /etc/x']],
  [
    'rustc',
    'error: couldn\'t create a temp dir: Read-only file system (os error 30) at path "/ro/rmetac1"',
    ['write /ro/rmetac1'],
  ],
  [
    'javac',
    '/ws/A.java:1: error: error while writing A: /etc/A.class: Read-only file system',
    ['write /etc/A.class'],
  ],
  ['curl', 'Warning: Failed to open the file out: Read-only file system', ['write /ro/out']],
  ['ssh-keygen', 'Saving key "/etc/key" failed: Read-only file system', ['write /etc/key']],
  [
    'apt',
    'E: Unable to mkstemp /etc/clear.m9QkMl - GetTempFile (30: Read-only file system)',
    ['write /etc/clear.m9QkMl'],
  ],
  ['perl', 'cannot open /etc/x: Read-only file system at -e line 1.', ['write /etc/x']],
  ['git clone', "fatal: could not create work tree dir 'r2': Read-only file system", ['write /ro/r2']],
  [
    'git config',
    'error: could not lock config file .git/config: Read-only file system',
    ['write /ro/.git/config'],
  ],
  [
    'git add',
    "fatal: Unable to create '/ws/.git/index.lock': Read-only file system",
    ['write /ws/.git/index.lock'],
  ],
  ['git init', '/ro/sub/.git: Read-only file system', ['write /ro/sub/.git']],
  [
    'git init with templates',
    "fatal: cannot copy '/usr/share/git-core/templates/description' to '/ro/.git/description': Read-only file system",
    ['write /ro/.git/description'],
  ],
  ['python', "OSError: [Errno 30] Read-only file system: '/etc/x'", ['write /etc/x']],
  ['python rename', "OSError: [Errno 30] Read-only file system: 'f' -> 'g'", ['write /ro/f', 'write /ro/g']],
  ['node', "Error: EROFS: read-only file system, open '/etc/x'", ['write /etc/x']],
  ['node rename', "Error: EROFS: read-only file system, rename 'f' -> 'g'", ['write /ro/f', 'write /ro/g']],
  ['node copy', "Error: EROFS: read-only file system, copyfile 'f' -> 'g'", ['write /ro/g']],
  ['node link', "Error: EROFS: read-only file system, symlink 'f' -> 'g'", ['write /ro/g']],
  ['go', 'open /etc/x: read-only file system', ['write /etc/x']],
  ['go rename', 'rename /ro/f /etc/g: read-only file system', ['write /ro/f', 'write /etc/g']],
  ['java', 'java.io.FileNotFoundException: /etc/x (Read-only file system)', ['write /etc/x']],
  ['npm', "npm error rofs EROFS: read-only file system, open '/ro/package.json'", ['write /ro/package.json']],
  [
    'npm, several lines',
    'npm error code EROFS\nnpm error syscall mkdir\nnpm error path /usr/lib/x\nnpm error errno -30',
    ['write /usr/lib/x'],
  ],
  [
    'cargo',
    'error: failed to write /ro/Cargo.lock\n\nCaused by:\n  failed to open: /ro/Cargo.lock\n\nCaused by:\n  Read-only file system (os error 30)',
    ['write /ro/Cargo.lock'],
  ],
  [
    'mkdir in a hidden directory',
    'mkdir: cannot create directory ‘/secret/d’: Permission denied',
    ['write /secret/d'],
  ],
  ['rm of a mount', "rm: cannot remove '/ws/frozen': Device or resource busy", ['write /ws/frozen']],
  [
    'mv of protected metadata',
    "mv: cannot move '/ws/.git' to '/ws/old': Device or resource busy",
    ['write /ws/.git'],
  ],
  ['rm of what a glob masks', "rm: cannot remove '/ws/a.env': Device or resource busy", ['write /ws/a.env']],
  [
    'node rename of a mount',
    "Error: EBUSY: resource busy or locked, rename '/ws/frozen' -> '/ws/p2'",
    ['write /ws/frozen'],
  ],
  [
    'python rmdir of a mount',
    "OSError: [Errno 16] Device or resource busy: '/ws/frozen'",
    ['write /ws/frozen'],
  ],
  [
    'chmod where all is EPERM',
    "chmod: changing permissions of '/etc/hosts': Operation not permitted",
    ['write /etc/hosts'],
  ],
  ['another language', "OSError: [Errno 30] Dateisystem ist nur lesbar: '/etc/x'", ['write /etc/x']],
  ['colours', "\u001b[31mtouch: cannot touch '/etc/x': Read-only file system\u001b[0m", ['write /etc/x']],
  ['after a progress bar', '  0  3  0\rbash: line 1: /etc/x: Read-only file system', ['write /etc/x']],
];

const REFUSED_READS: readonly (readonly [program: string, output: string, denials: readonly string[]])[] = [
  ['cat', 'cat: /secret/key: Permission denied', ['read /secret/key']],
  ['bash', 'bash: line 1: /secret/key: Permission denied', ['read /secret/key']],
  ['bash cd', 'bash: line 1: cd: /secret: Permission denied', ['read /secret']],
  ['dash', 'dash: 1: cannot open /secret/key: Permission denied', ['read /secret/key']],
  ['dash cd', "dash: 1: cd: can't cd to /secret", ['read /secret']],
  ['ls', "ls: cannot open directory '/secret': Permission denied", ['read /secret']],
  ['ls -l', "ls: cannot access '/secret/a': Permission denied", ['read /secret/a']],
  ['head', "head: cannot open '/secret/key' for reading: Permission denied", ['read /secret/key']],
  ['cp', "cp: cannot open '/secret/key' for reading: Permission denied", ['read /secret/key']],
  ['find', 'find: ‘/secret’: Permission denied', ['read /secret']],
  ['tar', 'tar: /secret/key: Cannot open: Permission denied', ['read /secret/key']],
  ['make', 'make: *** /secret: Permission denied.  Stop.', ['read /secret']],
  ['env', 'env: ‘/secret/key’: Permission denied', ['read /secret/key']],
  ['perl', 'Can\'t open perl script "/secret/key": Permission denied', ['read /secret/key']],
  ['git', "fatal: cannot change to '/secret': Permission denied", ['read /secret']],
  ['python', "PermissionError: [Errno 13] Permission denied: '/secret/key'", ['read /secret/key']],
  [
    'python script',
    "/usr/bin/python3: can't open file '/secret/key': [Errno 13] Permission denied",
    ['read /secret/key'],
  ],
  [
    'pip',
    "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/secret/key'",
    ['read /secret/key'],
  ],
  ['node', "Error: EACCES: permission denied, open '/secret/key'", ['read /secret/key']],
  ['node readdir', "Error: EACCES: permission denied, scandir '/secret'", ['read /secret']],
  ['node spawn', 'Error: spawnSync /secret/key EACCES', ['read /secret/key']],
  [
    'node copy',
    "Error: EACCES: permission denied, copyfile '/secret/key' -> '/ws/key'",
    ['read /secret/key'],
  ],
  ['node module', "Error: Cannot find module '/secret/key'", ['read /secret/key']],
  ['go', 'open /secret/key: permission denied', ['read /secret/key']],
  ['go exec', 'fork/exec /secret/key: permission denied', ['read /secret/key']],
  ['java', 'java.nio.file.AccessDeniedException: /secret/key', ['read /secret/key']],
  ['java -jar', 'Error: Unable to access jarfile /secret/key', ['read /secret/key']],
  ['what EPERM answers', 'cat: /secret/key: Operation not permitted', ['read /secret/key']],
  ['EPERM without a verb', 'bash: /etc/hosts: Operation not permitted', ['write /etc/hosts']],
  ['a hidden directory', "ls: cannot access '/run/state': No such file or directory", ['read /run/state']],
];

const REFUSED_SOCKETS: readonly (readonly [program: string, output: string, denials: readonly string[]])[] = [
  [
    'docker',
    'Cannot connect to the Docker daemon at unix:///run/docker.sock. Is the docker daemon running?',
    ['socket /run/docker.sock'],
  ],
  [
    'docker client',
    'failed to connect: dial unix /run/docker.sock: connect: no such file or directory',
    ['socket /run/docker.sock'],
  ],
  [
    'psql',
    'psql: error: connection to server on socket "/run/pg/.s.PGSQL.5432" failed: No such file or directory',
    ['socket /run/pg/.s.PGSQL.5432'],
  ],
  ['node', 'Error: connect ENOENT /run/docker.sock', ['socket /run/docker.sock']],
  ['a masked socket', 'Error: connect EACCES /opt/masked.sock', ['socket /opt/masked.sock']],
];

/** Failures for the command's own reasons, beside the refusals that they resemble. */
const NOT_REFUSED: readonly (readonly [what: string, output: string])[] = [
  ['a missing file', "ls: cannot access '/nonexistent': No such file or directory"],
  ['a missing file in a hidden directory', "ls: cannot access '/run/nothing': No such file or directory"],
  ['a missing file in a read-only directory', 'cat: missing: No such file or directory'],
  ['no path', 'expected: permission denied'],
  ['no path but a test', '  ✗ says permission denied (3 ms)'],
  ['a quoted errno text', "AssertionError: expected 'Read-only file system' to equal 'ok'"],
  ['an errno code in a dump of an error', "  code: 'EROFS',\n  syscall: 'open',"],
  ['a name that is only a sentence', 'app: could not save: Permission denied'],
  ['an exception without a path', 'PermissionError: [Errno 13] Permission denied'],
  ['an error without a path', 'Error: EROFS: read-only file system'],
  ['a file that the mode protects', 'cat: /etc/shadow: Permission denied'],
  [
    'a file that the mode protects, in Python',
    "PermissionError: [Errno 13] Permission denied: '/etc/shadow'",
  ],
  ['a writable path', 'bash: line 1: /ws/f: Read-only file system'],
  ['a writable path that the mode protects', "touch: cannot touch '/ws/f': Permission denied"],
  ['a program without x bit', 'bash: line 1: /ws/f: Permission denied'],
  ['a busy device', "python3: [Errno 16] Device or resource busy: '/dev/video0'"],
  ['a busy file below a mount', "rm: cannot remove '/ws/frozen/sub': Device or resource busy"],
  ['another process', 'bash: line 1: kill: (1) - Operation not permitted'],
  ['a mount', 'mount: /etc: Operation not permitted'],
  ['credentials', 'E: setgroups 65534 failed - setgroups (1: Operation not permitted)'],
  ['a server that refuses', 'git@github.com: Permission denied (publickey).'],
  ['/proc, which is the command’s own', 'bash: line 1: /proc/sys/kernel/hostname: Read-only file system'],
  ['an unwritable link source', "mv: cannot move '/ws/f' to '/ws/g': Invalid cross-device link"],
  ['a socket that is allowed', 'Error: connect EACCES /opt/allowed.sock'],
  ['a visible socket without a listener', 'Error: connect ECONNREFUSED /opt/masked.sock'],
  ['a port without a listener', 'Error: connect ECONNREFUSED 127.0.0.1:9'],
  ['a name with control characters', "touch: cannot touch 'a'$'\\n''b': Read-only file system"],
  ['a NUL in a name', "touch: cannot touch 'a\0b': Read-only file system"],
  ['a URL', 'curl: "https://example.com/a": Permission denied'],
  ['nothing', ''],
];

describe('refused writes', () => {
  it.each(REFUSED_WRITES)('are read from what %s says', (_, output, expected) => {
    expect(summaries(classify(output))).toEqual(expected);
  });
});

describe('what would allow a refused write', () => {
  it.each([
    ['changing a file', "chmod: changing permissions of '/etc/hosts': Read-only file system", '/etc/hosts'],
    ['removing a file', "rm: cannot remove '/etc/hosts': Read-only file system", '/etc'],
    ['renaming a file', "OSError: [Errno 30] Read-only file system: '/etc/hosts' -> '/ws/g'", '/etc'],
    [
      'copying over a file',
      "Error: EROFS: read-only file system, copyfile '/ws/f' -> '/etc/hosts'",
      '/etc/hosts',
    ],
    ['removing what is mounted', "rm: cannot remove '/ws/frozen': Device or resource busy", undefined],
  ])('is write access to what %s changes', (_, output, value) => {
    const allowedBy = value === undefined ? undefined : { flag: '--allow-write', value };
    expect(classify(output)).toMatchObject([{ kind: 'file', operation: 'write', allowedBy }]);
  });
});

describe('refused reads', () => {
  it.each(REFUSED_READS)('are read from what %s says', (_, output, expected) => {
    expect(summaries(classify(output))).toEqual(expected);
  });
});

describe('refused sockets', () => {
  it.each(REFUSED_SOCKETS)('are read from what %s says', (_, output, expected) => {
    expect(summaries(classify(output))).toEqual(expected);
  });
});

describe('failures of the command’s own', () => {
  it.each(NOT_REFUSED)('are not called denied: %s', (_, output) => {
    expect(classify(output)).toEqual([]);
  });

  it('are told from refusals by the working directory that a relative name starts from', () => {
    const output = "touch: cannot touch 'x': Read-only file system";
    expect(classify(output, { cwd: parseAbsolutePath('/ws') })).toEqual([]);
    expect(summaries(classify(output, { cwd: parseAbsolutePath('/ws/frozen') }))).toEqual([
      'write /ws/frozen/x',
    ]);
  });
});
