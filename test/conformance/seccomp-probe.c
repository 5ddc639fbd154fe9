/*
 * Tries system calls and prints one line for each: its name, then "errno N" (0: it worked) or "signal N". Each is tried in a
 * child of its own. Arguments are chosen so that, where the kernel is reached at all, nothing outside this process changes.
 * Two kinds of lines: "refused ..." for calls that the filter must refuse or kill, "allowed ..." for their nearest twins.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

/* Newer than the oldest headers we build with; one number on every architecture. */
#define NR_LANDLOCK_CREATE_RULESET 444
#define NR_QUOTACTL_FD 443
#define NR_FCHMODAT2 452
#define NR_OPEN_TREE_ATTR 467

#define NR_INT80_GETPID (-2)
#define NR_LAST (-1)

#define P(pointer) ((long)(pointer))
#define HIGH_GARBAGE (0xdeadbeefUL << 32)

struct attempt {
  const char *name;
  long nr;
  long args[6];
};

static long int80_getpid(void) {
#ifdef __x86_64__
  long result = 20; /* __NR_getpid of i386 */
  __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
  return result;
#else
  return 0;
#endif
}

static long make(const struct attempt *attempt) {
  const long *a = attempt->args;
  if (attempt->nr == NR_INT80_GETPID) return int80_getpid();
  return syscall(attempt->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* A child that clone makes comes back here as well, and ends here as well. */
static void run(const char *kind, const struct attempt *attempt) {
  int status = 0;
  pid_t child = fork();
  if (child < 0) {
    perror("fork");
    exit(2);
  }
  if (child == 0) _exit(make(attempt) < 0 ? errno : 0);
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) exit(2);
  }
  if (WIFSIGNALED(status)) printf("%s %s signal %d\n", kind, attempt->name, WTERMSIG(status));
  else printf("%s %s errno %d\n", kind, attempt->name, WEXITSTATUS(status));
}

static void run_all(const char *kind, const struct attempt *attempts) {
  for (; attempts->nr != NR_LAST; attempts++) run(kind, attempts);
}

