#include "help.h"

#include <stdio.h>

int print_version(void) { return puts("cordon-launcher 0.1.0") < 0; }

int print_help(void) {
  return fputs(
             "usage: cordon-launcher [OPTIONS...] [--] COMMAND [ARGS...]\n"
             "\n"
             "Enters a sandbox as bubblewrap does. Options, in the order in which they take effect, are bwrap(1)'s:\n"
             "\n"
             "  --args FD\n"
             "  --unshare-all --unshare-user[-try] --unshare-ipc --unshare-pid --unshare-net --unshare-uts\n"
             "  --unshare-cgroup[-try] --share-net --userns FD --userns2 FD --pidns FD\n"
             "  --disable-userns --assert-userns-disabled --uid UID --gid GID --hostname NAME\n"
             "  --[ro-|dev-]bind[-try] SOURCE DEST  --[ro-]bind-fd FD DEST  --[ro-]bind-data FD DEST  --file FD DEST\n"
             "  --tmpfs DEST  --proc DEST  --dev DEST  --mqueue DEST  --dir DEST  --symlink TEXT DEST\n"
             "  --perms OCTAL  --size BYTES  --chmod OCTAL PATH  --remount-ro DEST\n"
             "  --chdir DIR --setenv NAME VALUE --unsetenv NAME --clearenv --argv0 TEXT\n"
             "  --cap-add CAP --cap-drop CAP --seccomp FD --add-seccomp-fd FD\n"
             "  --new-session --die-with-parent --as-pid-1 --lock-file FILE --sync-fd FD\n"
             "  --block-fd FD --userns-block-fd FD --info-fd FD --json-status-fd FD\n"
             "  --version --help\n"
             "\n"
             "Different from bubblewrap: never set-user-id; no limit to the number of arguments; no SELinux labels; --level-prefix\n"
             "is taken and does nothing; messages are worded otherwise; --die-with-parent holds from the first moment on;\n"
             "the time grows with the number of mounts, not with its square. Needs Linux 5.12.\n"
             "\n"
             "  cordon-launcher --zygote    makes many sandboxes for the program that holds descriptor 3\n",
             stdout) < 0;
}
