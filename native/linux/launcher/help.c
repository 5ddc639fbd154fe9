#include "help.h"

#include <stdio.h>
#include <stdlib.h>

static const char OPTIONS[] =
    "Runs a command in a sandbox: a file system of its own, put together by the options below in\n"
    "their order, and namespaces of its own.\n"
    "\n"
    "Files and mounts; DEST is a path inside, missing directories on it are made\n"
    "  --bind, --ro-bind, --dev-bind SRC DEST     show the host's SRC at DEST; read-only; with devices\n"
    "  --bind-try, --ro-bind-try, --dev-bind-try  the same where SRC exists\n"
    "  --bind-fd, --ro-bind-fd FD DEST            show the open file or directory FD\n"
    "  --bind-data, --ro-bind-data FD DEST        show a file with what can be read from FD\n"
    "  --file FD DEST                             copy what can be read from FD\n"
    "  --dir, --tmpfs, --proc, --dev, --mqueue DEST\n"
    "  --symlink TEXT DEST                        --chmod OCTAL DEST       --remount-ro DEST\n"
    "  --perms OCTAL, --size BYTES                for the next option: permissions; size of a tmpfs\n"
    "Namespaces\n"
    "  --unshare-user, -ipc, -pid, -net, -uts, -cgroup, -all   --unshare-user-try, -cgroup-try\n"
    "  --share-net                                --userns FD  --userns2 FD  --pidns FD\n"
    "  --disable-userns  --assert-userns-disabled  --uid ID  --gid ID  --hostname NAME\n"
    "Listening sockets\n"
    "  --listen PORT         on the loopback of --unshare-net; 0 for any; may be repeated; and where it goes:\n"
    "  --listener-fd FD      to Node, over the channel FD that it shares with a child\n"
    "  --listener-dir DIR    to Unix sockets in DIR, to which each connection is connected on\n"
    "The command\n"
    "  --chdir DIR  --setenv NAME VALUE  --unsetenv NAME  --clearenv  --argv0 TEXT\n"
    "  --new-session  --die-with-parent  --as-pid-1  --cap-add CAP  --cap-drop CAP\n"
    "  --seccomp FD  --add-seccomp-fd FD\n"
    "  --terminal PATH DEVICE INODE   a terminal of the host, in a session of its own\n"
    "A Landlock domain, besides all else; where the kernel has none (ABI 2), there is none. Not of bubblewrap\n"
    "  --landlock-read, --landlock-write PATH     what the command may read and execute, or write as well\n"
    "  --landlock-list PATH                       directories that it may list\n"
    "  --landlock-hide PATH                       left out of --landlock-read of what holds it\n"
    "  --landlock-no-tcp                          no TCP, where the kernel can tell (ABI 4)\n"
    "  --landlock-abi                             print the kernel's version of Landlock; 0: none\n"
    "  --no-namespaces                            no namespaces and mounts; that domain alone (ABI 6, or it fails)\n"
    "Calls that a process outside of the sandbox is told of (not of bubblewrap)\n"
    "  --notify-sockets      connect(2): Unix sockets of the sandbox's own answer, none of the host's;\n"
    "                        Unix datagram sockets cannot be made\n"
    "  --allow-socket PATH   this socket of the host answers too\n"
    "  --notify-datagrams    datagram sockets can be made, and sending is carried out as well\n"
    "  --notify-changes      what the sandbox will not let the command change is reported; the kernel decides\n"
    "  --notify-fd FD        to FD, a pipe; see evidence.h\n"
    "Other programs\n"
    "  --args FD             more options, each ended by NUL\n"
    "  --info-fd FD          process id and namespaces, as JSON\n"
    "  --json-status-fd FD   the same, and the exit status at the end, one line each\n"
    "  --block-fd FD         start the command when FD can be read\n"
    "  --userns-block-fd FD  wait until somebody else has mapped ids, and FD can be read\n"
    "  --sync-fd FD, --lock-file FILE   keep open, or locked, while the sandbox runs\n"
    "  --help  --version  --level-prefix (does nothing)\n"
    "\n"
    "All other options are those of bubblewrap, bwrap(1). What differs:\n"
    "  - Mounts take no part in the host's propagation: what the host mounts later does not appear.\n"
    "  - DEST stays inside: links and \"..\" lead to what they would there; nothing is made behind a link to\n"
    "    nowhere. Directories on the way have 0755 unless --perms says less; --dir keeps set-id bits. A slash\n"
    "    at the end changes nothing for a directory. --remount-ro and --chmod make none.\n"
    "  - A source is looked up when its turn comes, and must not be empty.\n"
    "  - What is machine-wide in --proc is read-only for whom it belongs to, too. --mqueue has no programs.\n"
    "  - What --cap-drop takes is taken from the bounding set as well; --cap-add ALL adds what the caller has.\n"
    "  - Descriptors have to be open, and none that was named reaches the command. --lock-file is locked before\n"
    "    it starts. --as-pid-1 and --sync-fd exclude each other. --uid and --gid need a user namespace.\n"
    "  - PWD is where the command begins. --disable-userns may make its process the third instead of the second.\n"
    "  - Signals begin with their default actions, unblocked.\n"
    "  - Process 1 cannot be traced. --dev makes no second user namespace.\n"
    "  - --symlink is content with the same link. --args may hold any number of options, and nothing else.\n"
    "  - SELinux labels (--exec-label, --file-label) are refused.\n";

int print_help(const char *program) {
  printf("usage: %s [OPTION...] [--] COMMAND [ARGUMENT...]\n\n%s", program, OPTIONS);
  return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#ifndef CORDON_VERSION
#define CORDON_VERSION "unknown"
#endif

int print_version(const char *name) {
  printf("%s %s\n", name, CORDON_VERSION);
  return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int print_number(int number) {
  printf("%d\n", number);
  return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
