#define _GNU_SOURCE
#include "seccomp.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "errors.h"
#include "sys.h"

enum { MAX_BYTES = BPF_MAXINSNS * sizeof(struct sock_filter) };

static struct seccomp_program read_program(int fd) {
  struct sock_filter *instructions = allocate(MAX_BYTES + 1);
  size_t bytes = read_full(fd, instructions, MAX_BYTES + 1);
  if (bytes == 0 || bytes > MAX_BYTES || bytes % sizeof *instructions != 0) {
    errno = EINVAL;
    die_at(FAILED_SECCOMP, fd);
  }
  return (struct seccomp_program){.fd = fd, .length = bytes / sizeof *instructions, .instructions = instructions};
}

struct seccomp_program *read_programs(const int *fds, size_t count) {
  struct seccomp_program *programs = allocate(count * sizeof *programs);
  for (size_t i = 0; i < count; i++) programs[i] = read_program(fds[i]);
  return programs;
}

/* By prctl(2), which programs that are loaded first have to allow (bwrap(1), --add-seccomp-fd). */
int load_program(const struct seccomp_program *program) {
  struct sock_fprog loaded = {.len = (unsigned short)program->length, .filter = program->instructions};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &loaded);
}
