/* Checked system calls: EINTR is handled here and nowhere else, and what fails ends the guard through die(). */
#ifndef CORDON_SYS_H
#define CORDON_SYS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Exit status of a program of cordon's that could not do its work; part of its interface. */
enum { EXIT_FAILED = 125 };

/* Prints "PROGRAM: WHAT: errno text", runs what `before_dying` was given, and leaves with EXIT_FAILED. */
void die(const char *what) __attribute__((noreturn));

/* The same with words of our own: "PROGRAM: WHERE: WHAT". */
void refuse(const char *what, const char *where) __attribute__((noreturn));

/* Has `action` run by die() and refuse() before they print anything; it may longjmp(3) away. NULL takes it back. */
void before_dying(void (*action)(void));

/* Reads until `length` bytes, end of file or an error. Returns the bytes read. Dies on error. */
size_t read_full(int fd, void *buffer, size_t length);

/* Writes everything or dies. */
void write_full(int fd, const void *buffer, size_t length);

/* Moves `fd` to the number `target`, without close-on-exec. Dies on error. */
void place_descriptor(int fd, int target);

/* Closes every descriptor from `first` up (close_range(2), or /proc/self/fd on kernels before 5.9). */
void close_from(int first);

/* Memory that is there, or death. */
void *allocate(size_t length);

#endif
