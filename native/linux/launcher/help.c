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
    "The command\n"
    "  --chdir DIR  --setenv NAME VALUE  --unsetenv NAME  --clearenv  --argv0 TEXT\n"
    "  --new-session  --die-with-parent  --as-pid-1  --cap-add CAP  --cap-drop CAP\n"
    "  --seccomp FD  --add-seccomp-fd FD\n"
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
    "  - What --cap-drop takes is taken from the bounding set as well.\n"
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
