/* Places in the new root: looked up without ever leaving it, made where they are missing. */
#ifndef CORDON_PLACES_H
#define CORDON_PLACES_H

#include <sys/types.h>

/* Each returns an O_PATH descriptor of what is at a path below `root`, or dies. */

/* A directory, made with `mode` if there is nothing; directories above it are made with 0755. */
int directory_at(int root, const char *path, mode_t mode);

/* Anything but a directory: made as an empty file if there is nothing. */
int file_at(int root, const char *path);

/* The directory of a path, and its last part: what is to be made there must not be followed. */
int parent_at(int root, const char *path, const char **name);

/* Dies with "ACTION PATH: errno text". */
void die_about(const char *action, const char *path) __attribute__((noreturn));

#endif
