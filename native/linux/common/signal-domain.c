#define _GNU_SOURCE
#include "signal-domain.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "landlock.h"
#include "sys.h"

#define FAILED "enter a domain for signals: %s"

static bool has_proof;

static bool can_signal(pid_t pid) { return kill(pid, 0) == 0; }

static void enter(void) {
  struct landlock_rights scope = {.scopes = SCOPE_SIGNALS};
  int ruleset = make_ruleset(&scope);
  if (ruleset < 0) die_at(FAILED, "landlock_create_ruleset");
  if (enter_domain(ruleset) != 0) die_at(FAILED, "landlock_restrict_self");
  if (close(ruleset) != 0) die("close");
}

/* The parent is of the same user, so that nothing but the domain can refuse a signal to it. */
void enter_signal_domain(void) {
  errno = EOPNOTSUPP;
  if (landlock_abi() < SIGNAL_DOMAIN_ABI) die_at(FAILED, "Landlock");
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) die("PR_SET_CHILD_SUBREAPER");
  pid_t parent = getppid();
  if (parent <= 0 || !can_signal(parent)) die_at(FAILED, "signal the parent before");
  enter();
  bool is_refused = !can_signal(parent) && errno == EPERM && getppid() == parent;
  errno = EPROTO;
  if (!is_refused) die_at(FAILED, "signal the parent after");
  has_proof = true;
}

void end_signal_domain(void) {
  if (!has_proof) abort();
  do {
    if (kill(-1, SIGKILL) != 0 && errno != ESRCH && errno != EPERM) die("kill");
  } while (waitpid(-1, NULL, 0) > 0 || errno == EINTR);
}
