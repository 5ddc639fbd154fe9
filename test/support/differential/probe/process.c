/* Tells what a command sees in its sandbox: of its process, and of the directories it is given.
 *
 *   probe STATUS DIRECTORY...      ends with exit status STATUS, or of signal -STATUS when that is negative */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

extern char **environ;

void tell_text(const char *text) {
  for (; *text != '\0'; text++)
    if (*text > ' ' && *text < 127 && *text != '\\') putchar(*text);
    else printf("\\%02x", (unsigned char)*text);
}

static void tell(const char *key, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void tell(const char *key, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  printf("%s ", key);
  vprintf(format, arguments);
  putchar('\n');
  va_end(arguments);
}

static void tell_word(const char *key, const char *text) {
  printf("%s ", key);
  tell_text(text);
  putchar('\n');
}

const char *outcome(int result) { return result >= 0 ? "works" : strerror(errno); }

int by_text(const void *left, const void *right) {
  return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void tell_environment(void) {
  size_t count = 0;
  while (environ[count] != NULL) count++;
  qsort(environ, count, sizeof *environ, by_text);
  for (size_t i = 0; i < count; i++) tell_word("variable", environ[i]);
}

static void tell_ids(void) {
  gid_t groups[64];
  uid_t uid[3];
  gid_t gid[3];
  getresuid(&uid[0], &uid[1], &uid[2]);
  getresgid(&gid[0], &gid[1], &gid[2]);
  tell("uid", "%u %u %u", uid[0], uid[1], uid[2]);
  tell("gid", "%u %u %u", gid[0], gid[1], gid[2]);
  int count = getgroups(64, groups);
  for (int i = 0; i < count; i++) tell("group", "%u", groups[i]);
}

static void tell_capabilities(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct sets[2];
  syscall(SYS_capget, &header, sets);
  tell("effective", "%08x%08x", sets[1].effective, sets[0].effective);
  tell("permitted", "%08x%08x", sets[1].permitted, sets[0].permitted);
  tell("inheritable", "%08x%08x", sets[1].inheritable, sets[0].inheritable);
  uint64_t bounding = 0, ambient = 0;
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++) {
    bounding |= (uint64_t)prctl(PR_CAPBSET_READ, capability) << capability;
    ambient |= (uint64_t)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0) << capability;
  }
  tell("bounding", "%016llx", (unsigned long long)bounding);
  tell("ambient", "%016llx", (unsigned long long)ambient);
}

/* Who is outside of the process namespace is 0 (pid_namespaces(7)). */
static void tell_family(void) {
  int self = getpid();
  tell("pid", "%d", self);
  tell("parent", "%d", getppid());
  tell("session", "%s", getsid(0) == self ? "leader" : getsid(0) == 0 ? "outside" : "member");
  tell("process-group", "%s", getpgid(0) == self ? "leader" : getpgid(0) == 0 ? "outside" : "member");
}

static void tell_state(void) {
  int signal_of_parent = -1;
  prctl(PR_GET_PDEATHSIG, &signal_of_parent);
  tell("death-signal", "%d", signal_of_parent);
  tell("no-new-privileges", "%d", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  tell("secure-bits", "%d", prctl(PR_GET_SECUREBITS));
  tell("dumpable", "%d", prctl(PR_GET_DUMPABLE));
  tell("seccomp", "%d", prctl(PR_GET_SECCOMP));
  errno = 0;
  tell("priority-call", "%s", outcome(getpriority(PRIO_PROCESS, 0)));
  mode_t mask = umask(0);
  tell("umask", "%04o", mask);
}

static void tell_signals(void) {
  sigset_t blocked;
  sigprocmask(SIG_SETMASK, NULL, &blocked);
  for (int number = 1; number < 32; number++) {
    struct sigaction action;
    sigaction(number, NULL, &action);
    if (sigismember(&blocked, number) || action.sa_handler == SIG_IGN)
      tell("signal", "%d %s%s", number, sigismember(&blocked, number) ? "blocked " : "",
           action.sa_handler == SIG_IGN ? "ignored" : "");
  }
}

static void tell_descriptors(void) {
  for (int fd = 0; fd < 128; fd++) {
    struct stat status;
    if (fstat(fd, &status) == 0) tell("descriptor", "%d %o", fd, status.st_mode & S_IFMT);
  }
}

static void tell_machine(void) {
  struct utsname name;
  uname(&name);
  tell_word("hostname", name.nodename);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct ifreq request = {.ifr_name = "lo"};
  int result = ioctl(fd, SIOCGIFFLAGS, &request);
  tell("loopback", "%s %s", outcome(result), (request.ifr_flags & IFF_UP) != 0 ? "up" : "down");
  close(fd);
}

static void tell_namespaces(void) {
  static const char *const KINDS[] = {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"};
  for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
    char path[64], text[64];
    snprintf(path, sizeof path, "/proc/self/ns/%s", KINDS[i]);
    ssize_t length = readlink(path, text, sizeof text - 1);
    if (length > 0) tell("namespace", "%.*s", (int)length, text);
  }
}

/* In a child, since trying changes who tries. */
static void try_user_namespace(void) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) _exit(unshare(CLONE_NEWUSER) == 0 ? 0 : errno);
  int status = 0;
  waitpid(pid, &status, 0);
  errno = WEXITSTATUS(status);
  tell("user-namespace", "%s", outcome(errno == 0 ? 0 : -1));
}

static void end(int status) {
  fflush(stdout);
  if (status < 0) raise(-status);
  _exit(status);
}

int main(int argc, char **argv) {
  static char room[1 << 16];
  setvbuf(stdout, room, _IOFBF, sizeof room);
  tell_descriptors();
  tell_word("argv0", argv[0]);
  char directory[4096];
  tell_word("cwd", getcwd(directory, sizeof directory) == NULL ? strerror(errno) : directory);
  tell_environment();
  tell_ids();
  tell_capabilities();
  tell_family();
  tell_state();
  tell_signals();
  tell_machine();
  tell_namespaces();
  try_user_namespace();
  for (int i = 2; i < argc; i++) look_at(argv[i]);
  tell("end", "of %d directories", argc - 2);
  end(argc > 1 ? atoi(argv[1]) : 0);
}
