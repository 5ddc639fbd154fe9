/* Text of a file in /proc (proc(5)). */
#ifndef CORDON_PROC_TEXT_H
#define CORDON_PROC_TEXT_H

/* All of it, to be freed; NULL when it cannot be read. */
char *read_proc_text(int directory, const char *path);

/* What follows a field's name, which stands at the beginning of a line; NULL when there is none. */
const char *find_field(const char *text, const char *name);

#endif
