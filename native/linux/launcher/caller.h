/* The thread whose call a supervisor was told of (seccomp_unotify(2)): its memory, its descriptors, its paths. */
#ifndef CORDON_CALLER_H
#define CORDON_CALLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct seccomp_notif;

struct caller {
  int listener;
  uint64_t id;   /* of the notification */
  int number;    /* of the call */
  pid_t thread;
  int directory; /* of /proc */
  int process;   /* a pidfd, or -1 until it is needed */
  bool is_of_thread; /* the pidfd, and not of the thread's whole process */
};

/* Whether the kernel has what it takes, pidfd_getfd(2), which is Linux 5.6. False with errno set. */
bool can_borrow_descriptors(void);

/* All other functions return 0 or an error number (errno(3)). */

/* To be ended by leave_caller, whatever it returns. */
int meet_caller(struct caller *caller, int listener, const struct seccomp_notif *call);
void leave_caller(struct caller *caller);

/* Whether the call still waits. While it does, the thread's id has been nobody else's: what was read of it before was its own. */
bool is_waiting(const struct caller *caller);

/* Copies memory, whole or not at all. */
int read_memory(const struct caller *caller, uint64_t address, void *buffer, size_t length);
int write_memory(const struct caller *caller, uint64_t address, const void *buffer, size_t length);

/* A descriptor of our own of what is open there. */
int borrow_descriptor(struct caller *caller, int number, int *fd);

/* A path as a call names it. */
struct named {
  int directory; /* a number of the caller's, or AT_FDCWD */
  const char *path;
  bool follows; /* a link at its end */
};

/* What it leads to. */
struct place {
  int fd;     /* O_PATH, or -1 */
  int parent; /* O_PATH, where nothing but the last name is missing; or -1 */
  int error;  /* why there is no fd */
  char text[4096]; /* the path, its links followed as far as they lead; in the caller's mount namespace. Empty where it is longer */
};

/* Looks a path up as the caller would. Close what it finds. */
void find_place(const struct caller *caller, const struct named *named, struct place *place);
void close_place(struct place *place);

#endif
