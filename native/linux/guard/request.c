#include "request.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "sys.h"

static const char MAGIC[4] = {'C', 'R', 'D', '1'};

/* 16 MiB of options is far above the 9000 arguments that bubblewrap takes. */
static const uint32_t MAX_PART = 16U << 20;

/* 4096 instructions of 8 bytes, the kernel's BPF_MAXINSNS; fits a pipe's 64 KiB, so that writing it never blocks. */
static const uint32_t MAX_SECCOMP = 4096U * 8U;

static uint32_t little_endian(const unsigned char *at) {
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static char *read_part(int control, size_t length) {
  char *part = allocate(length);
  if (read_full(control, part, length) != length) {
    errno = EPIPE;
    die("request is cut short");
  }
  return part;
}

struct request read_request(int control) {
  unsigned char header[16];
  if (read_full(control, header, sizeof header) != sizeof header) {
    errno = EPIPE;
    die("request is cut short");
  }
  struct request request = {
      .args_length = little_endian(header + 4),
      .seccomp_length = little_endian(header + 8),
      .checks_length = little_endian(header + 12),
  };
  if (memcmp(header, MAGIC, sizeof MAGIC) != 0 || request.args_length > MAX_PART ||
      request.checks_length > MAX_PART || request.seccomp_length > MAX_SECCOMP ||
      request.seccomp_length == 0) {
    errno = EINVAL;
    die("request is malformed");
  }
  request.args = read_part(control, request.args_length);
  request.seccomp = read_part(control, request.seccomp_length);
  request.checks = read_part(control, request.checks_length);
  return request;
}
