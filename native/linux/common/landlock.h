/* Landlock (landlock(7), Documentation/userspace-api/landlock.rst): rights that a process takes from itself and all that come
 * from it. The numbers are the kernel's; <linux/landlock.h> of the build machine may be older than the kernel that is met. */
#ifndef CORDON_LANDLOCK_H
#define CORDON_LANDLOCK_H

#include <stdint.h>

/* LANDLOCK_ACCESS_FS_… */
enum file_right {
  FILE_EXECUTE = 1 << 0,
  FILE_WRITE = 1 << 1,
  FILE_READ = 1 << 2,
  DIRECTORY_READ = 1 << 3, /* list it */
  FILE_REFER = 1 << 13,    /* rename and link from one directory to another; ABI 2 */
  FILE_TRUNCATE = 1 << 14, /* ABI 3 */
  DEVICE_IOCTL = 1 << 15,  /* ABI 5 */
};

/* Rights that a rule about something else than a directory may hold. */
enum { RIGHTS_OF_FILES = FILE_EXECUTE | FILE_WRITE | FILE_READ | FILE_TRUNCATE | DEVICE_IOCTL };

/* LANDLOCK_SCOPE_… */
enum scope { SCOPE_ABSTRACT_SOCKETS = 1 << 0, SCOPE_SIGNALS = 1 << 1 };

/* struct landlock_ruleset_attr: what a domain decides. What is not in it stays as it is. */
struct landlock_rights {
  uint64_t files;
  uint64_t network;
  uint64_t scopes;
};

/* The kernel's version of Landlock; 0 where it has none, where it is switched off, or a filter refuses the call. */
int landlock_abi(void);

/* What one of that version can decide, of all that is known here. Asks nothing of the kernel. */
struct landlock_rights landlock_rights_of(int abi);

/* The three calls. They return -1 with errno set. A ruleset closes on exec. */
int make_ruleset(const struct landlock_rights *handled);
int allow_beneath(int ruleset, int object, uint64_t rights);
int enter_domain(int ruleset);

#endif
