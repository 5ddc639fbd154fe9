/* Which Unix sockets a network namespace has, and to which files they are bound, as the kernel lists them
 * (sock_diag(7), UNIX_DIAG). A socket belongs to the namespace that its maker was in, wherever its file is. */
#ifndef CORDON_SOCKET_TABLE_H
#define CORDON_SOCKET_TABLE_H

#include <stdbool.h>
#include <stdint.h>

/* A file as that list names it: by the kernel's own numbers, of which it tells the low 32 bits. */
struct socket_file {
  uint32_t device, inode;
};

/* Opens the list of this process's network namespace. Returns -1 with errno set. */
int open_socket_table(void);

/* Whether the kernel has such a list: what answers may be a module that is missing. False with errno set. */
bool can_list_sockets(int table);

/* Whether a socket that can be connected or sent to is bound to the file. Returns -1 with errno set on error. */
int has_bound_socket(int table, struct socket_file file);

/* What the list calls the file of an O_PATH descriptor; `process` is a directory of /proc whose mounts are looked
 * through. False with errno set. */
bool identify_socket_file(int fd, int process, struct socket_file *file);

#endif
