#define _GNU_SOURCE
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capabilities.h"
#include "channel.h"
#include "sys.h"

/* Words that are being read, and what stands before the next operation. */
struct reader {
  struct setup *setup;
  char **words;
  size_t count, at;
  int mode;      /* --perms, for the next operation that takes it; else -1 */
  uint64_t size; /* --size, the same; else 0 */
  int depth;     /* of --args within --args */
  int may_name_descriptors;
};

enum { MAX_DEPTH = 8, MAX_ARGS_BYTES = 64 << 20 };

struct setup empty_setup(void) {
  return (struct setup){
      .uid = -1,
      .gid = -1,
      .user_fd = -1,
      .second_user_fd = -1,
      .pid_fd = -1,
      .info_fd = -1,
      .status_fd = -1,
      .block_fd = -1,
      .user_block_fd = -1,
  };
}

void free_setup(struct setup *setup) {
  free(setup->operations);
  free(setup->variables);
  free(setup->lock_files);
  free(setup->seccomp_fds);
  free(setup->sync_fds);
  *setup = empty_setup();
}

/* Makes room for one more item; the capacity is the next power of two. */
static void *grow(void *items, size_t count, size_t size) {
  if ((count & (count - 1)) != 0) return items;
  void *grown = realloc(items, (count == 0 ? 1 : count * 2) * size);
  if (grown == NULL) die("realloc");
  return grown;
}

static const char *next_word(struct reader *reader, const char *option) {
  if (reader->at >= reader->count) refuse("an argument is missing", option);
  return reader->words[reader->at++];
}

static long number(const char *text, const char *option, long most) {
  char *end = NULL;
  errno = 0;
  long value = strtol(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0' || value < 0 || value > most) refuse("not a valid number", option);
  return value;
}

static int descriptor(struct reader *reader, const char *option) {
  int fd = (int)number(next_word(reader, option), option, INT_MAX);
  if (!reader->may_name_descriptors) refuse("not for a request", option);
  if (fcntl(fd, F_GETFD) < 0) refuse("not an open descriptor", option);
  return fd;
}

static struct operation *add(struct reader *reader, enum operation_kind kind) {
  struct setup *setup = reader->setup;
  setup->operations = grow(setup->operations, setup->operation_count, sizeof *setup->operations);
  struct operation *operation = &setup->operations[setup->operation_count++];
  *operation = (struct operation){.kind = kind, .fd = -1, .mode = -1};
  return operation;
}

/* --perms and --size are for the operation that comes next, and nothing else may stand between (bwrap(1)). */
static int take_mode(struct reader *reader) {
  int mode = reader->mode;
  reader->mode = -1;
  return mode;
}

static void add_variable(struct reader *reader, enum variable_kind kind, const char *name, const char *value) {
  struct setup *setup = reader->setup;
  setup->variables = grow(setup->variables, setup->variable_count, sizeof *setup->variables);
  setup->variables[setup->variable_count++] = (struct variable){kind, name, value};
}

static void add_descriptor(int **list, size_t *count, int fd) {
  *list = grow(*list, *count, sizeof **list);
  (*list)[(*count)++] = fd;
}

/* --bind and its kind: --[ro-|dev-]bind[-try] SOURCE DESTINATION, --[ro-]bind-fd FD DESTINATION. */
static int read_bind(struct reader *reader, const char *option) {
  const char *name = option + 2;
  unsigned flags = 0;
  if (strncmp(name, "ro-", 3) == 0) flags = READ_ONLY, name += 3;
  else if (strncmp(name, "dev-", 4) == 0) flags = DEVICES, name += 4;
  int is_descriptor = strcmp(name, "bind-fd") == 0 && flags != DEVICES;
  if (strcmp(name, "bind-try") == 0) flags |= MAY_BE_MISSING;
  else if (strcmp(name, "bind") != 0 && !is_descriptor) return 0;
  struct operation *operation = add(reader, BIND);
  operation->flags = flags;
  if (is_descriptor) operation->fd = descriptor(reader, option);
  else operation->source = next_word(reader, option);
  operation->destination = next_word(reader, option);
  return 1;
}

static int read_data(struct reader *reader, const char *option) {
  enum operation_kind kind = BIND_DATA;
  unsigned flags = 0;
  if (strcmp(option, "--file") == 0) kind = WRITE_FILE;
  else if (strcmp(option, "--ro-bind-data") == 0) flags = READ_ONLY;
  else if (strcmp(option, "--bind-data") != 0) return 0;
  struct operation *operation = add(reader, kind);
  operation->flags = flags;
  operation->fd = descriptor(reader, option);
  operation->destination = next_word(reader, option);
  operation->mode = take_mode(reader);
  return 1;
}

static int read_place(struct reader *reader, const char *option) {
  static const struct {
    const char *option;
    enum operation_kind kind;
  } KINDS[] = {{"--tmpfs", TMPFS}, {"--proc", PROC},          {"--dev", DEV}, {"--mqueue", MQUEUE},
               {"--dir", DIRECTORY}, {"--remount-ro", REMOUNT_READ_ONLY}};
  for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
    if (strcmp(option, KINDS[i].option) != 0) continue;
    struct operation *operation = add(reader, KINDS[i].kind);
    operation->destination = next_word(reader, option);
    if (operation->kind == TMPFS || operation->kind == DIRECTORY) operation->mode = take_mode(reader);
    if (operation->kind == TMPFS) operation->size = reader->size, reader->size = 0;
    return 1;
  }
  return 0;
}

