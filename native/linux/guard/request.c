#include "request.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "sys.h"

static const char MAGIC[4] = {'C', 'R', 'D', '2'};

/* 16 MiB of options is far above the 9000 arguments that bubblewrap takes. */
static const uint32_t MAX_PART = 16U << 20;

/* 4096 instructions of 8 bytes, the kernel's BPF_MAXINSNS; fits a pipe's 64 KiB, so that writing it never blocks. */
static const uint32_t MAX_SECCOMP = 4096U * 8U;

static uint32_t little_endian(const unsigned char *at) {
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void give_up(const char *what, int reason) __attribute__((noreturn));
static void give_up(const char *what, int reason) {
  errno = reason;
  die(what);
}

static char *read_part(int control, size_t length) {
  char *part = allocate(length);
  if (read_full(control, part, length) != length) give_up("request is cut short", EPIPE);
  return part;
}

/* Splits strings that are each ended by NUL. `text` stays theirs. */
static char **split(char *text, size_t length) {
  if (length == 0 || text[length - 1] != '\0' || text[0] != '/') give_up("request is malformed", EINVAL);
  size_t count = 0;
  for (size_t at = 0; at < length; at++) count += text[at] == '\0';
  char **strings = allocate((count + 1) * sizeof *strings);
  char *next = text;
  for (size_t i = 0; i < count; i++, next += strlen(next) + 1) strings[i] = next;
  strings[count] = NULL;
  return strings;
}

struct request read_request(int control, int has_command) {
  unsigned char header[20];
  if (read_full(control, header, sizeof header) != sizeof header) give_up("request is cut short", EPIPE);
  struct request request = {
      .args_length = little_endian(header + 4),
      .seccomp_length = little_endian(header + 8),
      .checks_length = little_endian(header + 12),
  };
  size_t argv_length = little_endian(header + 16);
  if (memcmp(header, MAGIC, sizeof MAGIC) != 0 || request.args_length > MAX_PART ||
      request.checks_length > MAX_PART || argv_length > MAX_PART || request.seccomp_length > MAX_SECCOMP ||
      request.seccomp_length == 0 || has_command != (argv_length > 0))
    give_up("request is malformed", EINVAL);
  request.args = read_part(control, request.args_length);
  request.seccomp = read_part(control, request.seccomp_length);
  request.checks = read_part(control, request.checks_length);
  char *argv = read_part(control, argv_length);
  if (has_command) request.argv = split(argv, argv_length);
  return request;
}
