/* `changes-probe DIRECTORY...` changes something in each directory by every call that can, and prints what came of it.
 * `changes-probe race ALLOWED REFUSED` creates files while another thread changes their path. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include <utime.h>

enum { SETXATTRAT = 463, REMOVEXATTRAT = 466, FCHMODAT2 = 452, ROUNDS = 2000 };

static int directory;
static char file[4096], made[4096], empty[4096], file_name[64], made_name[64];

static void choose(const char *path, const char *call) {
  snprintf(file_name, sizeof file_name, "%s.file", call);
  snprintf(made_name, sizeof made_name, "%s.new", call);
  snprintf(file, sizeof file, "%s/%s", path, file_name);
  snprintf(made, sizeof made, "%s/%s", path, made_name);
  snprintf(empty, sizeof empty, "%s/%s.dir", path, call);
}

/* Also where the file may not be written. */
static int opened(void) { return open(file, O_RDONLY); }

static long bind_at(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, path, strnlen(path, sizeof address.sun_path));
  return bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof address);
}

struct xattr_arguments {
  uint64_t value;
  uint32_t size, flags;
};

#define TRY(name, call)                                                            \
  do {                                                                             \
    choose(path, name);                                                            \
    errno = 0;                                                                     \
    long result = (call);                                                          \
    printf("%s: %s\n", name, result < 0 ? strerrorname_np(errno) : "works");       \
  } while (0)

static void change_all(const char *path) {
  struct xattr_arguments value = {.value = (uint64_t)(uintptr_t) "v", .size = 1};
  directory = open(path, O_RDONLY | O_DIRECTORY);
#ifdef SYS_open
  TRY("open", syscall(SYS_open, file, O_WRONLY));
  TRY("creat", syscall(SYS_creat, made, 0600));
  TRY("unlink", syscall(SYS_unlink, file));
  TRY("rmdir", syscall(SYS_rmdir, empty));
  TRY("rename", syscall(SYS_rename, file, made));
  TRY("link", syscall(SYS_link, file, made));
  TRY("symlink", syscall(SYS_symlink, "x", made));
  TRY("mkdir", syscall(SYS_mkdir, made, 0700));
  TRY("mknod", syscall(SYS_mknod, made, S_IFIFO | 0600, 0));
  TRY("chmod", syscall(SYS_chmod, file, 0640));
  TRY("chown", syscall(SYS_chown, file, -1, -1));
  TRY("lchown", syscall(SYS_lchown, file, -1, -1));
  TRY("utime", syscall(SYS_utime, file, NULL));
  TRY("utimes", syscall(SYS_utimes, file, NULL));
  TRY("futimesat", syscall(SYS_futimesat, directory, file_name, NULL));
#endif
#ifdef SYS_renameat
  TRY("renameat", syscall(SYS_renameat, directory, file_name, directory, made_name));
#endif
  TRY("openat", syscall(SYS_openat, directory, file_name, O_RDWR));
  TRY("unlinkat", syscall(SYS_unlinkat, directory, file_name, 0));
  TRY("renameat2", syscall(SYS_renameat2, directory, file_name, directory, made_name, 0));
  TRY("linkat", syscall(SYS_linkat, directory, file_name, directory, made_name, 0));
  TRY("symlinkat", syscall(SYS_symlinkat, "x", directory, made_name));
  TRY("mkdirat", syscall(SYS_mkdirat, directory, made_name, 0700));
  TRY("mknodat", syscall(SYS_mknodat, directory, made_name, S_IFIFO | 0600, 0));
  TRY("truncate", syscall(SYS_truncate, file, 0));
  TRY("fchmod", syscall(SYS_fchmod, opened(), 0640));
  TRY("fchmodat", syscall(SYS_fchmodat, directory, file_name, 0640));
  TRY("fchmodat2", syscall(FCHMODAT2, directory, file_name, 0640, 0));
  TRY("fchown", syscall(SYS_fchown, opened(), -1, -1));
  TRY("fchownat", syscall(SYS_fchownat, directory, file_name, -1, -1, 0));
  TRY("utimensat", syscall(SYS_utimensat, directory, file_name, NULL, 0));
  TRY("setxattr", syscall(SYS_setxattr, file, "user.a", "v", 1, 0));
  TRY("lsetxattr", syscall(SYS_lsetxattr, file, "user.a", "v", 1, 0));
  TRY("fsetxattr", syscall(SYS_fsetxattr, opened(), "user.a", "v", 1, 0));
  TRY("setxattrat", syscall(SETXATTRAT, directory, file_name, 0, "user.a", &value, sizeof value));
  TRY("removexattr", syscall(SYS_removexattr, file, "user.a"));
  TRY("lremovexattr", syscall(SYS_lremovexattr, file, "user.a"));
  TRY("fremovexattr", syscall(SYS_fremovexattr, opened(), "user.a"));
  TRY("removexattrat", syscall(REMOVEXATTRAT, directory, file_name, 0, "user.a"));
  TRY("bind", bind_at(made));
}

static char raced[4096];
static const char *ways[2];

static void *flip(void *unused) {
  for (int turn = 0;; turn++) strcpy(raced, ways[turn & 1]);
  return unused;
}

static void race(const char *allowed, const char *refused) {
  ways[0] = allowed;
  ways[1] = refused;
  pthread_t thread;
  if (pthread_create(&thread, NULL, flip, NULL) != 0) abort();
  int refusals = 0, successes = 0;
  for (int i = 0; i < ROUNDS; i++) {
    int fd = open(raced, O_CREAT | O_WRONLY, 0600);
    refusals += fd < 0;
    successes += fd >= 0;
    close(fd);
  }
  printf("%s, %s\n", successes > 0 ? "allowed" : "never", refusals > 0 ? "refused" : "never");
}

int main(int argc, char **argv) {
  if (argc == 4 && strcmp(argv[1], "race") == 0) race(argv[2], argv[3]);
  else
    for (int i = 1; i < argc; i++) change_all(argv[i]);
  return 0;
}