static int mode_of(const char *text, const char *option) {
  char *end = NULL;
  unsigned long mode = strtoul(text, &end, 8);
  if (end == text || *end != '\0' || *text == '-' || mode > 07777) refuse("not a mode in octal digits", option);
  return (int)mode;
}

static int read_other_operation(struct reader *reader, const char *option) {
  if (strcmp(option, "--symlink") == 0) {
    struct operation *operation = add(reader, SYMLINK);
    operation->source = next_word(reader, option);
    operation->destination = next_word(reader, option);
  } else if (strcmp(option, "--chmod") == 0) {
    struct operation *operation = add(reader, CHANGE_MODE);
    operation->mode = mode_of(next_word(reader, option), option);
    operation->destination = next_word(reader, option);
  } else if (strcmp(option, "--perms") == 0) {
    if (reader->mode >= 0) refuse("given twice for one operation", option);
    reader->mode = mode_of(next_word(reader, option), option);
  } else if (strcmp(option, "--size") == 0) {
    if (reader->size != 0) refuse("given twice for one operation", option);
    reader->size = (uint64_t)number(next_word(reader, option), option, LONG_MAX);
    if (reader->size == 0) refuse("not a size above 0", option);
  } else {
    return 0;
  }
  return 1;
}

static int read_namespace(struct reader *reader, const char *option) {
  struct setup *setup = reader->setup;
  if (strcmp(option, "--unshare-all") == 0) {
    setup->ipc = setup->pid = setup->network = setup->uts = UNSHARED;
    if (setup->user == SHARED) setup->user = IF_POSSIBLE;
    if (setup->cgroup == SHARED) setup->cgroup = IF_POSSIBLE;
  } else if (strcmp(option, "--unshare-user") == 0) setup->user = UNSHARED;
  else if (strcmp(option, "--unshare-user-try") == 0) setup->user = IF_POSSIBLE;
  else if (strcmp(option, "--unshare-ipc") == 0) setup->ipc = UNSHARED;
  else if (strcmp(option, "--unshare-pid") == 0) setup->pid = UNSHARED;
  else if (strcmp(option, "--unshare-net") == 0) setup->network = UNSHARED;
  else if (strcmp(option, "--share-net") == 0) setup->network = SHARED;
  else if (strcmp(option, "--unshare-uts") == 0) setup->uts = UNSHARED;
  else if (strcmp(option, "--unshare-cgroup") == 0) setup->cgroup = UNSHARED;
  else if (strcmp(option, "--unshare-cgroup-try") == 0) setup->cgroup = IF_POSSIBLE;
  else if (strcmp(option, "--disable-userns") == 0) setup->forbids_user_namespaces = 1;
  else if (strcmp(option, "--assert-userns-disabled") == 0) setup->user_namespaces_must_be_forbidden = 1;
  else return 0;
  return 1;
}

static int read_descriptor(struct reader *reader, const char *option) {
  struct setup *setup = reader->setup;
  const struct {
    const char *option;
    int *fd;
  } FDS[] = {{"--userns", &setup->user_fd},        {"--userns2", &setup->second_user_fd},
             {"--pidns", &setup->pid_fd},          {"--info-fd", &setup->info_fd},
             {"--json-status-fd", &setup->status_fd}, {"--block-fd", &setup->block_fd},
             {"--userns-block-fd", &setup->user_block_fd}};
  for (size_t i = 0; i < sizeof FDS / sizeof *FDS; i++) {
    if (strcmp(option, FDS[i].option) != 0) continue;
    *FDS[i].fd = descriptor(reader, option);
    return 1;
  }
  if (strcmp(option, "--sync-fd") == 0) {
    int fd = descriptor(reader, option);
    add_descriptor(&setup->sync_fds, &setup->sync_fd_count, fd);
  } else if (strcmp(option, "--seccomp") == 0 || strcmp(option, "--add-seccomp-fd") == 0) {
    int fd = descriptor(reader, option);
    if (option[2] == 's') setup->seccomp_fd_count = 0; /* the last --seccomp counts */
    add_descriptor(&setup->seccomp_fds, &setup->seccomp_fd_count, fd);
  } else {
    return 0;
  }
  return 1;
}

