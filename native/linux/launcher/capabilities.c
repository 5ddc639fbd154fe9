#define _GNU_SOURCE
#include "capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys.h"

static const char *const NAMES[] = {
    "chown",          "dac_override",     "dac_read_search", "fowner",        "fsetid",
    "kill",           "setgid",           "setuid",          "setpcap",       "linux_immutable",
    "net_bind_service", "net_broadcast",  "net_admin",       "net_raw",       "ipc_lock",
    "ipc_owner",      "sys_module",       "sys_rawio",       "sys_chroot",    "sys_ptrace",
    "sys_pacct",      "sys_admin",        "sys_boot",        "sys_nice",      "sys_resource",
    "sys_time",       "sys_tty_config",   "mknod",           "lease",         "audit_write",
    "audit_control",  "setfcap",          "mac_override",    "mac_admin",     "syslog",
    "wake_alarm",     "block_suspend",    "audit_read",      "perfmon",       "bpf",
    "checkpoint_restore",
};

enum { NAME_COUNT = sizeof NAMES / sizeof *NAMES };

uint64_t capability_bits(const char *name) {
  if (strcasecmp(name, "ALL") == 0) return ~UINT64_C(0);
  if (strncasecmp(name, "CAP_", 4) != 0) return 0;
  for (unsigned i = 0; i < NAME_COUNT; i++)
    if (strcasecmp(name + 4, NAMES[i]) == 0) return UINT64_C(1) << i;
  return 0;
}

/* The kernel may know more of them than we do: EINVAL tells the first that it does not know. */
static void bound(uint64_t kept) {
  for (unsigned long capability = 0; capability < 64; capability++) {
    if ((kept >> capability & 1) != 0) continue;
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
    if (errno == EINVAL) return;
    if (errno != EPERM) die("drop a capability");
    /* Without CAP_SETPCAP, as a process that has none at all: there is nothing to drop. */
    return;
  }
}

void keep_capabilities(uint64_t kept) {
  bound(kept);
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct now[2], data[2];
  if (syscall(SYS_capget, &header, now) != 0) die("capget");
  for (int half = 0; half < 2; half++) {
    unsigned bits = (unsigned)(kept >> (32 * half)) & now[half].permitted;
    data[half] = (struct __user_cap_data_struct){.effective = bits, .permitted = bits, .inheritable = bits};
  }
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL) die("clear ambient capabilities");
  if (syscall(SYS_capset, &header, data) != 0) die("capset");
  for (unsigned long capability = 0; kept != 0 && capability < 64; capability++)
    if (((uint64_t)(data[capability / 32].permitted) >> (capability % 32) & 1) != 0 &&
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0)
      die("raise an ambient capability");
}
