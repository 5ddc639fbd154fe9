#define _GNU_SOURCE
#include "landlock.h"

#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The same on all architectures (scripts/syscall.tbl); older C libraries do not name them. */
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446 };

enum { ASK_FOR_VERSION = 1, PATH_BENEATH = 1 };

/* struct landlock_path_beneath_attr, which is packed as well. */
struct path_beneath {
  uint64_t rights;
  int32_t object;
} __attribute__((packed));

/* Each right that a version added, and the first version that has it. */
static const struct {
  int abi;
  struct landlock_rights rights;
} ADDED[] = {
    {1, {.files = FILE_REFER - 1}}, /* Linux 5.13: execute, write, read, list, remove and make */
    {2, {.files = FILE_REFER}},     /* 5.19 */
    {3, {.files = FILE_TRUNCATE}},  /* 6.2 */
    {4, {.network = 3}},            /* 6.7: bind and connect TCP sockets */
    {5, {.files = DEVICE_IOCTL}},   /* 6.10 */
    {6, {.scopes = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS}}, /* 6.12 */
};

struct landlock_rights landlock_rights_of(int abi) {
  struct landlock_rights all = {0};
  for (size_t i = 0; i < sizeof ADDED / sizeof *ADDED; i++) {
    if (ADDED[i].abi > abi) continue;
    all.files |= ADDED[i].rights.files;
    all.network |= ADDED[i].rights.network;
    all.scopes |= ADDED[i].rights.scopes;
  }
  return all;
}

int landlock_abi(void) {
  long abi = syscall(CREATE_RULESET, NULL, 0, ASK_FOR_VERSION);
#ifdef TEST_LANDLOCK_ABI
  if (abi > TEST_LANDLOCK_ABI) abi = TEST_LANDLOCK_ABI;
#endif
  return abi < 0 ? 0 : (int)abi;
}

/* Older kernels take the longer structure as long as what they do not know is zero. */
int make_ruleset(const struct landlock_rights *handled) {
  return (int)syscall(CREATE_RULESET, handled, sizeof *handled, 0);
}

int allow_beneath(int ruleset, int object, uint64_t rights) {
  struct path_beneath rule = {.rights = rights, .object = object};
  return (int)syscall(ADD_RULE, ruleset, PATH_BENEATH, &rule, 0);
}

int enter_domain(int ruleset) { return (int)syscall(RESTRICT_SELF, ruleset, 0); }