static int read_process(struct reader *reader, const char *option) {
  struct setup *setup = reader->setup;
  if (strcmp(option, "--chdir") == 0) setup->directory = next_word(reader, option);
  else if (strcmp(option, "--argv0") == 0) setup->argv0 = next_word(reader, option);
  else if (strcmp(option, "--hostname") == 0) setup->hostname = next_word(reader, option);
  else if (strcmp(option, "--uid") == 0) setup->uid = number(next_word(reader, option), option, UINT_MAX - 1L);
  else if (strcmp(option, "--gid") == 0) setup->gid = number(next_word(reader, option), option, UINT_MAX - 1L);
  else if (strcmp(option, "--new-session") == 0) setup->is_new_session = 1;
  else if (strcmp(option, "--die-with-parent") == 0) setup->dies_with_parent = 1;
  else if (strcmp(option, "--as-pid-1") == 0) setup->is_process_1 = 1;
  else if (strcmp(option, "--level-prefix") == 0) return 1; /* our messages have one level */
  else if (strcmp(option, "--lock-file") == 0) {
    setup->lock_files = grow(setup->lock_files, setup->lock_file_count, sizeof *setup->lock_files);
    setup->lock_files[setup->lock_file_count++] = next_word(reader, option);
  } else if (strcmp(option, "--exec-label") == 0 || strcmp(option, "--file-label") == 0) {
    refuse("SELinux labels are not supported", option);
  } else {
    return 0;
  }
  return 1;
}

static int read_variable(struct reader *reader, const char *option) {
  if (strcmp(option, "--setenv") == 0) {
    const char *name = next_word(reader, option);
    if (*name == '\0' || strchr(name, '=') != NULL) refuse("not the name of a variable", option);
    add_variable(reader, SET_VARIABLE, name, next_word(reader, option));
  } else if (strcmp(option, "--unsetenv") == 0) {
    const char *name = next_word(reader, option);
    if (*name == '\0' || strchr(name, '=') != NULL) refuse("not the name of a variable", option);
    add_variable(reader, UNSET_VARIABLE, name, NULL);
  } else if (strcmp(option, "--clearenv") == 0) {
    add_variable(reader, CLEAR_VARIABLES, NULL, NULL);
  } else {
    return 0;
  }
  return 1;
}

static int read_capability(struct reader *reader, const char *option) {
  int is_added = strcmp(option, "--cap-add") == 0;
  if (!is_added && strcmp(option, "--cap-drop") != 0) return 0;
  uint64_t bits = capability_bits(next_word(reader, option));
  if (bits == 0) refuse("not the name of a capability", option);
  uint64_t *kept = &reader->setup->capabilities;
  *kept = is_added ? *kept | bits : *kept & ~bits;
  return 1;
}

static char *read_all(int fd, size_t *length) {
  size_t capacity = 64 << 10;
  char *text = allocate(capacity);
  for (*length = 0;;) {
    *length += read_full(fd, text + *length, capacity - *length);
    if (*length < capacity) return text;
    capacity *= 2;
    if (capacity > MAX_ARGS_BYTES) refuse("too long", "--args");
    text = realloc(text, capacity);
    if (text == NULL) die("realloc");
  }
}

static void read_words(struct reader *reader);

/* Options from a descriptor, as if they stood here; a word that is no option is a mistake there. The words stay for as long as
 * the setup, which points into them. */
static int read_args(struct reader *reader, const char *option) {
  if (strcmp(option, "--args") != 0) return 0;
  if (reader->depth == MAX_DEPTH) refuse("nested too deeply", option);
  int fd = descriptor(reader, option);
  size_t length;
  char *text = read_all(fd, &length);
  if (close(fd) != 0) die("close");
  if (length > 0 && text[length - 1] != '\0') refuse("not ended by NUL", option);
  struct reader inner = *reader;
  inner.depth++;
  inner.at = 0;
  inner.words = split_strings(text, length, &inner.count);
  read_words(&inner);
  if (inner.at < inner.count) refuse("not an option", inner.words[inner.at]);
  reader->mode = inner.mode;
  reader->size = inner.size;
  return 1;
}

static int read_option(struct reader *reader, const char *option) {
  return read_bind(reader, option) || read_data(reader, option) || read_place(reader, option) ||
         read_other_operation(reader, option) || read_namespace(reader, option) ||
         read_descriptor(reader, option) || read_process(reader, option) || read_variable(reader, option) ||
         read_capability(reader, option) || read_args(reader, option);
}

static void read_words(struct reader *reader) {
  while (reader->at < reader->count && strncmp(reader->words[reader->at], "--", 2) == 0) {
    const char *option = reader->words[reader->at++];
    if (option[2] == '\0') return;
    if (!read_option(reader, option)) refuse("unknown option", option);
  }
}

size_t read_options(struct setup *setup, char **words, size_t count, int may_name_descriptors) {
  struct reader reader = {
      .setup = setup, .words = words, .count = count, .mode = -1, .may_name_descriptors = may_name_descriptors};
  read_words(&reader);
  if (reader.mode >= 0) refuse("nothing follows that takes it", "--perms");
  if (reader.size != 0) refuse("nothing follows that takes it", "--size");
  return reader.at;
}
