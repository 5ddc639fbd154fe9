#define _GNU_SOURCE
#include "changes.h"

#include <sys/syscall.h>

/* Newer than some C libraries; the same on every architecture that is supported. */
enum { FCHMODAT2 = 452, SETXATTRAT = 463, REMOVEXATTRAT = 466 };

#define HERE WORKING_DIRECTORY
#define NONE_ NO_ARGUMENT
#define NEW(directory, path) {directory, path, NOTHING_THERE, 0, 0, NONE_}
#define OLD(directory, path, follows, at_flags) {directory, path, SOMETHING, 0, follows, at_flags}
#define GONE(directory, path) {directory, path, SOMETHING, 1, 0, NONE_}
#define REPLACED(directory, path) {directory, path, ANYTHING, 0, 0, NONE_}
#define OPENED(directory, path) {directory, path, AS_OPENED, 0, 1, NONE_}
#define ONE(number, name, ...) {number, name, NONE_, 1, {__VA_ARGS__}}
#define TWO(number, name, ...) {number, name, NONE_, 2, {__VA_ARGS__}}
#define BY_FLAGS(number, name, flags, ...) {number, name, flags, 1, {__VA_ARGS__}}

/* Most frequent first: the program of the filter asks in this order. */
const struct change CHANGES[] = {
    BY_FLAGS(SYS_openat, "openat", 2, OPENED(0, 1)),
#ifdef SYS_open /* and other calls without a directory, which arm64 was never given */
    BY_FLAGS(SYS_open, "open", 1, OPENED(HERE, 0)),
    ONE(SYS_creat, "creat", OPENED(HERE, 0)),
    ONE(SYS_unlink, "unlink", GONE(HERE, 0)),
    ONE(SYS_rmdir, "rmdir", GONE(HERE, 0)),
    TWO(SYS_rename, "rename", GONE(HERE, 0), REPLACED(HERE, 1)),
    ONE(SYS_link, "link", NEW(HERE, 1)),
    ONE(SYS_symlink, "symlink", NEW(HERE, 1)),
    ONE(SYS_mkdir, "mkdir", NEW(HERE, 0)),
    ONE(SYS_mknod, "mknod", NEW(HERE, 0)),
    ONE(SYS_chmod, "chmod", OLD(HERE, 0, 1, NONE_)),
    ONE(SYS_chown, "chown", OLD(HERE, 0, 1, NONE_)),
    ONE(SYS_lchown, "lchown", OLD(HERE, 0, 0, NONE_)),
    ONE(SYS_utime, "utime", OLD(HERE, 0, 1, NONE_)),
    ONE(SYS_utimes, "utimes", OLD(HERE, 0, 1, NONE_)),
    ONE(SYS_futimesat, "futimesat", OLD(0, 1, 1, NONE_)),
#endif
#ifdef SYS_renameat
    TWO(SYS_renameat, "renameat", GONE(0, 1), REPLACED(2, 3)),
#endif
    ONE(SYS_unlinkat, "unlinkat", GONE(0, 1)),
    TWO(SYS_renameat2, "renameat2", GONE(0, 1), REPLACED(2, 3)),
    ONE(SYS_linkat, "linkat", NEW(2, 3)),
    ONE(SYS_symlinkat, "symlinkat", NEW(1, 2)),
    ONE(SYS_mkdirat, "mkdirat", NEW(0, 1)),
    ONE(SYS_mknodat, "mknodat", NEW(0, 1)),
    ONE(SYS_truncate, "truncate", OLD(HERE, 0, 1, NONE_)),
    ONE(SYS_fchmod, "fchmod", OLD(0, NONE_, 1, NONE_)),
    ONE(SYS_fchmodat, "fchmodat", OLD(0, 1, 1, NONE_)),
    ONE(FCHMODAT2, "fchmodat2", OLD(0, 1, 1, 3)),
    ONE(SYS_fchown, "fchown", OLD(0, NONE_, 1, NONE_)),
    ONE(SYS_fchownat, "fchownat", OLD(0, 1, 1, 4)),
    ONE(SYS_utimensat, "utimensat", OLD(0, 1, 1, 3)),
    ONE(SYS_setxattr, "setxattr", OLD(HERE, 0, 1, NONE_)),
    ONE(SYS_lsetxattr, "lsetxattr", OLD(HERE, 0, 0, NONE_)),
    ONE(SYS_fsetxattr, "fsetxattr", OLD(0, NONE_, 1, NONE_)),
    ONE(SETXATTRAT, "setxattrat", OLD(0, 1, 1, 2)),
    ONE(SYS_removexattr, "removexattr", OLD(HERE, 0, 1, NONE_)),
    ONE(SYS_lremovexattr, "lremovexattr", OLD(HERE, 0, 0, NONE_)),
    ONE(SYS_fremovexattr, "fremovexattr", OLD(0, NONE_, 1, NONE_)),
    ONE(REMOVEXATTRAT, "removexattrat", OLD(0, 1, 1, 2)),
};

const size_t CHANGE_COUNT = sizeof CHANGES / sizeof *CHANGES;

const struct change *find_change(int number) {
  for (size_t i = 0; i < CHANGE_COUNT; i++)
    if (CHANGES[i].number == number) return &CHANGES[i];
  return NULL;
}