static void refused(int null_fd, int file_fd) {
  const long self = getpid();
  const struct attempt attempts[] = {
    {"ptrace", SYS_ptrace, {PTRACE_TRACEME}},
    {"process_vm_readv", SYS_process_vm_readv, {self}},
    {"process_vm_writev", SYS_process_vm_writev, {self}},
    {"process_madvise", SYS_process_madvise, {-1}},
    {"kcmp", SYS_kcmp, {self, self, 0, 0, 0}},
    {"pidfd_getfd", SYS_pidfd_getfd, {-1, 0, 0}},
    {"io_uring_setup", SYS_io_uring_setup, {1, 0}},
    {"io_uring_enter", SYS_io_uring_enter, {-1}},
    {"io_uring_register", SYS_io_uring_register, {-1}},
    {"keyctl", SYS_keyctl, {0, -3, 0}},
    {"add_key", SYS_add_key, {0}},
    {"request_key", SYS_request_key, {0}},
    {"bpf", SYS_bpf, {-1, 0, 0}},
    {"perf_event_open", SYS_perf_event_open, {0, 0, -1, -1, 0}},
    {"userfaultfd", SYS_userfaultfd, {~0U}},
    {"mount", SYS_mount, {0}},
    {"umount2", SYS_umount2, {0, 0}},
    {"pivot_root", SYS_pivot_root, {0, 0}},
    {"chroot", SYS_chroot, {P("/")}},
    {"move_mount", SYS_move_mount, {-1, 0, -1, 0, 0}},
    {"open_tree", SYS_open_tree, {AT_FDCWD, P("/"), 0}},
    {"open_tree_attr", NR_OPEN_TREE_ATTR, {AT_FDCWD, P("/"), 0, 0, 0}},
    {"fsopen", SYS_fsopen, {P("tmpfs"), 0}},
    {"fsconfig", SYS_fsconfig, {-1}},
    {"fsmount", SYS_fsmount, {-1}},
    {"fspick", SYS_fspick, {AT_FDCWD, 0, 0}},
    {"mount_setattr", SYS_mount_setattr, {-1, 0, 0, 0, 0}},
    {"setns", SYS_setns, {null_fd, 0}},
    {"open_by_handle_at", SYS_open_by_handle_at, {-1, 0, 0}},
    {"fanotify_init", SYS_fanotify_init, {~0U, 0}},
    {"init_module", SYS_init_module, {0, 0, 0}},
    {"finit_module", SYS_finit_module, {-1, 0, 0}},
    {"delete_module", SYS_delete_module, {0, 0}},
    {"kexec_load", SYS_kexec_load, {0, 0, 0, ~0L}},
    {"kexec_file_load", SYS_kexec_file_load, {-1, -1, 0, 0, ~0L}},
    {"reboot", SYS_reboot, {0, 0, 0, 0}},
    {"swapon", SYS_swapon, {0, 0}},
    {"swapoff", SYS_swapoff, {0}},
    {"acct", SYS_acct, {P("")}},
    {"quotactl", SYS_quotactl, {-1, 0, 0, 0}},
    {"quotactl_fd", NR_QUOTACTL_FD, {-1, -1, 0, 0}},
    {"syslog", SYS_syslog, {10, 0, 0}},
    {"settimeofday", SYS_settimeofday, {0, 0}},
    {"clock_settime", SYS_clock_settime, {-1, 0}},
    {"nfsservctl", SYS_nfsservctl, {0}},
    {"lookup_dcookie", SYS_lookup_dcookie, {0}},
    {"vhangup-with-garbage", SYS_vhangup, {~0L, ~0L, ~0L, ~0L, ~0L, ~0L}},
    {"TIOCSTI", SYS_ioctl, {null_fd, TIOCSTI, 0}},
    {"TIOCSTI-high-garbage", SYS_ioctl, {null_fd, TIOCSTI | HIGH_GARBAGE, 0}},
    {"TIOCLINUX", SYS_ioctl, {null_fd, 0x541c, 0}},
    {"TIOCSETD", SYS_ioctl, {null_fd, TIOCSETD, 0}},
    {"clone-newuser", SYS_clone, {CLONE_NEWUSER | SIGCHLD}},
    {"clone-newuser-high-garbage", SYS_clone, {CLONE_NEWUSER | SIGCHLD | HIGH_GARBAGE}},
    {"clone-newns", SYS_clone, {CLONE_NEWNS | SIGCHLD}},
    {"clone-newnet", SYS_clone, {CLONE_NEWNET | SIGCHLD}},
    {"clone-newpid", SYS_clone, {CLONE_NEWPID | SIGCHLD}},
    {"clone3", SYS_clone3, {0, 0}},
    {"unshare-newuser", SYS_unshare, {CLONE_NEWUSER}},
    {"unshare-newuser-files", SYS_unshare, {CLONE_NEWUSER | CLONE_FILES}},
    {"unshare-newns", SYS_unshare, {CLONE_NEWNS}},
    {"unshare-newtime", SYS_unshare, {0x80}},
    {"unshare-empty-mntns", SYS_unshare, {0x100000}},
    {"unshare-newcgroup", SYS_unshare, {CLONE_NEWCGROUP}},
    {"socket-unspec", SYS_socket, {AF_UNSPEC, SOCK_STREAM, 0}},
    {"socket-packet", SYS_socket, {AF_PACKET, SOCK_DGRAM, 0}},
    {"socket-vsock", SYS_socket, {40, SOCK_STREAM, 0}},
    {"socket-alg", SYS_socket, {38, SOCK_SEQPACKET, 0}},
    {"socket-bluetooth", SYS_socket, {31, SOCK_RAW, 1}},
    {"socket-vsock-high-garbage", SYS_socket, {40 | HIGH_GARBAGE, SOCK_STREAM, 0}},
    {"socketpair-alg", SYS_socketpair, {38, SOCK_SEQPACKET, 0, 0}},
    {"socket-netlink-route", SYS_socket, {AF_NETLINK, SOCK_RAW, 0}},
    {"socket-netlink-audit", SYS_socket, {AF_NETLINK, SOCK_RAW, 9}},
    {"socket-netlink-netfilter", SYS_socket, {AF_NETLINK, SOCK_RAW, 12}},
    {"fchmod-setuid", SYS_fchmod, {file_fd, 04755}},
    {"fchmod-setgid", SYS_fchmod, {file_fd, 02755}},
    {"fchmodat-setuid", SYS_fchmodat, {AT_FDCWD, P("file"), 04755}},
    {"fchmodat2-setuid", NR_FCHMODAT2, {AT_FDCWD, P("file"), 04755, 0}},
    {"openat-creates-setuid", SYS_openat, {AT_FDCWD, P("new-1"), O_CREAT | O_WRONLY, 04755}},
    {"openat-tmpfile-setgid", SYS_openat, {AT_FDCWD, P("."), O_TMPFILE | O_WRONLY, 02755}},
    {"openat2", SYS_openat2, {-1, 0, 0, 0}},
    {"mknodat-setuid", SYS_mknodat, {AT_FDCWD, P("new-2"), S_IFREG | 04755, 0}},
#ifdef __x86_64__
    {"chmod-setuid", SYS_chmod, {P("file"), 04755}},
    {"creat-setuid", SYS_creat, {P("new-3"), 04755}},
    {"open-creates-setuid", SYS_open, {P("new-4"), O_CREAT | O_WRONLY, 04755}},
    {"mknod-setuid", SYS_mknod, {P("new-5"), S_IFREG | 04755, 0}},
    {"iopl", SYS_iopl, {4}},
    {"ioperm", SYS_ioperm, {~0L, ~0L, 0}},
    {"modify_ldt", SYS_modify_ldt, {0, 0, 0}},
    {"uselib", SYS_uselib, {0}},
    {"x32-getpid", 0x40000000 | SYS_getpid, {0}},
    {"int80-getpid", NR_INT80_GETPID, {0}},
#endif
    {"", NR_LAST, {0}},
  };
  run_all("refused", attempts);
}

