#define _GNU_SOURCE
#include "watch-program.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "changes.h"
#include "sys.h"

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#else
#define NATIVE 0 /* every call of a watched command ends it */
#endif

/* Numbers of x32, a second convention with the same name (arch/x86/include/uapi/asm/unistd.h). */
enum { X32 = 0x40000000 };

/* Of which calls which are watched, or refused. Numbers are compared by their low half where the kernel takes no more. */
enum test {
  ALWAYS,
  IF_ADDRESSED,     /* a pointer, `argument`, is not NULL */
  IF_CHANGING,      /* flags of open(2), `argument`, that create, truncate or write */
  IF_UNIX_DATAGRAM, /* refused: the first two arguments make such a socket */
};

struct row {
  int number;
  enum test test;
  unsigned argument;
  bool (*is_wanted)(const struct watch *watch);
};

static bool wants_sockets(const struct watch *watch) { return watch->sockets; }

static bool wants_changes(const struct watch *watch) { return watch->changes; }

static bool wants_connections(const struct watch *watch) { return watch->changes && !watch->sockets; }

static bool refuses_datagrams(const struct watch *watch) { return watch->sockets && !watch->datagrams; }

bool watches_sending(const struct watch *watch) { return watch->sockets && watch->datagrams; }

/* Streams take no address but from connect(2). Datagrams do with each call, and a filter cannot see the address that sendmsg(2) is
 * given: so where no socket of datagrams is allowed there is none, and sending need not be watched. */
static const struct row ROWS[] = {
    {SYS_connect, ALWAYS, 0, wants_sockets},
    {SYS_socket, IF_UNIX_DATAGRAM, 0, refuses_datagrams},
    {SYS_socketpair, IF_UNIX_DATAGRAM, 0, refuses_datagrams},
    {SYS_sendto, IF_ADDRESSED, 4, watches_sending},
    {SYS_sendmsg, ALWAYS, 0, watches_sending},
    {SYS_sendmmsg, ALWAYS, 0, watches_sending},
    {SYS_connect, ALWAYS, 0, wants_connections},
    {SYS_bind, ALWAYS, 0, wants_changes},
};

enum { MOST_OF_ROW = 8, HEAD_AND_TAIL = 8 };

static void add(struct seccomp_program *program, struct sock_filter instruction) {
  program->instructions[program->length++] = instruction;
}

static void add_load(struct seccomp_program *program, size_t offset) {
  add(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offset));
}

static void add_jump(struct seccomp_program *program, unsigned test, unsigned value, unsigned char when_true,
                     unsigned char when_false) {
  add(program, (struct sock_filter)BPF_JUMP((unsigned short)(BPF_JMP | test | BPF_K), value, when_true, when_false));
}

static void add_return(struct seccomp_program *program, unsigned value) {
  add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, value));
}

/* All architectures that are known here are little-endian: the low half comes first. */
static size_t low_half(unsigned argument) { return offsetof(struct seccomp_data, args) + argument * sizeof(uint64_t); }

/* Entered with the number of the call. */
static void add_row(struct seccomp_program *program, const struct row *row) {
  size_t jump = program->length;
  add_jump(program, BPF_JEQ, (unsigned)row->number, 0, 0);
  switch (row->test) {
    case ALWAYS:
      add_return(program, SECCOMP_RET_USER_NOTIF);
      break;
    case IF_ADDRESSED:
      add_load(program, low_half(row->argument));
      add_jump(program, BPF_JEQ, 0, 0, 2);
      add_load(program, low_half(row->argument) + sizeof(uint32_t));
      add_jump(program, BPF_JEQ, 0, 1, 0);
      add_return(program, SECCOMP_RET_USER_NOTIF);
      add_return(program, SECCOMP_RET_ALLOW);
      break;
    case IF_CHANGING:
      add_load(program, low_half(row->argument));
      add_jump(program, BPF_JSET, WRITING | O_CREAT | O_TRUNC | WITHOUT_NAME, 0, 1);
      add_return(program, SECCOMP_RET_USER_NOTIF);
      add_return(program, SECCOMP_RET_ALLOW);
      break;
    case IF_UNIX_DATAGRAM: /* SOCK_RAW, which the kernel takes for it, has the bit as well; SOCK_STREAM and SOCK_SEQPACKET have not */
      add_load(program, low_half(0));
      add_jump(program, BPF_JEQ, AF_UNIX, 0, 3);
      add_load(program, low_half(1));
      add_jump(program, BPF_JSET, SOCK_DGRAM, 0, 1);
      add_return(program, SECCOMP_RET_ERRNO | EACCES);
      add_return(program, SECCOMP_RET_ALLOW);
      break;
  }
  program->instructions[jump].jf = (unsigned char)(program->length - jump - 1);
}

static void add_head(struct seccomp_program *program) {
  add_load(program, offsetof(struct seccomp_data, arch));
  add_jump(program, BPF_JEQ, NATIVE, 1, 0);
  add_return(program, SECCOMP_RET_KILL_PROCESS);
  add_load(program, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
  add_jump(program, BPF_JSET, X32, 0, 1);
  add_return(program, SECCOMP_RET_KILL_PROCESS);
#endif
}

static struct row row_of(const struct change *change) {
  bool has_flags = change->flags != NO_ARGUMENT;
  return (struct row){.number = change->number,
                      .test = has_flags ? IF_CHANGING : ALWAYS,
                      .argument = has_flags ? (unsigned)change->flags : 0};
}

struct seccomp_program make_watch_program(const struct watch *watch) {
  enum { ROW_COUNT = sizeof ROWS / sizeof *ROWS };
  struct seccomp_program program = {.fd = NONE};
  size_t most = HEAD_AND_TAIL + (ROW_COUNT + CHANGE_COUNT) * MOST_OF_ROW;
  program.instructions = allocate(most * sizeof *program.instructions);
  add_head(&program);
  for (size_t i = 0; i < CHANGE_COUNT && watch->changes; i++) {
    struct row row = row_of(&CHANGES[i]);
    add_row(&program, &row);
  }
  for (size_t i = 0; i < ROW_COUNT; i++)
    if (ROWS[i].is_wanted(watch)) add_row(&program, &ROWS[i]);
  add_return(&program, SECCOMP_RET_ALLOW);
  return program;
}
