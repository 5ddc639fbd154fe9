/* What the launcher says of itself. */
#ifndef CORDON_HELP_H
#define CORDON_HELP_H

/* Each prints to standard output and returns an exit status. */
int print_version(void);
int print_help(void);

#endif
