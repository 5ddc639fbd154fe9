#define _GNU_SOURCE
#include "wall.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks.h"
#include "errors.h"
#include "landlock.h"
#include "signal-domain.h"
#include "sys.h"
#include "visible.h"

/* Before ABI 2 a domain refuses to rename or link anything into another directory, which breaks ordinary programs. */
enum { LEAST_ABI = 2 };

static bool wants_wall(const struct setup *setup) { return setup->wall_rule_count > 0; }

/* Without namespaces nobody else keeps signals in: a command could end every process of its user. */
static int least_abi(const struct setup *setup) { return setup->namespaces.none ? SIGNAL_DOMAIN_ABI : LEAST_ABI; }

int wall_abi(const struct setup *setup) {
  int abi = wants_wall(setup) ? landlock_abi() : 0;
  return abi < least_abi(setup) ? 0 : abi;
}

static uint64_t rights_of(enum wall_access access) {
  switch (access) {
    case WALL_LIST: return DIRECTORY_READ;
    case WALL_READ: return FILE_EXECUTE | FILE_READ | DIRECTORY_READ;
    case WALL_WRITE: break;
  }
  return UINT64_MAX;
}

static bool is_directory(int object) {
  struct stat status;
  if (fstat(object, &status) != 0) die("fstat");
  return S_ISDIR(status.st_mode);
}

/* The kernel takes no rule without a right. */
static int allow(int ruleset, int object, uint64_t rights) {
  if (!is_directory(object)) rights &= RIGHTS_OF_FILES;
  return rights == 0 ? 0 : allow_beneath(ruleset, object, rights);
}

struct building {
  int ruleset;
  uint64_t handled;
};

static void allow_visible(void *context, int object, const char *path, enum wall_access access) {
  const struct building *building = context;
  if (allow(building->ruleset, object, rights_of(access) & building->handled) != 0) die_at(FAILED_WALL, path);
}

/* A standard stream may be opened again, as /dev/stdout, as it is open already: a file to which the caller redirected it lies
 * wherever he likes. Pipes and sockets are in no directory, and no rule can be made about them (EBADFD). */
static void allow_stream(const struct building *building, int stream) {
  int mode = fcntl(stream, F_GETFL);
  if (mode < 0 || (mode & O_PATH) != 0) return;
  uint64_t rights = DEVICE_IOCTL;
  if ((mode & O_ACCMODE) != O_WRONLY) rights |= FILE_READ | DIRECTORY_READ;
  if ((mode & O_ACCMODE) != O_RDONLY) rights |= FILE_WRITE | FILE_TRUNCATE;
  if (allow(building->ruleset, stream, rights & building->handled) != 0 && errno != EBADFD)
    die_at(FAILED_WALL, "a standard stream");
}

/* With the network namespace gone, no rule for TCP stands for "none". */
static struct landlock_rights handled_by(const struct setup *setup, int abi) {
  struct landlock_rights handled = landlock_rights_of(abi);
  if (!setup->refuses_tcp) handled.network = 0;
  return handled;
}

int build_wall(const struct setup *setup) {
  int abi = wall_abi(setup);
  errno = EOPNOTSUPP;
  if (abi == 0 && setup->namespaces.none) die_at(FAILED_WALL, "Landlock with ABI 6");
  if (abi == 0) return NONE;
  struct landlock_rights handled = handled_by(setup, abi);
  struct building building = {.ruleset = make_ruleset(&handled), .handled = handled.files};
  if (building.ruleset < 0) die_at(FAILED_WALL, "a set of rules");
  for (size_t i = 0; i < setup->wall_rule_count; i++)
    visit_visible(setup, &setup->wall_rules[i], allow_visible, &building);
  for (int stream = 0; stream < 3; stream++) allow_stream(&building, stream);
  return building.ruleset;
}

int enter_wall(int wall) { return wall == NONE ? 0 : enter_domain(wall); }
