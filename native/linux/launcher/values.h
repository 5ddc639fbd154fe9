/* Values of options. Each function returns false for text that is not such a value. */
#ifndef CORDON_VALUES_H
#define CORDON_VALUES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* 0 to 65535. */
bool parse_port(const char *text, uint16_t *port);

/* A device's or an inode's number. */
bool parse_file_number(const char *text, uint64_t *number);

bool parse_descriptor(const char *text, int *fd);

/* 0 to 2^32 - 2: the last one means "no id" (chown(2)). */
bool parse_id(const char *text, int64_t *id);

/* 1 to 2^63 - 1. */
bool parse_size(const char *text, uint64_t *size);

/* Octal, up to 07777. */
bool parse_permissions(const char *text, mode_t *permissions);

/* A name of capabilities(7) in either case, or ALL. */
bool parse_capability(const char *text, uint64_t *bits);

#endif
