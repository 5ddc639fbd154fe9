#define _GNU_SOURCE
#include "values.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <strings.h>

/* In the order of their numbers. */
static const char *const CAPABILITIES[] = {
    "chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap",
    "linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner",
    "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice",
    "sys_resource", "sys_time", "sys_tty_config", "mknod", "lease", "audit_write", "audit_control", "setfcap",
    "mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf",
    "checkpoint_restore",
};

/* strtoull(3) takes space and signs before the number; options do not. */
static bool parse_number(const char *text, int base, uint64_t limit, uint64_t *number) {
  if (*text < '0' || *text > '9') return false;
  char *end = NULL;
  errno = 0;
  unsigned long long value = strtoull(text, &end, base);
  if (errno != 0 || *end != '\0' || value > limit) return false;
  *number = value;
  return true;
}

bool parse_port(const char *text, uint16_t *port) {
  uint64_t number;
  if (!parse_number(text, 10, UINT16_MAX, &number)) return false;
  *port = (uint16_t)number;
  return true;
}

bool parse_file_number(const char *text, uint64_t *number) { return parse_number(text, 10, UINT64_MAX, number); }

bool parse_descriptor(const char *text, int *fd) {
  uint64_t number;
  if (!parse_number(text, 10, INT_MAX, &number)) return false;
  *fd = (int)number;
  return true;
}

bool parse_id(const char *text, int64_t *id) {
  uint64_t number;
  if (!parse_number(text, 10, UINT32_MAX - 1, &number)) return false;
  *id = (int64_t)number;
  return true;
}

bool parse_size(const char *text, uint64_t *size) { return parse_number(text, 10, INT64_MAX, size) && *size > 0; }

bool parse_permissions(const char *text, mode_t *permissions) {
  uint64_t number;
  if (!parse_number(text, 8, 07777, &number)) return false;
  *permissions = (mode_t)number;
  return true;
}

bool parse_capability(const char *text, uint64_t *bits) {
  if (strcasecmp(text, "ALL") == 0) {
    *bits = UINT64_MAX;
    return true;
  }
  if (strncasecmp(text, "cap_", 4) != 0) return false;
  for (size_t i = 0; i < sizeof CAPABILITIES / sizeof *CAPABILITIES; i++) {
    if (strcasecmp(text + 4, CAPABILITIES[i]) != 0) continue;
    *bits = UINT64_C(1) << i;
    return true;
  }
  return false;
}
