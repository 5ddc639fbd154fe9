#define _GNU_SOURCE
#include "setup.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "sys.h"

struct owned {
  struct owned *next;
  max_align_t memory[];
};

void *own(struct setup *setup, size_t length) {
  struct owned *owned = allocate(sizeof *owned + length);
  owned->next = setup->owned;
  setup->owned = owned;
  return owned->memory;
}

static bool is_power_of_two(size_t number) { return (number & (number - 1)) == 0; }

/* The room is always the next power of two, so that it need not be remembered. */
void *append(void *vector, size_t *count, size_t size) {
  void *memory;
  memcpy(&memory, vector, sizeof memory);
  if (is_power_of_two(*count)) {
    size_t room = *count == 0 ? 1 : *count * 2;
    memory = reallocarray(memory, room, size);
    if (memory == NULL) die("malloc");
    memcpy(vector, &memory, sizeof memory);
  }
  void *element = (char *)memory + *count * size;
  *count += 1;
  return memset(element, 0, size);
}

struct setup empty_setup(void) {
  return (struct setup){
      .namespaces = {.user_fd = NONE, .second_user_fd = NONE, .pid_fd = NONE},
      .watch = {.report_fd = NONE},
      .uid = NONE,
      .gid = NONE,
      .info_fd = NONE,
      .status_fd = NONE,
      .block_fd = NONE,
      .user_block_fd = NONE,
      .listening = {.channel_fd = NONE},
  };
}

void free_setup(struct setup *setup) {
  for (struct owned *owned = setup->owned; owned != NULL;) {
    struct owned *next = owned->next;
    free(owned);
    owned = next;
  }
  free(setup->operations);
  free(setup->environment);
  free(setup->wall_rules);
  free(setup->hidden);
  free(setup->lock_files);
  free(setup->listening.ports);
  free(setup->watch.allowed);
  free(setup->seccomp_fds);
  free(setup->sync_fds);
  free(setup->used_fds);
  *setup = empty_setup();
}

bool is_told_of(const struct setup *setup) { return setup->info_fd != NONE || setup->status_fd != NONE; }

bool needs_process_1(const struct setup *setup) {
  if (setup->is_command_pid_1) return false;
  if (setup->namespaces.none) return true;
  return (setup->namespaces.plain & CLONE_NEWPID) != 0 || setup->lock_file_count > 0 || setup->sync_count > 0;
}