static void allowed(int null_fd, int file_fd) {
  int pair[2];
  struct timex timex = {0};
  unsigned int action = SECCOMP_RET_ERRNO;
  struct { struct file_handle handle; char bytes[128]; } handle = {.handle = {.handle_bytes = 128}};
  int mount_id = 0;
  const struct attempt attempts[] = {
    {"getppid", SYS_getppid, {0}},
    {"pidfd_open", SYS_pidfd_open, {getpid(), 0}},
    {"prctl", SYS_prctl, {PR_GET_DUMPABLE}},
    {"seccomp", SYS_seccomp, {SECCOMP_GET_ACTION_AVAIL, 0, P(&action)}},
    {"landlock-version", NR_LANDLOCK_CREATE_RULESET, {0, 0, 1}},
    {"adjtimex-reads", SYS_adjtimex, {P(&timex)}},
    {"clock_adjtime-reads", SYS_clock_adjtime, {0, P(&timex)}},
    {"clock_gettime", SYS_clock_gettime, {0, P(&(struct timespec){0})}},
    {"name_to_handle_at", SYS_name_to_handle_at, {AT_FDCWD, P("file"), P(&handle), P(&mount_id), 0}},
    {"TIOCGWINSZ", SYS_ioctl, {null_fd, TIOCGWINSZ, 0}},
    {"TIOCSTI-plus-one", SYS_ioctl, {null_fd, TIOCSTI + 1, 0}},
    {"FIONREAD-as-third", SYS_ioctl, {null_fd, FIONREAD, TIOCSTI}},
    {"clone", SYS_clone, {SIGCHLD}},
    {"clone-files-fs", SYS_clone, {CLONE_FILES | CLONE_FS | SIGCHLD}},
    {"unshare-nothing", SYS_unshare, {0}},
    {"unshare-files-fs-sysvsem", SYS_unshare, {CLONE_FILES | CLONE_FS | CLONE_SYSVSEM}},
    {"socket-unix", SYS_socket, {AF_UNIX, SOCK_STREAM, 0}},
    {"socket-inet", SYS_socket, {AF_INET, SOCK_STREAM, 0}},
    {"socket-inet-high-garbage", SYS_socket, {AF_INET | HIGH_GARBAGE, SOCK_STREAM, 0}},
    {"socket-inet6", SYS_socket, {AF_INET6, SOCK_DGRAM, 0}},
    {"socketpair-unix", SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, P(pair)}},
    {"fchmod", SYS_fchmod, {file_fd, 0755}},
    {"fchmod-sticky", SYS_fchmod, {file_fd, 01755}},
    {"fchmodat", SYS_fchmodat, {AT_FDCWD, P("file"), 0644}},
    {"fchmodat2", NR_FCHMODAT2, {AT_FDCWD, P("file"), 0644, 0}},
    {"openat-creates", SYS_openat, {AT_FDCWD, P("kept-1"), O_CREAT | O_WRONLY, 0755}},
    {"openat-mode-unused", SYS_openat, {AT_FDCWD, P("file"), O_RDONLY, 04755}},
    {"openat-directory", SYS_openat, {AT_FDCWD, P("."), O_RDONLY | O_DIRECTORY, 04755}},
    {"openat-tmpfile", SYS_openat, {AT_FDCWD, P("."), O_TMPFILE | O_WRONLY, 0755}},
    {"mkdirat-setgid", SYS_mkdirat, {AT_FDCWD, P("directory"), 02755}},
    {"mknodat-fifo", SYS_mknodat, {AT_FDCWD, P("fifo"), S_IFIFO | 0644, 0}},
#ifdef __x86_64__
    {"chmod", SYS_chmod, {P("file"), 0755}},
    {"creat", SYS_creat, {P("kept-2"), 0644}},
    {"open-creates", SYS_open, {P("kept-3"), O_CREAT | O_WRONLY, 0644}},
    {"mknod-fifo", SYS_mknod, {P("fifo-2"), S_IFIFO | 0644, 0}},
#endif
    {"", NR_LAST, {0}},
  };
  run_all("allowed", attempts);
}

int main(void) {
  int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  int file_fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  setvbuf(stdout, NULL, _IONBF, 0);
  if (null_fd < 0 || file_fd < 0) {
    perror("open");
    return 2;
  }
  refused(null_fd, file_fd);
  allowed(null_fd, file_fd);
  return 0;
}
