#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capabilities.h"
#include "checks.h"
#include "command.h"
#include "errors.h"
#include "lifeline.h"
#include "listeners.h"
#include "namespaces.h"
#include "network.h"
#include "operations.h"
#include "process-1.h"
#include "report.h"
#include "request.h"
#include "root.h"
#include "sys.h"
#include "terminal.h"
#include "wall.h"
#include "watched.h"

static void die_with_starter(const struct setup *setup, const struct launch *launch) {
  if (setup->dies_with_parent) die_with_holder_of(launch->report_fd);
}

static void settle_in_namespaces(const struct setup *setup, const struct launch *launch) {
  if ((launch->made & CLONE_NEWUSER) != 0) settle_in_user_namespace(setup, launch->caller);
  if ((launch->made & CLONE_NEWNET) != 0) bring_loopback_up();
  open_listeners(setup, launch->report_fd);
  if (setup->hostname != NULL && sethostname(setup->hostname, strlen(setup->hostname)) != 0)
    die_at(FAILED_HOSTNAME, setup->hostname);
}

/* While the host's root is still this process's. */
static void check_mounts(const struct root *root, const struct launch *launch) {
  const struct handed *handed = launch->handed;
  if (handed == NULL) return;
  int host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (host < 0) die("open /");
  int failed = run_checks(handed->checks, handed->checks_length, root->top, host);
  if (close(host) != 0) die("close");
  if (failed == CHECKS_HOLD) return;
  send_report(launch->report_fd, REPORT_MISMATCH, failed);
  _exit(EXIT_FAILED);
}

static void make_root(const struct setup *setup, const struct launch *launch) {
  const struct namespaces *namespaces = &setup->namespaces;
  struct root root = begin_root((namespaces->plain & CLONE_NEWPID) == 0 && namespaces->pid_fd == NONE);
  carry_out(&root, setup->operations, setup->operation_count);
  check_mounts(&root, launch);
  enter_root(&root);
  finish_user_namespaces(setup, root.proc);
  if (close(root.proc) != 0) die("close");
}

/* Mounts on what had to be made for this command alone. */
static void make_late_mounts(const struct setup *late) {
  struct root root = inside_root();
  carry_out(&root, late->operations, late->operation_count);
  if (close(root.top) != 0) die("close");
}

/* Of a sandbox that was prepared, what the command itself brings. */
static void await_command(struct setup *setup, const struct launch *launch) {
  if (launch->handed == NULL || launch->handed->command_fd == NONE) return;
  send_report(launch->report_fd, REPORT_PREPARED, 0);
  struct setup late = receive_command(launch->handed->command_fd);
  make_late_mounts(&late);
  setup->environment = late.environment;
  setup->command = late.command;
  setup->argv0 = late.argv0;
  setup->chdir = late.chdir;
}

/* One byte, or the end of the file. */
static void wait_for_go(int block_fd) {
  char byte;
  if (block_fd != NONE) read_full(block_fd, &byte, sizeof byte);
}

/* Ids that a mapping alone did not give: in a user namespace that was joined, or mapped by somebody else.
 * Capabilities are kept for the moment; they are dropped right after. */
static void take_ids(const struct setup *setup) {
  if (setup->namespaces.user_fd == NONE && setup->user_block_fd == NONE) return;
  if (prctl(PR_SET_KEEPCAPS, 1) != 0) die(FAILED_IDS);
  gid_t gid = (gid_t)setup->gid;
  uid_t uid = (uid_t)setup->uid;
  if (setup->gid != NONE && setresgid(gid, gid, gid) != 0) die(FAILED_IDS);
  if (setup->uid != NONE && setresuid(uid, uid, uid) != 0) die(FAILED_IDS);
}

static const char *caller_directory(char buffer[PATH_MAX]) {
  const char *found = getcwd(buffer, PATH_MAX);
  return found != NULL && *found == '/' ? found : NULL; /* "(unreachable)…": getcwd(3) */
}

static void take_programs(struct setup *setup, const struct launch *launch, struct start *start) {
  if (launch->handed == NULL) {
    start->programs = read_programs(setup->seccomp_fds, setup->seccomp_count);
    return;
  }
  start->programs = launch->handed->program;
  start->ends_with_command = true;
  setup->seccomp_count = 1;
}

void run_sandbox(struct setup *setup, const struct launch *launch) {
  die_with_starter(setup, launch);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) die("PR_SET_NO_NEW_PRIVS");
  if (is_told_of(setup) && !wait_to_go_on(launch->report_fd)) _exit(EXIT_FAILED);
  if (setup->terminal.path != NULL) take_terminal(&setup->terminal);
  struct start start = {.report_fd = launch->report_fd,
                        .handover = launch->handover,
                        .umask = umask(0),
                        .owner = launch->owner};
  char buffer[PATH_MAX];
  const char *directory = caller_directory(buffer);
  settle_in_namespaces(setup, launch);
  if (!setup->namespaces.none) make_root(setup, launch);
  hand_over_sockets(setup, launch->handover);
  start.wall_abi = wall_abi(setup);
  start.wall = build_wall(setup);
  die_with_starter(setup, launch);
  await_command(setup, launch);
  wait_for_go(setup->block_fd);
  take_programs(setup, launch, &start);
  if (setup->has_new_session && setsid() < 0) die("setsid");
  take_ids(setup);
  drop_capabilities(setup, launch->held);
  change_directory(setup, directory);
  die_with_starter(setup, launch);
  if (needs_process_1(setup)) serve_as_process_1(setup, &start);
  execute(setup, &start);
}
