/* libFuzzer (and AFL++ through its driver) for the launcher's option parser.
 *
 * Input: words, each ended by NUL, as the command line. A word "\1" ends the command line; what stands behind it, up
 * to the next such word, is what the first --args reads, and so on. Nothing of the system is touched: parsing
 * changes the set-up only. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "sys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is left for --args; one harness runs at a time. */
static const char *left;
static size_t left_length;

/* Up to the next separating word, which is skipped. */
static const char *take_part(size_t *length) {
  const char *part = left;
  const char *separator = memmem(left, left_length, "\1", 2);
  *length = separator == NULL ? left_length : (size_t)(separator - left);
  size_t taken = separator == NULL ? left_length : *length + 2;
  left += taken;
  left_length -= taken;
  return part;
}

static char *copy_part(struct setup *setup, const char *part, size_t length) {
  char *text = own(setup, length + 1);
  memcpy(text, part, length);
  text[length] = '\0';
  return text;
}

static char *read_part(struct setup *setup, int fd, size_t *length) {
  if (left_length == 0 || fd == 0) {
    errno = EBADF;
    return NULL;
  }
  const char *part = take_part(length);
  return copy_part(setup, part, *length);
}

static char **split(char *text, size_t length) {
  char **words = allocate((length + 2) * sizeof *words);
  size_t count = 0;
  for (char *word = text; word < text + length; word += strlen(word) + 1) words[count++] = word;
  words[count] = NULL;
  return words;
}

/* What the rest of the launcher relies on. */
static void check(const struct setup *setup) {
  if (setup->purpose != RUN) return;
  if (setup->command == NULL || *setup->command == NULL) abort();
  for (size_t i = 0; i < setup->operation_count; i++) {
    const struct operation *operation = &setup->operations[i];
    if (operation->target == NULL || operation->permissions > 07777 || operation->parents > 0755) abort();
    if ((operation->kind == BIND || operation->kind == SYMLINK) && operation->source == NULL) abort();
    bool takes_fd = operation->kind == BIND_FD || operation->kind == BIND_DATA || operation->kind == PLAIN_FILE;
    if (takes_fd && operation->fd < 0) abort();
  }
  for (char **variable = setup->environment; *variable != NULL; variable++)
    if (strchr(*variable, '=') == NULL) abort();
}

static char PATH_VARIABLE[] = "PATH=/bin", PWD_VARIABLE[] = "PWD=/";
static char *const ENVIRONMENT[] = {PATH_VARIABLE, PWD_VARIABLE, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct setup scratch = empty_setup();
  left = (const char *)data;
  left_length = size;
  size_t length;
  const char *part = take_part(&length);
  char *line = copy_part(&scratch, part, length);
  char **words = split(line, length);
  struct parse_context context = {
      .environment = ENVIRONMENT,
      .is_root = size % 2 == 0,
      .may_mount = size % 2 == 0,
      .read_all = read_part,
  };
  struct setup setup;
  struct complaint complaint = {""};
  if (parse_setup(&setup, words, &context, &complaint)) check(&setup);
  else if (*complaint.text == '\0') abort();
  free_setup(&setup);
  free(words);
  free_setup(&scratch);
  return 0;
}
