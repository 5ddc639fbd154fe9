#define _GNU_SOURCE
#include "capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "errors.h"
#include "sys.h"

/* Bits 0 to 31 of each set come first, then 32 to 63 (capget(2)). */
struct capability_sets {
  struct __user_cap_data_struct halves[2];
};

static struct capability_sets get_sets(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct capability_sets sets = {0};
  if (syscall(SYS_capget, &header, sets.halves) != 0) die_at(FAILED_CAPABILITIES, "capget");
  return sets;
}

static uint64_t permitted_in(const struct capability_sets *sets) {
  return (uint64_t)sets->halves[1].permitted << 32 | sets->halves[0].permitted;
}

uint64_t effective_capabilities(void) {
  struct capability_sets sets = get_sets();
  return (uint64_t)sets.halves[1].effective << 32 | sets.halves[0].effective;
}

static bool holds(uint64_t set, int capability) { return (set >> capability & 1) != 0; }

bool has_capability_to_mount(void) { return holds(effective_capabilities(), CAP_SYS_ADMIN); }

/* What is in no set, and in no bounding set, no program can give back. Needs CAP_SETPCAP, so it comes first. */
static void drop_bounding(uint64_t kept, uint64_t permitted) {
  for (int capability = 0; capability < 64; capability++) {
    int is_held = prctl(PR_CAPBSET_READ, capability);
    if (is_held < 0) break; /* the kernel knows no more */
    if (is_held == 0 || holds(kept, capability)) continue;
    if (prctl(PR_CAPBSET_DROP, capability) != 0 && holds(permitted, CAP_SETPCAP))
      die_at(FAILED_CAPABILITIES, "bounding");
  }
}

/* What is to be made ambient has to be inheritable. */
static void set_all(uint64_t kept, uint64_t inheritable) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct capability_sets sets;
  for (int half = 0; half < 2; half++) {
    uint32_t bits = (uint32_t)(kept >> (32 * half));
    sets.halves[half] = (struct __user_cap_data_struct){
        .effective = bits, .permitted = bits, .inheritable = (uint32_t)(inheritable >> (32 * half))};
  }
  if (syscall(SYS_capset, &header, sets.halves) != 0) die_at(FAILED_CAPABILITIES, "capset");
}

/* execve(2) takes from who is not root everything that is not ambient. */
static void make_ambient(uint64_t kept) {
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL)
    die_at(FAILED_CAPABILITIES, "ambient");
  for (int capability = 0; capability < 64; capability++)
    if (holds(kept, capability) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0)
      die_at(FAILED_CAPABILITIES, "ambient");
}

void drop_capabilities(const struct setup *setup, uint64_t held) {
  const struct capability_wish *wish = &setup->capabilities;
  struct capability_sets sets = get_sets();
  uint64_t permitted = permitted_in(&sets);
  uint64_t kept = (((setup->caller_is_root ? held : 0) & ~wish->taken) | wish->given) & permitted;
  /* Root stays as he is, as with bubblewrap. */
  bool is_as_before = setup->caller_is_root && wish->given == 0 && wish->taken == 0;
  if (is_as_before && kept == permitted) return;
  drop_bounding(kept, permitted);
  uint64_t ambient = is_as_before ? 0 : kept;
  set_all(kept, ambient);
  make_ambient(ambient);
}

void drop_all_capabilities(void) {
  set_all(0, 0);
  make_ambient(0);
}
